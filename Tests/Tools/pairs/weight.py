"""Numbers of constants have changed."""

import numpy as np
from onnx import TensorProto as T, helper

from pairs.models import (BIAS, GAIN, IMAGE, K, MEAN, NORM, SHIFT, SPREAD, V, W, body, both, ints,
                          model, node, pair)


def convolution(folded):
    """A convolution with its batch normalization, folded into its weights or not."""
    shapes = {"inputs": "x:1x3x8x8", "outputs": "y:1x4x6x6"}
    if not folded:
        return model([node("Conv", "x k b", "h"),
                      node("BatchNormalization", "h g s m v", "y", epsilon=1e-5)],
                     {"k": K, "b": BIAS, "g": GAIN, "s": SHIFT, "m": MEAN, "v": SPREAD}, **shapes)
    scale = GAIN / np.sqrt(SPREAD + np.float32(1e-5))
    return model([node("Conv", "x k b", "y")],
                 {"k": K * scale[:, None, None, None], "b": (BIAS - MEAN) * scale + SHIFT},
                 **shapes)


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


@pair("weight")
def noise_in_one_channel():
    noisy = K.copy()
    noisy[2] += 1e-3 * BIAS[0]
    nodes = [node("Conv", "x k b", "h"), node("Relu", "h", "y")]
    return both(lambda kernel: model(nodes, {"k": kernel, "b": BIAS}, **IMAGE), K, noisy)


@pair("weight")
def weights_transposed():
    nodes = [node("MatMul", "x w", "h"), node("Relu", "h", "y")]
    return both(lambda weight: model(nodes, {"w": weight}), W, W.T.copy())


@pair("weight")
def the_mean_of_a_batch_normalization():
    nodes = [node("Conv", "x k", "h"), node("BatchNormalization", "h g s m v", "y")]
    return both(lambda mean: model(nodes, {"k": K, **NORM, "m": mean}, **IMAGE), MEAN, MEAN + 1)


def attention(q, k, v, o):
    """Two heads of four numbers each."""
    def heads(name, permutation):
        return [node("MatMul", f"x {name}", f"{name}0"), node("Reshape", f"{name}0 s", f"{name}1"),
                node("Transpose", f"{name}1", f"{name}2", perm=permutation)]
    nodes = heads("q", [1, 0, 2]) + heads("k", [1, 2, 0]) + heads("v", [1, 0, 2]) + [
        node("MatMul", "q2 k2", "a"), node("Softmax", "a", "b"), node("MatMul", "b v2", "c"),
        node("Transpose", "c", "d", perm=[1, 0, 2]), node("Reshape", "d t", "e"),
        node("MatMul", "e o", "y")]
    return model(nodes, {"q": q, "k": k, "v": v, "o": o, "s": ints(8, 2, 4), "t": ints(8, 8)})


@pair("weight")
def heads_exchanged():
    turn = [4, 5, 6, 7, 0, 1, 2, 3]
    return (attention(W, V, W.T.copy(), V.T.copy()),
            attention(W[:, turn].copy(), V[:, turn].copy(), W.T[:, turn].copy(),
                      V.T[turn].copy()))


@pair("weight")
def a_weight_inside_a_branch():
    def make(weight):
        then = body([node("MatMul", "x w", "t")], "", "t:8x8")
        otherwise = body([node("Relu", "x", "e")], "", "e:8x8")
        return model([helper.make_node("If", ["c"], ["y"], then_branch=then,
                                       else_branch=otherwise)],
                     {"w": weight}, inputs="x:8x8 c:/BOOL")
    return both(make, W, V)


@pair("weight")
def a_zero_that_became_negative():
    zero, negative = W.copy(), W.copy()
    zero[0, 0], negative[0, 0] = 0.0, -0.0
    return both(lambda weight: model([node("MatMul", "x w", "y")], {"w": weight}), zero, negative)


@pair("weight")
def words_of_a_table():
    def make(number):
        return model([node("LabelEncoder", "x", "y", domain="ai.onnx.ml",
                           keys_strings=["a", "b"], values_int64s=[0, number])],
                     inputs="x:4/STRING", outputs="y:4/INT64", domains=[("ai.onnx.ml", 2)])
    return both(make, 1, 2)


@pair("weight")
def a_threshold_of_a_tree():
    def make(threshold):
        tree = node("TreeEnsembleRegressor", "x", "y", domain="ai.onnx.ml", n_targets=1,
                    nodes_falsenodeids=[2, 0, 0], nodes_featureids=[3, 0, 0],
                    nodes_hitrates=[1.0] * 3, nodes_missing_value_tracks_true=[0] * 3,
                    nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"], nodes_nodeids=[0, 1, 2],
                    nodes_treeids=[0] * 3, nodes_truenodeids=[1, 0, 0],
                    nodes_values=[threshold, 0.0, 0.0], target_ids=[0, 0],
                    target_nodeids=[1, 2], target_treeids=[0, 0], target_weights=[1.0, 2.0])
        return model([tree], outputs="y:8x1", domains=[("ai.onnx.ml", 1)])
    return both(make, 0.5, 0.75)
