#ifndef CONNX_H
#define CONNX_H

// The protobuf-c reader of ONNX files. It trusts its input: scan the bytes first.
#include "../Generated/onnx.pb-c.h"

#endif
