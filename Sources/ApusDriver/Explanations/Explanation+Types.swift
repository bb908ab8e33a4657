extension Explanation {
  /// Messages about element types and quantization.
  static let types = [
    Explanation("channels-last", "A quantized pooling with channels last is not supported."),
    Explanation(
      "gather-axis", "A table in blocks is gathered along another axis than that of the blocks."),
    Explanation("group-index", "Weights in blocks with g_idx are not supported."),
    Explanation("output-dtype", "output_dtype contradicts the type of the zero point."),
    Explanation("packed-weights", "Packed weights have more or fewer bytes than they should."),
    Explanation("precision", "The division of QuantizeLinear is done in f64, f32, f16 or bf16."),
    Explanation("round-mode", "round_mode of Cast is up, down or nearest."),
    Explanation(
      "scale-shape",
      "A scale or zero point has neither one number, nor one per element of the axis, nor one per "
        + "block."),
    Explanation(
      "weight-blocks",
      "Weights in blocks need 2, 4 or 8 bits, positive extents, and a block size that is a power "
        + "of 2 of at least 16."),
    Explanation(
      "weight-prepacked",
      "Weights that were packed for one kind of machine are not supported."),
    Explanation("zero-point", "A zero point has another type than the tensor it belongs to."),
  ]
}
