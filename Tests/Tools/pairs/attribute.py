"""Attributes have changed."""

import numpy as np
from onnx import helper

from pairs.models import IMAGE, K, NORM, body, both, ints, model, node, pair


@pair("attribute")
def epsilon_changed():
    def nodes(epsilon):
        return [node("LayerNormalization", "x g s", "y", epsilon=epsilon)]
    weights = {"g": np.ones(8, np.float32), "s": np.zeros(8, np.float32)}
    return model(nodes(1e-5), weights), model(nodes(1e-6), weights)


@pair("attribute")
def a_transpose_with_another_order():
    def nodes(order):
        return [node("Transpose", "x", "y", perm=order)]
    shapes = {"inputs": "x:4x4x4", "outputs": "y:4x4x4"}
    return model(nodes([0, 2, 1]), **shapes), model(nodes([2, 1, 0]), **shapes)


@pair("attribute")
def a_stride_with_the_same_shape():
    def nodes(stride):
        return [node("MaxPool", "x", "y", kernel_shape=[3, 3], strides=[stride, stride])]
    shapes = {"inputs": "x:1x3x4x4", "outputs": "y:1x3x1x1"}
    return model(nodes(2), **shapes), model(nodes(3), **shapes)


@pair("attribute")
def a_slice_that_starts_elsewhere():
    def make(start):
        return model([node("Slice", "x s e a", "y")],
                     {"s": ints(start), "e": ints(start + 4), "a": ints(0)}, outputs="y:4x8")
    return make(0), make(2)


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


@pair("attribute")
def a_recurrent_layer_backwards():
    rng = np.random.default_rng(3)
    weights = {name: rng.standard_normal((1, 16, 4)).astype(np.float32) for name in "wr"}

    def nodes(way):
        return [node("LSTM", "x w r", "y", hidden_size=4, direction=way)]
    ports = {"inputs": "x:5x1x4", "outputs": "y:5x1x1x4"}
    return model(nodes("forward"), weights, **ports), model(nodes("reverse"), weights, **ports)


@pair("attribute")
def epsilon_of_a_batch_normalization():
    def make(epsilon):
        return model([node("Conv", "x k", "h"),
                      node("BatchNormalization", "h g s m v", "r", epsilon=epsilon),
                      node("Relu", "r", "y")], {"k": K, **NORM}, **IMAGE)
    return both(make, 1e-5, 1e-3)


@pair("attribute")
def epsilon_inside_the_parts_of_a_normalization():
    nodes = [node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x m", "d"),
             node("Mul", "d d", "q"), node("ReduceMean", "q", "v", axes=[-1]),
             node("Add", "v e", "w"), node("Sqrt", "w", "s"), node("Div", "d s", "y")]
    return both(lambda epsilon: model(nodes, {"e": np.float32(epsilon)}, opset=13), 1e-5, 1e-6)


@pair("attribute")
def what_a_pad_is_filled_with():
    nodes = [node("Pad", "x p v", "y")]
    return both(lambda value: model(nodes, {"p": ints(1, 1, 1, 1), "v": np.float32(value)},
                                    outputs="y:10x10"), 0, 1)


@pair("attribute")
def another_mode_of_pad():
    return both(lambda mode: model([node("Pad", "x p", "y", mode=mode)], {"p": ints(1, 1, 1, 1)},
                                   outputs="y:10x10"), "reflect", "edge")


@pair("attribute")
def dilations_with_the_same_shape():
    ends = {"inputs": "x:1x3x8x8", "outputs": "y:1x4x8x8"}
    return both(lambda step: model([node("Conv", "x k", "y", dilations=[step, step],
                                         pads=[step] * 4)], {"k": K}, **ends), 1, 2)


@pair("attribute")
def depth_to_space_in_another_order():
    ends = {"inputs": "x:1x8x2x2", "outputs": "y:1x2x4x4"}
    return both(lambda mode: model([node("DepthToSpace", "x", "y", blocksize=2, mode=mode)],
                                   **ends), "DCR", "CRD")


@pair("attribute")
def the_smallest_instead_of_the_largest():
    return both(lambda largest: model([node("TopK", "x k", "y i", largest=largest)],
                                      {"k": ints(3)}, outputs="y:8x3 i:8x3/INT64"), 1, 0)


@pair("attribute")
def a_sum_from_the_other_end():
    return both(lambda reverse: model([node("CumSum", "x a", "y", reverse=reverse)],
                                      {"a": np.int64(1)}), 0, 1)


@pair("attribute")
def the_bound_of_a_clip():
    return both(lambda bound: model([node("Clip", "x lo hi", "y")],
                                    {"lo": np.float32(0), "hi": np.float32(bound)}), 6, 7)


@pair("attribute")
def the_axis_of_softmax():
    return both(lambda axis: model([node("Softmax", "x", "y", axis=axis)]), 0, 1)


@pair("attribute")
def what_scattered_numbers_do():
    indices = {"i": np.zeros((8, 1), np.int64)}
    return both(lambda way: model([node("ScatterElements", "x i u", "y", axis=1, reduction=way)],
                                  indices, inputs="x:8x8 u:8x1"), "add", "mul")


@pair("attribute")
def turns_of_a_loop():
    turn = body([node("Add", "a a", "o"), node("Identity", "c", "k")],
                "i:/INT64 c:/BOOL a:8x8", "k:/BOOL o:8x8")
    loop = helper.make_node("Loop", ["n", "", "x"], ["y"], body=turn)
    return both(lambda count: model([loop], {"n": np.int64(count)}), 3, 4)


@pair("attribute")
def a_factor():
    return both(lambda factor: model([node("Mul", "x c", "h"), node("Tanh", "h", "y")],
                                     {"c": np.float32(factor)}), 0.125, 0.25)
