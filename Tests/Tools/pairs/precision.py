"""Element types or quantization have changed."""

import numpy as np
from onnx import TensorProto as T

from pairs.models import W, both, model, node, pair


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


@pair("precision", "topology")
def weights_in_half_precision():
    rest = [node("MatMul", "x c", "h"), node("Relu", "h", "y")]
    return (model(rest, {"c": W}),
            model([node("Cast", "w", "c", to=T.FLOAT)] + rest, {"w": W.astype(np.float16)}))


def weights_of_bytes(octets, scale, zero=np.int8(0), **attributes):
    """A product with weights that are taken back from bytes."""
    return model([node("DequantizeLinear", "w s z", "c", **attributes),
                  node("MatMul", "x c", "h"), node("Relu", "h", "y")],
                 {"w": octets, "s": np.asarray(scale, np.float32), "z": np.asarray(zero)})


OCTETS = np.rint(W * 40).astype(np.int8)


@pair("precision", "topology")
def weights_in_bytes():
    return (model([node("MatMul", "x c", "h"), node("Relu", "h", "y")], {"c": W}),
            weights_of_bytes(OCTETS, 0.025))


@pair("precision")
def the_scale_of_weights():
    return both(lambda scale: weights_of_bytes(OCTETS, scale), 0.025, 0.03)


@pair("weight")
def one_byte_of_weights():
    changed = OCTETS.copy()
    changed[2, 2] += 1
    return both(lambda octets: weights_of_bytes(octets, 0.025), OCTETS, changed)


@pair("weight")
def one_byte_of_weights_with_scales_by_channel():
    changed, scales = OCTETS.copy(), np.linspace(0.02, 0.03, 8)
    changed[2, 2] += 1
    zeros = np.zeros(8, np.int8)
    return both(lambda octets: weights_of_bytes(octets, scales, zeros, axis=1), OCTETS, changed)


@pair("precision")
def scales_of_weights_by_channel():
    return (weights_of_bytes(OCTETS, 0.025),
            weights_of_bytes(OCTETS, np.linspace(0.02, 0.03, 8), np.zeros(8, np.int8), axis=1))


@pair("precision", "topology")
def everything_inside_in_half_precision():
    return (model([node("MatMul", "x w", "h"), node("Relu", "h", "y")], {"w": W}),
            model([node("Cast", "x", "c", to=T.FLOAT16), node("MatMul", "c w", "h"),
                   node("Relu", "h", "r"), node("Cast", "r", "y", to=T.FLOAT)],
                  {"w": W.astype(np.float16)}))


@pair("precision")
def another_half_precision():
    return both(lambda kind: model([node("Cast", "x", "c", to=kind),
                                    node("Cast", "c", "d", to=T.FLOAT), node("Relu", "d", "y")]),
                T.FLOAT16, T.BFLOAT16)


@pair("precision")
def indices_of_another_width():
    nodes = [node("Gather", "x i", "y")]
    return both(lambda kind: model(nodes, {"i": np.array([1, 2], kind)}, outputs="y:2x8"),
                np.int64, np.int32)


@pair("precision")
def signed_bytes_instead_of_unsigned():
    nodes = [node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "h"),
             node("Relu", "h", "y")]
    return both(lambda zero: model(nodes, {"s": np.float32(0.1), "z": zero}), np.uint8(128),
                np.int8(0))
