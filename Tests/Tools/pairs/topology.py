"""Operations, or how they are wired, have changed."""

from onnx import TensorProto as T, helper

from pairs.models import V, W, model, node, pair


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


@pair("topology")
def a_residual_from_an_earlier_layer():
    def nodes(source):
        return [node("MatMul", "x w", "a"), node("Relu", "a", "b"), node("MatMul", "b v", "c"),
                node("Relu", "c", "d"), node("Add", f"d {source}", "y")]
    return model(nodes("b"), {"w": W, "v": V}), model(nodes("a"), {"w": W, "v": V})


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


@pair("topology")
def gelu_by_another_formula():
    def nodes(way):
        return [node("Gelu", "x", "y", approximate=way)]
    return model(nodes("none"), opset=20), model(nodes("tanh"), opset=20)


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


@pair("topology")
def names_of_outputs_exchanged():
    def nodes(p, q):
        return [node("Relu", "x", p), node("Tanh", "x", q)]
    return (model(nodes("p", "q"), outputs="p:8x8 q:8x8"),
            model(nodes("q", "p"), outputs="p:8x8 q:8x8"))


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
