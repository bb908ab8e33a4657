"""Attributes have changed."""

import numpy as np

from pairs.models import ints, model, node, pair


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
