"""Operations, or how they are wired, have changed."""

import numpy as np
from onnx import TensorProto as T, helper

from pairs.models import V, W, body, both, model, node, pair


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


@pair("topology")
def a_residual_dropped():
    nodes = [node("MatMul", "x w", "a"), node("Relu", "a", "b"), node("MatMul", "b v", "c")]
    return (model(nodes + [node("Add", "c x", "d"), node("Tanh", "d", "y")], {"w": W, "v": V}),
            model(nodes + [node("Tanh", "c", "y")], {"w": W, "v": V}))


@pair("topology")
def a_residual_from_another_block():
    def make(source):
        nodes, last = [], "x"
        for place, skipped in enumerate(["x", "o0", source, "o2"]):
            end = f"o{place}" if place < 3 else "y"
            nodes += [node("MatMul", f"{last} w{place}", f"m{place}"),
                      node("Relu", f"m{place}", f"r{place}"),
                      node("Add", f"r{place} {skipped}", end)]
            last = end
        return model(nodes, {f"w{place}": np.roll(W, place) for place in range(4)})
    return both(make, "o1", "o0")


@pair("topology")
def an_activation_replaced():
    return both(lambda kind: model([node("MatMul", "x w", "a"), node(kind, "a", "b"),
                                    node("MatMul", "b v", "y")], {"w": W, "v": V}),
                "Relu", "Tanh")


@pair("topology")
def an_activation_in_parts():
    parts = [node("HardSigmoid", "x", "h", alpha=1 / 6, beta=0.5), node("Mul", "x h", "y")]
    return model([node("HardSwish", "x", "y")]), model(parts)


@pair("topology")
def another_operation_inside_a_loop():
    def make(kind):
        turn = body([node(kind, "a w", "o"), node("Identity", "c", "k")],
                    "i:/INT64 c:/BOOL a:8x8", "k:/BOOL o:8x8")
        return model([helper.make_node("Loop", ["n", "", "x"], ["y"], body=turn)], {"w": W},
                     inputs="x:8x8 n:/INT64")
    return both(make, "Add", "Mul")


@pair("topology")
def a_branch_that_reads_something_else():
    def make(source):
        then, otherwise = (body([node(kind, name, name[0] + "0")], "", name[0] + "0:8x8")
                           for kind, name in (("Tanh", source), ("Relu", "x")))
        return model([node("Sigmoid", "x", "p"), node("Exp", "x", "q"),
                      helper.make_node("If", ["c"], ["y"], then_branch=then,
                                       else_branch=otherwise), node("Add", "p q", "z")],
                     inputs="x:8x8 c:/BOOL", outputs="y:8x8 z:8x8")
    return both(make, "p", "q")


@pair("topology")
def code_moved_out_of_a_loop():
    def make(inside):
        square = [node("Tanh", "x", "h")]
        turn = body((square if inside else []) + [node("Add", "a h", "o"),
                                                  node("Identity", "c", "k")],
                    "i:/INT64 c:/BOOL a:8x8", "k:/BOOL o:8x8")
        loop = helper.make_node("Loop", ["n", "", "x"], ["y"], body=turn)
        return model(([] if inside else square) + [loop], inputs="x:8x8 n:/INT64")
    return both(make, True, False)


@pair("topology")
def states_exchanged():
    def make(states):
        return model([node("MatMul", "x w", "h"), node("Add", f"h {states[0]}", "p"),
                      node("MatMul", "x v", "k"), node("Add", f"k {states[1]}", "q"),
                      node("Add", "p q", "y")], {"w": W, "v": V},
                     inputs="x:8x8 past_k:8x8 past_v:8x8", outputs="y:8x8 p:8x8 q:8x8")
    return both(make, ["past_k", "past_v"], ["past_v", "past_k"])


@pair("topology")
def keys_and_queries_exchanged():
    return both(lambda operands: model([node("MatMul", "x w", "q"), node("MatMul", "x v", "k"),
                                        node("MatMul", operands, "s"), node("Softmax", "s", "y")],
                                       {"w": W, "v": V}), "q k", "k q")


@pair("topology")
def softmax_over_fewer_axes_since_opset_13():
    nodes = [node("Softmax", "x", "y", axis=1)]
    return both(lambda opset: model(nodes, opset=opset, inputs="x:2x3x4", outputs="y:2x3x4"),
                11, 13)


@pair("topology")
def the_largest_instead_of_the_mean():
    return both(lambda kind: model([node(kind, "x", "p"), node("Flatten", "p", "y")],
                                   inputs="x:1x4x8x8", outputs="y:1x4"),
                "GlobalAveragePool", "GlobalMaxPool")


@pair("topology")
def a_block_moved():
    kinds = ["Relu", "Tanh", "Sigmoid", "Elu", "Softplus", "Softsign"]

    def make(order):
        nodes, last = [], "x"
        for turn, place in enumerate(order):
            end = f"o{place}" if turn < 5 else "y"
            nodes += [node("MatMul", f"{last} w{place}", f"m{place}"),
                      node("Add", f"m{place} b{place}", f"s{place}"),
                      node(kinds[place], f"s{place}", end)]
            last = end
        weights = {f"w{place}": np.roll(W, place) for place in range(6)}
        return model(nodes, weights | {f"b{place}": V[place] for place in range(6)})
    return both(make, [0, 1, 2, 3, 4, 5], [0, 2, 3, 4, 1, 5])


@pair("topology")
def normalization_before_or_behind():
    nodes = ([node("LayerNormalization", "x g b", "a"), node("MatMul", "a w", "c"),
              node("Add", "c x", "y")],
             [node("MatMul", "x w", "a"), node("Add", "a x", "c"),
              node("LayerNormalization", "c g b", "y")])
    return both(lambda order: model(order, {"w": W, "g": V[0], "b": V[1]}), *nodes)


@pair("topology")
def a_dead_end_that_came_alive():
    return both(lambda source: model([node("Relu", "x", "a"), node("Tanh", "x", "b"),
                                      node("Exp", source, "y")]), "a", "b")


@pair("topology")
def letters_of_strings():
    return both(lambda case: model([node("StringNormalizer", "x", "y", case_change_action=case)],
                                   inputs="x:4/STRING", outputs="y:4/STRING"), "UPPER", "LOWER")
