"""What goes in and out has changed."""

from pairs.models import W, model, node, pair


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
