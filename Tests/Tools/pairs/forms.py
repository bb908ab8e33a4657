"""The same model with operations that do nothing, or that others can do."""

import numpy as np
from onnx import TensorProto as T, helper

from pairs.models import BIAS, K, V, W, body, ints, model, node, pair, same


@pair()
def gemm_with_transposed_weights():
    return (model([node("Gemm", "x w", "y")], {"w": W}),
            model([node("Gemm", "x w", "y", transB=1)], {"w": W.T.copy()}))


@pair()
def gemm_without_bias_is_a_product():
    return (model([node("Gemm", "x w", "y")], {"w": W}),
            model([node("MatMul", "x w", "y")], {"w": W}))


@pair()
def dropout_and_identity_removed():
    return (model([node("Relu", "x", "a"), node("Dropout", "a", "b"), node("Identity", "b", "c"),
                   node("Tanh", "c", "y")]),
            model([node("Relu", "x", "a"), node("Tanh", "a", "y")]))


@pair()
def flatten_is_a_reshape():
    return (model([node("Flatten", "x", "y", axis=1)], inputs="x:2x3x4", outputs="y:2x12"),
            model([node("Reshape", "x s", "y")], {"s": ints(2, 12)}, inputs="x:2x3x4",
                  outputs="y:2x12"))


@pair()
def shapes_computed_in_the_graph():
    return (model([node("Shape", "x", "s"), node("Reshape", "f s", "y")], {}, outputs="y:8x8",
                  inputs="x:8x8 f:64"),
            model([node("Reshape", "f s", "y")], {"s": ints(8, 8)}, inputs="x:8x8 f:64"))


@pair()
def constants_computed_in_the_graph():
    return (model([node("Add", "w v", "s"), node("MatMul", "x s", "y")], {"w": W, "v": V}),
            model([node("MatMul", "x s", "y")], {"s": W + V}))


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
def a_branch_that_is_always_taken():
    branches = {"then_branch": body([node("Relu", "x", "t")], "", "t:8x8"),
                "else_branch": body([node("Tanh", "x", "e")], "", "e:8x8")}
    return (model([helper.make_node("If", ["c"], ["y"], **branches)], {"c": np.array(True)}),
            model([node("Relu", "x", "y")]))


@pair()
def the_shape_of_a_batch_computed_in_the_graph():
    ends = {"inputs": "x:Nx4x4", "outputs": "y:Nx16"}
    return (model([node("Shape", "x", "s"), node("Gather", "s zero", "b"),
                   node("Concat", "b rest", "r", axis=0), node("Reshape", "x r", "y")],
                  {"zero": ints(0), "rest": ints(16)}, **ends),
            model([node("Flatten", "x", "y")], **ends))


@pair()
def a_batch_that_reshape_finds_out():
    ends = {"inputs": "x:Nx4x4", "outputs": "y:Nx16"}
    return (model([node("Reshape", "x r", "y")], {"r": ints(-1, 16)}, **ends),
            model([node("Reshape", "x r", "y")], {"r": ints(0, 16)}, **ends))


@pair()
def a_transpose_inside_and_outside_gemm():
    return (model([node("Gemm", "x w", "y", transA=1)], {"w": W}),
            model([node("Transpose", "x", "t"), node("Gemm", "t w", "y")], {"w": W}))


same("two reshapes in a row",
     ([node("Reshape", "x a", "h"), node("Reshape", "h b", "y")],
      {"a": ints(64), "b": ints(4, 16)}, {"outputs": "y:4x16"}),
     ([node("Reshape", "x b", "y")], {"b": ints(4, 16)}, {"outputs": "y:4x16"}))
same("an axis put in and taken out",
     ([node("Unsqueeze", "x a", "g"), node("Squeeze", "g a", "h"), node("Relu", "h", "y")],
      {"a": ints(0)}, {}), ([node("Relu", "x", "y")], {}, {}))
same("a tile of one", ([node("Tile", "x r", "h"), node("Relu", "h", "y")], {"r": ints(1, 1)}, {}),
     ([node("Relu", "x", "y")], {}, {}))
same("a product with one", ([node("Mul", "x c", "h"), node("Relu", "h", "y")],
                            {"c": np.float32(1)}, {}), ([node("Relu", "x", "y")], {}, {}))
same("a clip without bounds", ([node("Clip", "x", "h"), node("Relu", "h", "y")], {}, {}),
     ([node("Relu", "x", "y")], {}, {}))
same("a sum of two", ([node("Sum", "a b", "y")], {}, {"inputs": "a:8x8 b:8x8"}),
     ([node("Add", "a b", "y")], {}, {"inputs": "a:8x8 b:8x8"}))
same("a transpose of constants",
     ([node("Transpose", "w", "t", perm=[1, 0]), node("MatMul", "x t", "y")], {"w": W}, {}),
     ([node("MatMul", "x w", "y")], {"w": W.T.copy()}, {}))
