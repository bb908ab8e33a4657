"""The same model, spelled otherwise: names, order, defaults, versions of operators."""

import copy

import numpy as np
import onnx
from onnx import TensorProto as T, helper, numpy_helper

from pairs.models import (GAIN, IMAGE, K, MEAN, SHIFT, SPREAD, V, W, Stored, body, both, ints,
                          model, node, pair, raised, same)


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
def a_function_inlined():
    body = [node("MatMul", "a b", "t"), node("Relu", "t", "r")]
    block = helper.make_function("own", "Block", ["a", "b"], ["r"], body,
                                 [helper.make_opsetid("", 17)])
    call = node("Block", "x w", "h", domain="own")
    return (model([call, node("Tanh", "h", "y")], {"w": W}, functions=[block],
                  domains=[("own", 1)]),
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
    return (model(branches("w", "v"), {"w": W, "v": V}),
            model(branches("v", "w"), {"w": W, "v": V}))


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
def everything_in_another_order():
    def make(turn):
        nodes = [node("MatMul", "x w", "a"), node("MatMul", "x v", "b"), node("Sub", "a b", "y")]
        made = model([nodes[place] for place in ((1, 0, 2) if turn else (0, 1, 2))],
                     {"v": V, "w": W} if turn else {"w": W, "v": V})
        return made
    return make(False), make(True)


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


raised("ratio of dropout became an input", 11, 13, node("Dropout", "x", "y", ratio=0.3),
       (node("Dropout", "x r", "y"), {"r": np.float32(0.5)}))
raised("batch normalization of a later opset", 7, 15, node("BatchNormalization", "x g s m v", "y"),
       (node("BatchNormalization", "x g s m v", "y"), {}),
       inputs="x:1x4x8x8 g:4 s:4 m:4 v:4", outputs="y:1x4x8x8")
raised("axes of a sum became an input", 11, 13,
       node("ReduceSum", "x", "y", axes=[1], keepdims=0),
       (node("ReduceSum", "x a", "y", keepdims=0), {"a": ints(1)}), outputs="y:8")
raised("axes of a norm became an input", 13, 18, node("ReduceL2", "x", "y", axes=[0]),
       (node("ReduceL2", "x a", "y"), {"a": ints(-2)}), outputs="y:1x8")
raised("sizes of a split became an input", 11, 13, node("Split", "x", "y z", split=[3, 5], axis=1),
       (node("Split", "x s", "y z", axis=1), {"s": ints(3, 5)}), outputs="y:8x3 z:8x5")
raised("softmax along the last of three axes", 11, 13, node("Softmax", "x", "y", axis=2),
       (node("Softmax", "x", "y"), {}), inputs="x:2x3x4", outputs="y:2x3x4")
same("a bias that is left out", ([node("Conv", "x k -", "y")], {"k": K}, IMAGE),
     ([node("Conv", "x k", "y")], {"k": K}, IMAGE))
same("numbers of constants as attributes",
     ([node("Constant", "", "c", value_float=0.5), node("Constant", "", "s", value_ints=[4, 16]),
       node("Mul", "x c", "h"), node("Reshape", "h s", "y")], {}, {"outputs": "y:4x16"}),
     ([node("Mul", "x c", "h"), node("Reshape", "h s", "y")],
      {"c": np.float32(0.5), "s": ints(4, 16)}, {"outputs": "y:4x16"}))
for kind, axis, ends in [("ArgMax", 1, {"outputs": "y:8x1/INT64"}), ("LogSoftmax", 1, {}),
                         ("Flatten", 2, {"inputs": "x:2x3x4", "outputs": "y:6x4"})]:
    same(f"a negative axis of {kind}", ([node(kind, "x", "y", axis=-1)], {}, ends),
         ([node(kind, "x", "y", axis=axis)], {}, ends))
same("factors of gemm spelled out", ([node("Gemm", "x w b", "y")], {"w": W, "b": V[0]}, {}),
     ([node("Gemm", "x w b", "y", alpha=1.0, beta=1.0, transA=0, transB=0)],
      {"w": W, "b": V[0]}, {}))


@pair()
def linear_upsample_became_resize():
    ends = {"inputs": "x:1x1x4x4", "outputs": "y:1x1x8x8"}
    scales = np.array([1, 1, 2, 2], np.float32)
    return (model([node("Upsample", "x s", "y", mode="linear")], {"s": scales}, opset=9, **ends),
            model([node("Resize", "x - s", "y", mode="linear",
                        coordinate_transformation_mode="asymmetric")],
                  {"s": scales}, opset=13, **ends))


@pair()
def sizes_of_resize_instead_of_scales():
    ends = {"inputs": "x:1x1x4x4", "outputs": "y:1x1x8x8"}
    return (model([node("Resize", "x - s", "y", mode="linear")],
                  {"s": np.array([1, 1, 2, 2], np.float32)}, **ends),
            model([node("Resize", "x - - s", "y", mode="linear")], {"s": ints(1, 1, 8, 8)}, **ends))


@pair()
def weights_in_a_file_of_their_own():
    made = model([node("MatMul", "x w", "y")], {"w": np.tile(W, (1, 8))}, outputs="y:8x64")
    return made, Stored(copy.deepcopy(made), save_as_external_data=True, size_threshold=0,
                        location="weights.bin")


@pair()
def half_precision_as_whole_numbers():
    halves = W.astype(np.float16)
    nodes = [node("MatMul", "x w", "y")]
    plain = model(nodes, element=T.FLOAT16)
    plain.graph.initializer.append(
        helper.make_tensor("w", T.FLOAT16, W.shape, halves.flatten().tolist()))
    return model(nodes, {"w": halves}, element=T.FLOAT16), plain


@pair()
def a_function_with_an_attribute_inlined():
    leaky = node("LeakyRelu", "a", "r")
    leaky.attribute.append(
        onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    act = helper.make_function("own", "Act", ["a"], ["r"], [leaky], [helper.make_opsetid("", 17)],
                               ["slope"])
    return (model([node("Act", "x", "y", domain="own", slope=0.25)], functions=[act],
                  domains=[("own", 1)]),
            model([node("LeakyRelu", "x", "y", alpha=0.25)]))


@pair()
def what_the_writer_knew_of_shapes():
    nodes = [node("Relu", "x", "h"), node("Tanh", "h", "y")]
    other = model(nodes)
    other.graph.value_info.append(helper.make_tensor_value_info("h", T.FLOAT, [8, 8]))
    other.ir_version = 9
    other.opset_import.append(helper.make_opsetid("com.unused", 3))
    return model(nodes), other


@pair()
def values_around_a_branch_renamed():
    def make(name):
        then = body([node("Tanh", name, "t")], "", "t:8x8")
        return model([node("Exp", "x", name),
                      helper.make_node("If", ["c"], ["y"], then_branch=then,
                                       else_branch=body([node("Relu", "x", "e")], "", "e:8x8"))],
                     inputs="x:8x8 c:/BOOL")
    return both(make, "p", "other")
