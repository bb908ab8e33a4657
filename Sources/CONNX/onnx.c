int onnx_placeholder(void); int onnx_placeholder(void) { return 0; }
