"""What goes in and out has changed."""

import numpy as np
from onnx import TensorProto as T

from pairs.models import K, W, both, ints, model, node, pair


@pair("interface")
def inputs_in_another_order():
    return (model([node("Sub", "a b", "y")], inputs="a:8x8 b:8x8"),
            model([node("Sub", "a b", "y")], inputs="b:8x8 a:8x8"))


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


@pair("interface")
def outputs_exchanged():
    nodes = [node("Relu", "x", "p"), node("Tanh", "x", "q")]
    return model(nodes, outputs="p:8x8 q:8x8"), model(nodes, outputs="q:8x8 p:8x8")


@pair("interface")
def an_output_renamed():
    return (model([node("Relu", "x", "y")]), model([node("Relu", "x", "z")], outputs="z:8x8"))


@pair("interface", "topology")
def an_input_that_became_a_weight():
    return (model([node("MatMul", "x w", "y")], inputs="x:8x8 w:8x8"),
            model([node("MatMul", "x w", "y")], {"w": W}))


@pair("interface")
def a_symbol_renamed():
    nodes = [node("Relu", "x", "y")]
    return both(lambda size: model(nodes, inputs=f"x:{size}x8", outputs=f"y:{size}x8"), "N", "B")


@pair("interface")
def an_input_renamed():
    return both(lambda name: model([node("Relu", name, "y")], inputs=f"{name}:8x8"), "x", "image")


@pair("interface")
def a_larger_image():
    nodes = [node("Conv", "x k", "h"), node("Relu", "h", "r"),
             node("GlobalAveragePool", "r", "p"), node("Flatten", "p", "y")]
    return both(lambda size: model(nodes, {"k": K}, inputs=f"x:1x3x{size}x{size}",
                                   outputs="y:1x4"), 8, 16)


@pair("interface", "weight")
def a_larger_vocabulary():
    words = np.random.default_rng(1).standard_normal((20, 8)).astype(np.float32)
    nodes = [node("Gather", "e i", "h"), node("MatMul", "h w", "a"), node("Relu", "a", "r"),
             node("MatMul", "r o", "y")]

    def make(count):
        weights = {"e": words[:count], "w": W, "o": words[:count].T.copy()}
        return model(nodes, weights, inputs="i:5/INT64", outputs=f"y:5x{count}")
    return both(make, 16, 20)


@pair("interface")
def a_batch_of_another_size():
    nodes = [node("Reshape", "x s", "h"), node("MatMul", "h w", "y")]
    return both(lambda size: model(nodes, {"s": ints(size, 16), "w": np.tile(W, (2, 1))},
                                   inputs=f"x:{size}x4x4", outputs=f"y:{size}x8"), 2, 5)


@pair("interface", "topology")
def an_input_gone_that_was_read():
    return (model([node("Add", "x z", "h"), node("Relu", "h", "y")], inputs="x:8x8 z:8"),
            model([node("Relu", "x", "y")]))


@pair("interface", "topology")
def a_state_added():
    return (model([node("MatMul", "x w", "h"), node("Tanh", "h", "y")], {"w": W}),
            model([node("MatMul", "x w", "h"), node("Add", "h past", "s"), node("Tanh", "s", "y"),
                   node("Identity", "y", "present")], {"w": W}, inputs="x:8x8 past:8x8",
                  outputs="y:8x8 present:8x8"))


@pair("interface", "precision")
def indices_of_another_width_passed_in():
    nodes = [node("Gather", "w i", "y")]
    return both(lambda kind: model(nodes, {"w": W}, inputs=f"i:5/{kind}", outputs="y:5x8"),
                "INT64", "INT32")
