#!/usr/bin/env python3
"""Compares pairs of ONNX models with `apus diff`, and fails where other classes come out than should.

Each pair is what somebody does to a model, mostly without meaning to change it, or without wanting
that to be seen. Both directions are compared, and each model with the snapshot of the other.
    usage: check-pairs.py path/to/apus [NAME ...]
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

SEED = np.random.default_rng(7)
W, V = (SEED.standard_normal((8, 8)).astype(np.float32) for _ in "wv")
K = SEED.standard_normal((4, 3, 3, 3)).astype(np.float32)
BIAS = SEED.standard_normal(4).astype(np.float32)
MEAN, GAIN, SHIFT = (SEED.standard_normal(4).astype(np.float32) for _ in "mgs")
SPREAD = SEED.uniform(0.5, 2, 4).astype(np.float32)
NOTHING, PAIRS = [], {}


def pair(*classes):
    """Registers a function that gives two models, and the classes that should come out."""
    def register(function):
        PAIRS[function.__name__.replace("_", " ")] = (function, sorted(classes))
        return function
    return register


def node(kind, inputs, outputs, **attributes):
    return helper.make_node(kind, inputs.split(), outputs.split(), **attributes)


def model(nodes, weights=None, inputs="x:8x8", outputs="y:8x8", opset=17, element=T.FLOAT,
          functions=(), domains=()):
    """A model whose weights are initializers."""
    def ports(text):
        for port in text.split():
            name, shape = port.split(":")
            shape, *kind = shape.split("/")
            sizes = [int(size) if size.isdigit() else size for size in shape.split("x") if size]
            yield helper.make_tensor_value_info(
                name, getattr(T, kind[0]) if kind else element, sizes)
    tensors = [numpy_helper.from_array(np.asarray(value), name)
               for name, value in (weights or {}).items()]
    graph = helper.make_graph(nodes, "g", list(ports(inputs)), list(ports(outputs)), tensors)
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(name, 1) for name in domains]
    return helper.make_model(graph, opset_imports=imports, ir_version=8, functions=functions)


def ints(*numbers):
    return np.array(numbers, np.int64)


# ---- No change of meaning --------------------------------------------------------------------------

@pair()
def gemm_with_transposed_weights():
    return (model([node("Gemm", "x w", "y")], {"w": W}),
            model([node("Gemm", "x w", "y", transB=1)], {"w": W.T.copy()}))


@pair()
def gemm_without_bias_is_a_product():
    return (model([node("Gemm", "x w", "y")], {"w": W}),
            model([node("MatMul", "x w", "y")], {"w": W}))


@pair()
def bounds_of_clip_became_inputs():
    return (model([node("Clip", "x", "y", min=-1.0, max=2.0)], opset=10),
            model([node("Clip", "x lo hi", "y")],
                  {"lo": np.float32(-1), "hi": np.float32(2)}, opset=13))


@pair()
def initializers_became_constants():
    constant = node("Constant", "", "w", value=numpy_helper.from_array(W))
    return (model([node("MatMul", "x w", "h"), node("MatMul", "h v", "y")], {"w": W, "v": W}),
            model([constant, node("MatMul", "x w", "h"), node("MatMul", "h w", "y")]))


@pair()
def axes_of_squeeze_became_an_input():
    return (model([node("Squeeze", "x", "y", axes=[0])], inputs="x:1x8x8", opset=11),
            model([node("Squeeze", "x a", "y")], {"a": ints(0)}, inputs="x:1x8x8", opset=13))


@pair()
def dropout_and_identity_removed():
    return (model([node("Relu", "x", "a"), node("Dropout", "a", "b"), node("Identity", "b", "c"),
                   node("Tanh", "c", "y")]),
            model([node("Relu", "x", "a"), node("Tanh", "a", "y")]))


@pair()
def sizes_of_split_spelled_out():
    rest = [node("Add", "p q", "y")]
    return (model([node("Split", "x", "p q", axis=0)] + rest, outputs="y:4x8", opset=13),
            model([node("Split", "x s", "p q", axis=0)] + rest, {"s": ints(4, 4)},
                  outputs="y:4x8", opset=13))


@pair()
def shape_of_reshape_spelled_out():
    return (model([node("Reshape", "x s", "y")], {"s": ints(0, -1, 2)}, outputs="y:8x4x2"),
            model([node("Reshape", "x s", "y")], {"s": ints(8, 4, 2)}, outputs="y:8x4x2"))


@pair()
def flatten_is_a_reshape():
    return (model([node("Flatten", "x", "y", axis=1)], inputs="x:2x3x4", outputs="y:2x12"),
            model([node("Reshape", "x s", "y")], {"s": ints(2, 12)}, inputs="x:2x3x4",
                  outputs="y:2x12"))


@pair()
def a_function_inlined():
    body = [node("MatMul", "a b", "t"), node("Relu", "t", "r")]
    block = helper.make_function("own", "Block", ["a", "b"], ["r"], body,
                                 [helper.make_opsetid("", 17)])
    call = node("Block", "x w", "h", domain="own")
    return (model([call, node("Tanh", "h", "y")], {"w": W}, functions=[block], domains=["own"]),
            model([node("MatMul", "x w", "t"), node("Relu", "t", "h"), node("Tanh", "h", "y")],
                  {"w": W}))


@pair()
def weights_as_raw_bytes_or_as_numbers():
    raw = model([node("MatMul", "x w", "y")], {"w": W})
    plain = model([node("MatMul", "x w", "y")])
    plain.graph.initializer.append(
        helper.make_tensor("w", T.FLOAT, W.shape, W.flatten().tolist()))
    return raw, plain


@pair()
def tied_weights_untied():
    return (model([node("MatMul", "x w", "h"), node("MatMul", "h w", "y")], {"w": W}),
            model([node("MatMul", "x w", "h"), node("MatMul", "h v", "y")], {"w": W, "v": W}))


@pair()
def two_equal_branches_exchanged():
    def branches(a, b):
        return [node("MatMul", f"x {a}", "p"), node("MatMul", f"x {b}", "q"),
                node("Relu", "p", "s"), node("Relu", "q", "t"), node("Add", "s t", "y")]
    return (model(branches("w", "v"), {"w": W, "v": V}), model(branches("v", "w"), {"w": W, "v": V}))


@pair()
def operands_of_sums_commuted():
    return (model([node("Add", "x w", "h"), node("Mul", "h x", "y")], {"w": W}),
            model([node("Add", "w x", "h"), node("Mul", "x h", "y")], {"w": W}))


@pair()
def opset_raised():
    nodes = [node("MatMul", "x w", "h"), node("Relu", "h", "a"), node("Softmax", "a", "y", axis=1)]
    return model(nodes, {"w": W}, opset=13), model(nodes, {"w": W}, opset=21)


@pair()
def nodes_and_values_renamed_and_unused_ones_added():
    return (model([node("MatMul", "x w", "h", name="one"), node("Relu", "h", "y", name="two")],
                  {"w": W}),
            model([node("Tanh", "x", "dead", name="a"), node("MatMul", "x k", "v7", name="b"),
                   node("Relu", "v7", "y", name="c")], {"k": W, "unused": V}))


@pair()
def shapes_computed_in_the_graph():
    return (model([node("Shape", "x", "s"), node("Reshape", "f s", "y")], {}, outputs="y:8x8",
                  inputs="x:8x8 f:64"),
            model([node("Reshape", "f s", "y")], {"s": ints(8, 8)}, inputs="x:8x8 f:64"))


@pair()
def pads_by_name_or_by_number():
    shapes = {"inputs": "x:1x3x8x8", "outputs": "y:1x4x8x8"}
    return (model([node("Conv", "x k", "y", auto_pad="SAME_UPPER")], {"k": K}, **shapes),
            model([node("Conv", "x k", "y", pads=[1, 1, 1, 1], kernel_shape=[3, 3],
                        strides=[1, 1], dilations=[1, 1], group=1)], {"k": K}, **shapes))


@pair()
def negative_axes_made_positive():
    return (model([node("Softmax", "x", "h", axis=-1), node("Concat", "h x", "y", axis=-1)],
                  outputs="y:8x16"),
            model([node("Softmax", "x", "h", axis=1), node("Concat", "h x", "y", axis=1)],
                  outputs="y:8x16"))


@pair()
def constants_computed_in_the_graph():
    return (model([node("Add", "w v", "s"), node("MatMul", "x s", "y")], {"w": W, "v": V}),
            model([node("MatMul", "x s", "y")], {"s": W + V}))


def raised(name, before, after, node_before, node_after, **ports):
    """A pair in which an attribute became an input with a later opset."""
    def make():
        nodes, weights = node_after
        return (model([node_before], opset=before, **ports),
                model([nodes], weights, opset=after, **ports))
    PAIRS[name] = (make, [])


raised("axes of a mean became an input", 13, 18,
       node("ReduceMean", "x", "y", axes=[1], keepdims=0),
       (node("ReduceMean", "x a", "y", keepdims=0), {"a": ints(-1)}), outputs="y:8")
raised("axes of unsqueeze became an input", 11, 13, node("Unsqueeze", "x", "y", axes=[0, 3]),
       (node("Unsqueeze", "x a", "y"), {"a": ints(0, -1)}), outputs="y:1x8x8x1")
raised("bounds of slice became inputs", 9, 13,
       node("Slice", "x", "y", starts=[1], ends=[9999], axes=[1]),
       (node("Slice", "x s e a t", "y"),
        {"s": ints(1), "e": ints(8), "a": ints(-1), "t": ints(1)}), outputs="y:8x7")
raised("pads became an input", 10, 13, node("Pad", "x", "y", pads=[0, 1, 0, 1], value=2.0),
       (node("Pad", "x p v", "y"), {"p": ints(0, 1, 0, 1), "v": np.float32(2)}), outputs="y:8x10")
raised("axis of softmax by another default", 11, 13, node("Softmax", "x", "y"),
       (node("Softmax", "x", "y"), {}))


@pair()
def upsample_became_resize():
    ports = {"inputs": "x:1x1x4x4", "outputs": "y:1x1x8x8"}
    scales = np.array([1, 1, 2, 2], np.float32)
    return (model([node("Upsample", "x s", "y", mode="nearest")], {"s": scales}, opset=9, **ports),
            model([helper.make_node("Resize", ["x", "", "s"], ["y"], mode="nearest",
                                    nearest_mode="floor",
                                    coordinate_transformation_mode="asymmetric")],
                  {"s": scales}, opset=13, **ports))


@pair()
def a_bias_inside_and_outside_a_product():
    return (model([node("Gemm", "x w b", "y")], {"w": W, "b": V[0]}),
            model([node("MatMul", "x w", "h"), node("Add", "h b", "y")], {"w": W, "b": V[0]}))


@pair()
def a_bias_inside_and_outside_a_convolution():
    ports = {"inputs": "x:1x3x8x8", "outputs": "y:1x4x6x6"}
    return (model([node("Conv", "x k b", "y")], {"k": K, "b": BIAS}, **ports),
            model([node("Conv", "x k", "h"), node("Add", "h b", "y")],
                  {"k": K, "b": BIAS.reshape(1, 4, 1, 1)}, **ports))


@pair()
def everything_in_another_order():
    def make(turn):
        nodes = [node("MatMul", "x w", "a"), node("MatMul", "x v", "b"), node("Sub", "a b", "y")]
        made = model([nodes[place] for place in ((1, 0, 2) if turn else (0, 1, 2))],
                     {"v": V, "w": W} if turn else {"w": W, "v": V})
        return made
    return make(False), make(True)


def same(name, before, after):
    """A pair without a change; each side is nodes, weights and options of `model`."""
    PAIRS[name] = (lambda: (model(*before[:2], **before[2]), model(*after[:2], **after[2])), [])


PLAIN = ([node("Relu", "x", "y")], {}, {})
for named, first, more in [
        ("a cast to the same type", node("Cast", "x", "h", to=T.FLOAT), {}),
        ("a reshape to the same shape", node("Reshape", "x s", "h"), {"s": ints(8, 8)}),
        ("a transpose that moves nothing", node("Transpose", "x", "h", perm=[0, 1]), {}),
        ("a pad by nothing", node("Pad", "x p", "h"), {"p": ints(0, 0, 0, 0)}),
        ("a slice of everything", node("Slice", "x s e", "h"), {"s": ints(0, 0), "e": ints(99, 8)}),
        ("a concatenation of one", node("Concat", "x", "h", axis=0), {})]:
    same(named + " removed", ([first, node("Relu", "h", "y")], more, {}), PLAIN)
same("two transposes that undo each other removed",
     ([node("Transpose", "x", "g", perm=[1, 0]), node("Transpose", "g", "h", perm=[1, 0]),
       node("Relu", "h", "y")], {}, {}), PLAIN)
same("a broadcast left to the sum",
     ([node("Expand", "b s", "c"), node("Add", "x c", "y")], {"s": ints(8, 8)},
      {"inputs": "x:8x8 b:8"}), ([node("Add", "x b", "y")], {}, {"inputs": "x:8x8 b:8"}))
same("constants made in the graph",
     ([node("ConstantOfShape", "s", "c", value=numpy_helper.from_array(np.array([3], np.float32))),
       node("Add", "x c", "y")], {"s": ints(8, 8)}, {}),
     ([node("Add", "x c", "y")], {"c": np.float32(3)}, {}))
same("weights that are listed as inputs", ([node("MatMul", "x w", "y")], {"w": W}, {}),
     ([node("MatMul", "x w", "y")], {"w": W}, {"inputs": "x:8x8 w:8x8"}))
same("operands of a maximum commuted", ([node("Max", "a b", "y")], {}, {"inputs": "a:8x8 b:8x8"}),
     ([node("Max", "b a", "y")], {}, {"inputs": "a:8x8 b:8x8"}))
for kind, name, value in [("LeakyRelu", "alpha", 0.01), ("HardSigmoid", "alpha", 0.2),
                          ("Elu", "alpha", 1.0), ("Celu", "alpha", 1.0), ("Shrink", "lambd", 0.5),
                          ("ThresholdedRelu", "alpha", 1.0), ("LogSoftmax", "axis", -1)]:
    same(f"the default of {kind} spelled out", ([node(kind, "x", "y")], {}, {}),
         ([node(kind, "x", "y", **{name: value})], {}, {}))
for kind, inputs, more, ports in [
        ("LayerNormalization", "x g s", {"g": V[0], "s": V[1]}, {}),
        ("InstanceNormalization", "x g s", {"g": GAIN, "s": SHIFT},
         {"inputs": "x:1x4x8x8", "outputs": "y:1x4x8x8"}),
        ("BatchNormalization", "x g s m v", {"g": GAIN, "s": SHIFT, "m": MEAN, "v": SPREAD},
         {"inputs": "x:1x4x8x8", "outputs": "y:1x4x8x8"})]:
    same(f"the epsilon of {kind} spelled out", ([node(kind, inputs, "y")], more, ports),
         ([node(kind, inputs, "y", epsilon=1e-5)], more, ports))


# ---- Changes ---------------------------------------------------------------------------------------

@pair("topology")
def two_inputs_swapped():
    ports = {"inputs": "a:8x8 b:8x8"}
    return (model([node("Sub", "a b", "y")], **ports), model([node("Sub", "b a", "y")], **ports))


@pair("topology")
def two_inputs_swapped_far_from_each_other():
    ports = {"inputs": "a:8x8 b:8x8"}

    def nodes(a, b):
        return [node("MatMul", f"{a} w", "p"), node("Relu", f"{b}", "q"), node("Add", "p q", "y")]
    return model(nodes("a", "b"), {"w": W}, **ports), model(nodes("b", "a"), {"w": W}, **ports)


@pair("interface")
def inputs_in_another_order():
    return (model([node("Sub", "a b", "y")], inputs="a:8x8 b:8x8"),
            model([node("Sub", "a b", "y")], inputs="b:8x8 a:8x8"))


@pair("attribute")
def epsilon_changed():
    def nodes(epsilon):
        return [node("LayerNormalization", "x g s", "y", epsilon=epsilon)]
    weights = {"g": np.ones(8, np.float32), "s": np.zeros(8, np.float32)}
    return model(nodes(1e-5), weights), model(nodes(1e-6), weights)


def convolution(folded):
    """A convolution with its batch normalization, folded into its weights or not."""
    shapes = {"inputs": "x:1x3x8x8", "outputs": "y:1x4x6x6"}
    if not folded:
        return model([node("Conv", "x k b", "h"),
                      node("BatchNormalization", "h g s m v", "y", epsilon=1e-5)],
                     {"k": K, "b": BIAS, "g": GAIN, "s": SHIFT, "m": MEAN, "v": SPREAD}, **shapes)
    scale = GAIN / np.sqrt(SPREAD + np.float32(1e-5))
    return model([node("Conv", "x k b", "y")],
                 {"k": K * scale[:, None, None, None], "b": (BIAS - MEAN) * scale + SHIFT}, **shapes)


@pair("topology", "weight")
def batch_normalization_folded():
    return convolution(False), convolution(True)


@pair("interface")
def batch_made_dynamic():
    nodes = [node("MatMul", "x w", "h"), node("Relu", "h", "y")]
    return (model(nodes, {"w": W}, inputs="x:4x8", outputs="y:4x8"),
            model(nodes, {"w": W}, inputs="x:Nx8", outputs="y:Nx8"))


@pair("interface")
def an_output_added():
    nodes = [node("MatMul", "x w", "h"), node("Relu", "h", "y")]
    return model(nodes, {"w": W}), model(nodes, {"w": W}, outputs="y:8x8 h:8x8")


@pair("interface")
def an_input_added_that_nobody_reads():
    nodes = [node("MatMul", "x w", "y")]
    return model(nodes, {"w": W}), model(nodes, {"w": W}, inputs="x:8x8 z:8x8")


@pair("topology")
def a_residual_from_an_earlier_layer():
    def nodes(source):
        return [node("MatMul", "x w", "a"), node("Relu", "a", "b"), node("MatMul", "b v", "c"),
                node("Relu", "c", "d"), node("Add", f"d {source}", "y")]
    return model(nodes("b"), {"w": W, "v": V}), model(nodes("a"), {"w": W, "v": V})


@pair("weight")
def two_layers_with_swapped_weights():
    nodes = [node("MatMul", "x w", "a"), node("Relu", "a", "b"), node("MatMul", "b v", "y")]
    return model(nodes, {"w": W, "v": V}), model(nodes, {"w": V, "v": W})


@pair("weight")
def one_bit_of_one_weight():
    changed = W.copy()
    changed.view(np.uint32)[3, 5] ^= 1
    nodes = [node("MatMul", "x w", "a"), node("MatMul", "a v", "y")]
    return model(nodes, {"w": W, "v": V}), model(nodes, {"w": changed, "v": V})


@pair("weight")
def two_rows_of_a_weight_exchanged():
    changed = W[[1, 0, 2, 3, 4, 5, 6, 7]].copy()
    return (model([node("MatMul", "x w", "y")], {"w": W}),
            model([node("MatMul", "x w", "y")], {"w": changed}))


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


@pair("topology")
def an_activation_moved_behind_the_sum():
    return (model([node("MatMul", "x w", "a"), node("Relu", "a", "b"), node("Add", "b v", "y")],
                  {"w": W, "v": V}),
            model([node("MatMul", "x w", "a"), node("Add", "a v", "b"), node("Relu", "b", "y")],
                  {"w": W, "v": V}))


# Attributes on which depends of what operations an operator consists.
@pair("topology")
def the_other_mean_of_pooling():
    def nodes(flag):
        return [node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
                     count_include_pad=flag)]
    shapes = {"inputs": "x:1x3x8x8", "outputs": "y:1x3x8x8"}
    return model(nodes(0), **shapes), model(nodes(1), **shapes)


@pair("attribute")
def a_transpose_with_another_order():
    def nodes(order):
        return [node("Transpose", "x", "y", perm=order)]
    shapes = {"inputs": "x:4x4x4", "outputs": "y:4x4x4"}
    return model(nodes([0, 2, 1]), **shapes), model(nodes([2, 1, 0]), **shapes)


@pair("weight")
def a_kernel_turned_upside_down():
    shapes = {"inputs": "x:1x3x3x3", "outputs": "y:1x4x1x1"}
    nodes = [node("Conv", "x k", "y")]
    return model(nodes, {"k": K}, **shapes), model(nodes, {"k": K[:, :, ::-1].copy()}, **shapes)


@pair("attribute")
def a_stride_with_the_same_shape():
    def nodes(stride):
        return [node("MaxPool", "x", "y", kernel_shape=[3, 3], strides=[stride, stride])]
    shapes = {"inputs": "x:1x3x4x4", "outputs": "y:1x3x1x1"}
    return model(nodes(2), **shapes), model(nodes(3), **shapes)


@pair("topology")
def gelu_by_another_formula():
    def nodes(way):
        return [node("Gelu", "x", "y", approximate=way)]
    return model(nodes("none"), opset=20), model(nodes("tanh"), opset=20)


@pair("attribute")
def a_slice_that_starts_elsewhere():
    def make(start):
        return model([node("Slice", "x s e a", "y")],
                     {"s": ints(start), "e": ints(start + 4), "a": ints(0)}, outputs="y:4x8")
    return make(0), make(2)


@pair("topology")
def parts_of_a_split_exchanged():
    def nodes(p, q):
        return [node("Split", "x", "p q", axis=0), node("Sub", f"{p} {q}", "y")]
    return (model(nodes("p", "q"), outputs="y:4x8", opset=13),
            model(nodes("q", "p"), outputs="y:4x8", opset=13))


@pair("topology")
def parts_of_a_concatenation_exchanged():
    def nodes(a, b):
        return [node("Relu", "x", "p"), node("Tanh", "x", "q"),
                node("Concat", f"{a} {b}", "y", axis=0)]
    return (model(nodes("p", "q"), outputs="y:16x8"), model(nodes("q", "p"), outputs="y:16x8"))


@pair("interface")
def outputs_exchanged():
    nodes = [node("Relu", "x", "p"), node("Tanh", "x", "q")]
    return model(nodes, outputs="p:8x8 q:8x8"), model(nodes, outputs="q:8x8 p:8x8")


@pair("topology")
def names_of_outputs_exchanged():
    def nodes(p, q):
        return [node("Relu", "x", p), node("Tanh", "x", q)]
    return (model(nodes("p", "q"), outputs="p:8x8 q:8x8"),
            model(nodes("q", "p"), outputs="p:8x8 q:8x8"))


@pair("topology", "precision")
def quantization_inserted():
    weights = {"s": np.float32(0.1), "z": np.uint8(3), "w": W}
    return (model([node("MatMul", "x w", "y")], {"w": W}),
            model([node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "h"),
                   node("MatMul", "h w", "y")], weights))


@pair("weight")
def other_indices_of_gather():
    def make(*places):
        return model([node("Gather", "x i", "y", axis=0)], {"i": ints(*places)}, outputs="y:3x8")
    return make(0, 1, 2), make(0, 2, 1)


@pair("attribute")
def another_shape_of_reshape():
    def make(*shape):
        return model([node("Reshape", "x s", "h"), node("Reshape", "h t", "y")],
                     {"s": ints(*shape), "t": ints(8, 8)})

    def rest(made):
        made.graph.node.insert(1, node("Transpose", "h", "k", perm=[1, 0]))
        made.graph.node[2].input[0] = "k"
        return made
    return rest(make(4, 16)), rest(make(16, 4))


@pair("weight")
def gates_of_a_recurrent_layer_exchanged():
    rng = np.random.default_rng(3)
    w, r = (rng.standard_normal((1, 16, 4)).astype(np.float32) for _ in "wr")
    swapped = w[:, [*range(4, 8), *range(4), *range(8, 16)]].copy()
    nodes = [node("LSTM", "x w r", "y", hidden_size=4)]
    ports = {"inputs": "x:5x1x4", "outputs": "y:5x1x1x4"}
    return model(nodes, {"w": w, "r": r}, **ports), model(nodes, {"w": swapped, "r": r}, **ports)


@pair("attribute")
def a_recurrent_layer_backwards():
    rng = np.random.default_rng(3)
    weights = {name: rng.standard_normal((1, 16, 4)).astype(np.float32) for name in "wr"}

    def nodes(way):
        return [node("LSTM", "x w r", "y", hidden_size=4, direction=way)]
    ports = {"inputs": "x:5x1x4", "outputs": "y:5x1x1x4"}
    return model(nodes("forward"), weights, **ports), model(nodes("reverse"), weights, **ports)


@pair("topology")
def a_layer_doubled():
    return (model([node("MatMul", "x w", "a"), node("Relu", "a", "y")], {"w": W}),
            model([node("MatMul", "x w", "a"), node("MatMul", "a w", "b"), node("Relu", "b", "y")],
                  {"w": W}))


@pair("topology")
def a_mask_read_by_another_head():
    def make(a, b):
        return model([node("MatMul", "x w", "p"), node("MatMul", "x v", "q"),
                      node("Add", f"p {a}", "s"), node("Mul", f"q {b}", "t"),
                      node("Concat", "s t", "y", axis=1)],
                     {"w": W, "v": V}, inputs="x:8x8 m:8x8 n:8x8", outputs="y:8x16")
    return make("m", "n"), make("n", "m")


@pair("interface")
def an_output_renamed():
    return (model([node("Relu", "x", "y")]), model([node("Relu", "x", "z")], outputs="z:8x8"))


@pair("interface", "topology")
def an_input_that_became_a_weight():
    return (model([node("MatMul", "x w", "y")], inputs="x:8x8 w:8x8"),
            model([node("MatMul", "x w", "y")], {"w": W}))


def branch(then, otherwise):
    def body(kind, name):
        return helper.make_graph([node(kind, "x", name)], name, [],
                                 [helper.make_tensor_value_info(name, T.FLOAT, [8, 8])])
    return model([helper.make_node("If", ["c"], ["y"], then_branch=body(then, "t"),
                                   else_branch=body(otherwise, "e"))],
                 inputs="x:8x8 c:/BOOL")


@pair("topology")
def branches_of_if_exchanged():
    return branch("Relu", "Tanh"), branch("Tanh", "Relu")


@pair("topology")
def an_operation_inside_a_branch():
    return branch("Relu", "Tanh"), branch("Relu", "Sigmoid")


# ---- Running them ----------------------------------------------------------------------------------

def diff(apus, *arguments):
    run = subprocess.run([apus, "diff", *arguments, "--json"], capture_output=True, text=True)
    if run.returncode > 1:
        return [f"exit {run.returncode}: {run.stderr.strip()}"], []
    changes = json.loads(run.stdout)["changes"]
    return sorted({change["class"] for change in changes} - {"metadata"}), changes


def main():
    apus, names = str(Path(sys.argv[1]).resolve()), sys.argv[2:]
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.onnx" for name in ("old", "new")]
        for name, (make, wanted) in PAIRS.items():
            if names and name not in names:
                continue
            for path, made in zip(paths, make()):
                onnx.checker.check_model(made)
                onnx.save(made, path)
            golden = f"{folder}/golden.txt"
            subprocess.run([apus, "snapshot", paths[0], "-o", golden], check=True)
            other = subprocess.run([apus, "snapshot", paths[1]], check=True, capture_output=True)
            if (other.stdout == Path(golden).read_bytes()) != (wanted == []):
                wrong += 1
                print(f"{name}: the snapshots {'differ' if wanted == [] else 'are the same'}")
            for way in (paths, paths[::-1], ["--golden", golden, paths[1]]):
                classes, changes = diff(apus, *way)
                if classes == wanted and not names:
                    continue
                wrong += classes != wanted
                print(f"{name}: {', '.join(classes) or 'nothing'}, "
                      f"wanted {', '.join(wanted) or 'nothing'}")
                for change in changes:
                    print(f"    {change['class']} {change['kind']}: {change['message']}")
                break
    print(f"pairs: {wrong} wrong" if wrong else f"pairs: {len(names or PAIRS)} as expected")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
