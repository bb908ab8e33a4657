"""Numbers of constants have changed."""

import numpy as np

from pairs.models import BIAS, GAIN, K, MEAN, SHIFT, SPREAD, V, W, ints, model, node, pair


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


@pair("weight")
def a_kernel_turned_upside_down():
    shapes = {"inputs": "x:1x3x3x3", "outputs": "y:1x4x1x1"}
    nodes = [node("Conv", "x k", "y")]
    return model(nodes, {"k": K}, **shapes), model(nodes, {"k": K[:, :, ::-1].copy()}, **shapes)


@pair("weight")
def other_indices_of_gather():
    def make(*places):
        return model([node("Gather", "x i", "y", axis=0)], {"i": ints(*places)}, outputs="y:3x8")
    return make(0, 1, 2), make(0, 2, 1)


@pair("weight")
def gates_of_a_recurrent_layer_exchanged():
    rng = np.random.default_rng(3)
    w, r = (rng.standard_normal((1, 16, 4)).astype(np.float32) for _ in "wr")
    swapped = w[:, [*range(4, 8), *range(4), *range(8, 16)]].copy()
    nodes = [node("LSTM", "x w r", "y", hidden_size=4)]
    ports = {"inputs": "x:5x1x4", "outputs": "y:5x1x1x4"}
    return model(nodes, {"w": w, "r": r}, **ports), model(nodes, {"w": swapped, "r": r}, **ports)
