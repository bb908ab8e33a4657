"""Element types or quantization have changed."""

import numpy as np
from onnx import TensorProto as T

from pairs.models import W, model, node, pair


def quantized(scale, zero=3):
    return model([node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "h"),
                  node("MatMul", "h w", "y")],
                 {"s": np.float32(scale), "z": np.uint8(zero), "w": W})


@pair("precision")
def a_scale_changed():
    return quantized(0.1), quantized(0.11)


@pair("precision")
def a_zero_point_changed():
    return quantized(0.1), quantized(0.1, 4)


@pair("precision")
def a_scale_of_one_channel_changed():
    def make(scale):
        scales = np.full(8, 0.1, np.float32)
        scales[3] = scale
        weights = {"s": scales, "z": np.zeros(8, np.int8), "w": W}
        return model([node("QuantizeLinear", "x s z", "q", axis=1),
                      node("DequantizeLinear", "q s z", "h", axis=1), node("MatMul", "h w", "y")],
                     weights)
    return make(0.1), make(0.2)


@pair("precision", "topology")
def products_of_bytes():
    scale = np.float32(np.abs(W).max() / 127)
    octets = np.rint(W / scale).astype(np.int8)
    return (model([node("MatMul", "x w", "y")], {"w": W}),
            model([node("DynamicQuantizeLinear", "x", "q s z"),
                   node("MatMulInteger", "q w z", "i"), node("Cast", "i", "f", to=T.FLOAT),
                   node("Mul", "s k", "t"), node("Mul", "f t", "y")], {"w": octets, "k": scale}))


@pair("interface", "precision")
def everything_in_half_precision():
    nodes = [node("MatMul", "x w", "a"), node("Relu", "a", "y")]
    return (model(nodes, {"w": W}),
            model(nodes, {"w": W.astype(np.float16)}, element=T.FLOAT16))


@pair("topology", "precision")
def a_cast_to_half_precision_and_back():
    return (model([node("Relu", "x", "y")]),
            model([node("Cast", "x", "h", to=T.FLOAT16), node("Cast", "h", "f", to=T.FLOAT),
                   node("Relu", "f", "y")]))


@pair("topology", "precision")
def quantization_inserted():
    weights = {"s": np.float32(0.1), "z": np.uint8(3), "w": W}
    return (model([node("MatMul", "x w", "y")], {"w": W}),
            model([node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "h"),
                   node("MatMul", "h w", "y")], weights))
