"""The same model with operations that do nothing, or that others can do."""

from onnx import TensorProto as T

from pairs.models import BIAS, K, V, W, ints, model, node, pair


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
