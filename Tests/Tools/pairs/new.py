import numpy as np
from onnx import TensorProto as T, helper, numpy_helper

from pairs.models import (BIAS, GAIN, K, MEAN, PAIRS, SHIFT, SPREAD, Stored, V, W, ints, model, node, pair,
                          raised, same)
F = np.float32
IMG = {"inputs": "x:1x3x8x8", "outputs": "y:1x4x6x6"}
BN = {"g": GAIN, "s": SHIFT, "m": MEAN, "v": SPREAD}
IM4 = {"inputs": "x:1x4x8x8", "outputs": "y:1x4x8x8"}

# ---- none
same("ratio of dropout", ([node("Dropout", "x", "h", ratio=0.1), node("Relu", "h", "y")], {}, {"opset": 11}),
     ([node("Dropout", "x", "h", ratio=0.5), node("Relu", "h", "y")], {}, {"opset": 11}))
raised("ratio of dropout became an input", 11, 13, node("Dropout", "x", "y", ratio=0.3),
       (node("Dropout", "x r", "y"), {"r": F(.3)}))
raised("batch normalization of another version", 7, 15, node("BatchNormalization", "x g s m v", "y"),
       (node("BatchNormalization", "x g s m v", "y"), {}), inputs="x:1x4x8x8 g:4 s:4 m:4 v:4", outputs="y:1x4x8x8")
raised("axes of a sum became an input", 11, 13, node("ReduceSum", "x", "y", axes=[1], keepdims=0),
       (node("ReduceSum", "x a", "y", keepdims=0), {"a": ints(1)}), outputs="y:8")
raised("axes of a maximum became an input", 13, 18, node("ReduceMax", "x", "y", axes=[0]),
       (node("ReduceMax", "x a", "y"), {"a": ints(-2)}), outputs="y:1x8")
raised("axes of a norm became an input", 13, 18, node("ReduceL2", "x", "y", axes=[0]),
       (node("ReduceL2", "x a", "y"), {"a": ints(0)}), outputs="y:1x8")
raised("sizes of a split became an input", 11, 13, node("Split", "x", "y z", split=[3, 5], axis=1),
       (node("Split", "x s", "y z", axis=1), {"s": ints(3, 5)}), outputs="y:8x3 z:8x5")
raised("softmax along the last of three axes", 11, 13, node("Softmax", "x", "y", axis=2),
       (node("Softmax", "x", "y"), {}), inputs="x:2x3x4", outputs="y:2x3x4")
raised("k of the largest became an input", 9, 11, node("TopK", "x", "y i", k=3) if False else node("TopK", "x k", "y i"),
       (node("TopK", "x k", "y i", largest=1, sorted=1), {}), inputs="x:8x8 k:1/INT64", outputs="y:8xn i:8xn/INT64") if False else None
same("a clip without bounds", ([node("Clip", "x", "h"), node("Relu", "h", "y")], {}, {}), ([node("Relu", "x", "y")], {}, {}))
same("operands that are left out at the end",
     ([node("Clip", "x - h", "y")], {"h": F(3)}, {}), ([node("Clip", "x - h", "y")], {"h": F(3)}, {"opset": 12}))
same("a bias that is left out", ([node("Conv", "x k -", "y")], {"k": K}, IMG), ([node("Conv", "x k", "y")], {"k": K}, IMG))

@pair()
def linear_upsample_became_resize():
    ports = {"inputs": "x:1x1x4x4", "outputs": "y:1x1x8x8"}
    scales = np.array([1, 1, 2, 2], F)
    return (model([node("Upsample", "x s", "y", mode="linear")], {"s": scales}, opset=9, **ports),
            model([node("Resize", "x - s", "y", mode="linear", coordinate_transformation_mode="asymmetric")], {"s": scales}, opset=13, **ports))

same("sizes of resize instead of scales",
     ([node("Resize", "x - s", "y", mode="linear")], {"s": np.array([1, 1, 2, 2], F)}, {"inputs": "x:1x1x4x4", "outputs": "y:1x1x8x8"}),
     ([node("Resize", "x - - s", "y", mode="linear")], {"s": ints(1, 1, 8, 8)}, {"inputs": "x:1x1x4x4", "outputs": "y:1x1x8x8"}))

@pair()
def weights_in_a_file_of_their_own():
    big = np.tile(W, (1, 8))
    nodes = [node("MatMul", "x w", "y")]
    ports = {"outputs": "y:8x64"}
    return (model(nodes, {"w": big}, **ports),
            Stored(model(nodes, {"w": big}, **ports), save_as_external_data=True, size_threshold=0, location="w.bin"))

same("numbers of constants as attributes",
     ([node("Constant", "", "c", value_float=0.5), node("Constant", "", "s", value_ints=[4, 16]),
       node("Mul", "x c", "h"), node("Reshape", "h s", "y")], {}, {"outputs": "y:4x16"}),
     ([node("Mul", "x c", "h"), node("Reshape", "h s", "y")], {"c": F(.5), "s": ints(4, 16)}, {"outputs": "y:4x16"}))

for k, at, ax in [("Gather", {}, "axis")]:
    same("a negative axis of gather", ([node("Gather", "x i", "y", axis=-1)], {"i": ints(1, 2)}, {"outputs": "y:8x2"}),
         ([node("Gather", "x i", "y", axis=1)], {"i": ints(1, 2)}, {"outputs": "y:8x2"}))
    same("a negative index of gather", ([node("Gather", "x i", "y", axis=0)], {"i": ints(-1, 2)}, {"outputs": "y:2x8"}),
         ([node("Gather", "x i", "y", axis=0)], {"i": ints(7, 2)}, {"outputs": "y:2x8"}))
for kind, out in [("ArgMax", "y:8/INT64"), ("CumSum", "y:8x8")]:
    if kind == "CumSum":
        same("a negative axis of " + kind, ([node(kind, "x a", "y")], {"a": ints(-1)[0]}, {"outputs": out}), ([node(kind, "x a", "y")], {"a": ints(1)[0]}, {"outputs": out}))
    else:
        same("a negative axis of " + kind, ([node(kind, "x", "y", axis=-1, keepdims=0)], {}, {"outputs": out}), ([node(kind, "x", "y", axis=1, keepdims=0)], {}, {"outputs": out}))
same("a negative axis of LayerNormalization", ([node("LayerNormalization", "x g", "y", axis=-1)], {"g": V[0]}, {}), ([node("LayerNormalization", "x g", "y", axis=1)], {"g": V[0]}, {}))
same("a negative axis of Flatten", ([node("Flatten", "x", "y", axis=-1)], {}, {"inputs": "x:2x3x4", "outputs": "y:6x4"}), ([node("Flatten", "x", "y", axis=2)], {}, {"inputs": "x:2x3x4", "outputs": "y:6x4"}))
same("a cast to double precision and back", ([node("Cast", "x", "g", to=T.DOUBLE), node("Cast", "g", "h", to=T.FLOAT), node("Relu", "h", "y")], {}, {}), ([node("Relu", "x", "y")], {}, {}))
same("the shape of a batch computed in the graph",
     ([node("Shape", "x", "s"), node("Gather", "s zero", "b"), node("Concat", "b c", "r", axis=0), node("Reshape", "x r", "h"), node("MatMul", "h w", "y")],
      {"zero": ints(0), "c": ints(16), "w": np.tile(W, (2, 1))}, {"inputs": "x:Nx4x4", "outputs": "y:Nx8"}),
     ([node("Reshape", "x r", "h"), node("MatMul", "h w", "y")], {"r": ints(0, 16), "w": np.tile(W, (2, 1))}, {"inputs": "x:Nx4x4", "outputs": "y:Nx8"}))
same("a batch that reshape is to find out",
     ([node("Reshape", "x r", "y")], {"r": ints(-1, 16)}, {"inputs": "x:Nx4x4", "outputs": "y:Nx16"}),
     ([node("Flatten", "x", "y", axis=1)], {}, {"inputs": "x:Nx4x4", "outputs": "y:Nx16"}))
same("factors of gemm spelled out", ([node("Gemm", "x w b", "y")], {"w": W, "b": V[0]}, {}),
     ([node("Gemm", "x w b", "y", alpha=1.0, beta=1.0, transA=0, transB=0)], {"w": W, "b": V[0]}, {}))
same("a transpose inside gemm", ([node("Gemm", "x w", "y", transA=1)], {"w": W}, {}), ([node("Transpose", "x", "t"), node("Gemm", "t w", "y")], {"w": W}, {}))
same("a bias of gemm as a row", ([node("Gemm", "x w b", "y")], {"w": W, "b": V[0]}, {}), ([node("Gemm", "x w b", "y")], {"w": W, "b": V[:1]}, {}))

@pair()
def a_function_with_an_attribute_inlined():
    leaky = helper.make_node("LeakyRelu", ["a"], ["r"])
    slope = leaky.attribute.add()
    slope.name, slope.ref_attr_name, slope.type = "alpha", "slope", 1
    block = helper.make_function("own", "Act", ["a"], ["r"], [leaky], [helper.make_opsetid("", 17)], ["slope"])
    return (model([node("Act", "x", "y", domain="own", slope=0.25)], functions=[block], domains=[("own", 1)]),
            model([node("LeakyRelu", "x", "y", alpha=0.25)]))

def body(nodes, outputs, inputs="", name="b"):
    def ports(t): return [helper.make_tensor_value_info(p.split(":")[0], getattr(T, p.split("/")[1]) if "/" in p else T.FLOAT, [int(s) for s in p.split(":")[1].split("/")[0].split("x") if s]) for p in t.split()]
    return helper.make_graph(nodes, name, ports(inputs), ports(outputs))

def iff(then, other, cond=None):
    n = helper.make_node("If", ["c"], ["y"], then_branch=body(then, "t:8x8"), else_branch=body(other, "e:8x8"))
    return ([n], {} if cond is None else {"c": np.array(cond)}, {"inputs": "x:8x8 c:/BOOL" if cond is None else "x:8x8"})
same("a branch that is always taken", iff([node("Relu", "x", "t")], [node("Tanh", "x", "e")], True), ([node("Relu", "x", "y")], {}, {}))
same("reshapes in a row", ([node("Reshape", "x a", "h"), node("Reshape", "h b", "y")], {"a": ints(64), "b": ints(4, 16)}, {"outputs": "y:4x16"}),
     ([node("Reshape", "x b", "y")], {"b": ints(4, 16)}, {"outputs": "y:4x16"}))
same("axes put in and taken out", ([node("Unsqueeze", "x a", "g"), node("Squeeze", "g a", "h"), node("Relu", "h", "y")], {"a": ints(0)}, {}), ([node("Relu", "x", "y")], {}, {}))
same("a tile of one", ([node("Tile", "x r", "h"), node("Relu", "h", "y")], {"r": ints(1, 1)}, {}), ([node("Relu", "x", "y")], {}, {}))
same("a sum of two", ([node("Sum", "a b", "y")], {}, {"inputs": "a:8x8 b:8x8"}), ([node("Add", "a b", "y")], {}, {"inputs": "a:8x8 b:8x8"}))
same("a product with one", ([node("Mul", "x c", "h"), node("Relu", "h", "y")], {"c": F(1)}, {}), ([node("Relu", "x", "y")], {}, {}))
same("a reshape of constants", ([node("Reshape", "w s", "v"), node("MatMul", "x v", "y")], {"w": W.reshape(64), "s": ints(8, 8)}, {}), ([node("MatMul", "x w", "y")], {"w": W}, {}))
same("transposed constants", ([node("Transpose", "w", "v", perm=[1, 0]), node("MatMul", "x v", "y")], {"w": W.T.copy()}, {}), ([node("MatMul", "x w", "y")], {"w": W}, {}))

@pair()
def what_the_writer_noted_about_shapes():
    a = model([node("Relu", "x", "h"), node("Tanh", "h", "y")])
    b = model([node("Relu", "x", "h"), node("Tanh", "h", "y")])
    b.graph.value_info.append(helper.make_tensor_value_info("h", T.FLOAT, [8, 8]))
    b.ir_version = 9
    b.opset_import.append(helper.make_opsetid("com.unused", 3))
    return a, b

@pair()
def silu_by_two_operators():
    return (model([node("Sigmoid", "x", "s"), node("Mul", "x s", "y")]), model([node("Sigmoid", "x", "s"), node("Mul", "s x", "y")]))

@pair()
def half_precision_as_whole_numbers():
    a = model([node("MatMul", "x w", "y")], {"w": W.astype(np.float16)}, element=T.FLOAT16)
    b = model([node("MatMul", "x w", "y")], {}, element=T.FLOAT16)
    b.graph.initializer.append(helper.make_tensor("w", T.FLOAT16, W.shape, W.astype(np.float16).flatten().tolist()))
    return a, b

# fused or not
same("swish of hard sigmoid", ([node("HardSwish", "x", "y")], {}, {}), ([node("HardSigmoid", "x", "h", alpha=1/6, beta=.5), node("Mul", "x h", "y")], {}, {}))
same("gelu in parts", ([node("Gelu", "x", "y")], {}, {"opset": 20}),
     ([node("Div", "x r", "a"), node("Erf", "a", "b"), node("Add", "b one", "c"), node("Mul", "x c", "d"), node("Mul", "d half", "y")], {"r": F(np.sqrt(2)), "one": F(1), "half": F(.5)}, {"opset": 20}))

# ---- interface
@pair("interface")
def a_symbol_renamed():
    n = [node("Relu", "x", "y")]
    return model(n, inputs="x:Nx8", outputs="y:Nx8"), model(n, inputs="x:Bx8", outputs="y:Bx8")

@pair("interface")
def an_input_renamed():
    return model([node("Relu", "x", "y")]), model([node("Relu", "in", "y")], inputs="in:8x8")

@pair("interface")
def a_larger_image():
    n = [node("Conv", "x k", "h"), node("Relu", "h", "r"), node("GlobalAveragePool", "r", "p"), node("Flatten", "p", "y")]
    return tuple(model(n, {"k": K}, inputs=f"x:1x3x{s}x{s}", outputs="y:1x4") for s in (8, 16))

@pair("interface", "weight")
def a_larger_vocabulary():
    rng = np.random.default_rng(1)
    e = rng.standard_normal((20, 8)).astype(F)
    def make(n):
        return model([node("Gather", "e i", "h"), node("MatMul", "h w", "a"), node("Relu", "a", "r"), node("MatMul", "r o", "y")],
                     {"e": e[:n], "w": W, "o": e[:n].T.copy()}, inputs="i:5/INT64", outputs=f"y:5x{n}")
    return make(16), make(20)

@pair("interface")
def an_input_gone():
    n = [node("Relu", "x", "y")]
    return model(n, inputs="x:8x8 z:3"), model(n)

@pair("interface", "topology")
def an_input_that_was_read_gone():
    return model([node("Add", "x z", "h"), node("Relu", "h", "y")], inputs="x:8x8 z:8"), model([node("Relu", "x", "y")])

@pair("interface", "topology")
def a_state_added():
    a = model([node("MatMul", "x w", "h"), node("Tanh", "h", "y")], {"w": W})
    b = model([node("MatMul", "x w", "h"), node("Add", "h past", "s"), node("Tanh", "s", "y"), node("Identity", "y", "present")], {"w": W},
              inputs="x:8x8 past:8x8", outputs="y:8x8 present:8x8")
    return a, b

@pair("topology")
def states_exchanged():
    def make(a, b):
        return model([node("MatMul", "x w", "h"), node("Add", f"h {a}", "p"), node("MatMul", "x v", "k"), node("Add", f"k {b}", "q"), node("Add", "p q", "y")],
                     {"w": W, "v": V}, inputs="x:8x8 past_k:8x8 past_v:8x8", outputs="y:8x8 p:8x8 q:8x8")
    return make("past_k", "past_v"), make("past_v", "past_k")

@pair("interface", "precision")
def whole_numbers_of_another_width():
    n = [node("Gather", "w i", "y")]
    return model(n, {"w": W}, inputs="i:5/INT64", outputs="y:5x8"), model(n, {"w": W}, inputs="i:5/INT32", outputs="y:5x8")

@pair("interface")
def batch_of_another_size():
    n = [node("Reshape", "x s", "h"), node("MatMul", "h w", "y")]
    return (model(n, {"s": ints(2, 16), "w": np.tile(W, (2, 1))}, inputs="x:2x4x4", outputs="y:2x8"),
            model(n, {"s": ints(5, 16), "w": np.tile(W, (2, 1))}, inputs="x:5x4x4", outputs="y:5x8"))

# ---- attribute
@pair("attribute")
def epsilon_of_a_batch_normalization():
    return tuple(model([node("BatchNormalization", "x g s m v", "y", epsilon=e)], BN, **IM4) for e in (1e-5, 1e-3))

@pair("attribute")
def epsilon_of_a_batch_normalization_behind_a_convolution():
    return tuple(model([node("Conv", "x k", "h"), node("BatchNormalization", "h g s m v", "r", epsilon=e), node("Relu", "r", "y")], {"k": K, **BN}, **IMG) for e in (1e-5, 1e-3))

@pair("attribute")
def epsilon_inside_parts_of_a_normalization():
    def make(e):
        return model([node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x m", "d"), node("Mul", "d d", "q"), node("ReduceMean", "q", "v", axes=[-1]),
                      node("Add", "v e", "w"), node("Sqrt", "w", "s"), node("Div", "d s", "y")], {"e": F(e)}, opset=13)
    return make(1e-5), make(1e-6)

@pair("attribute")
def what_a_pad_is_filled_with():
    return tuple(model([node("Pad", "x p v", "y")], {"p": ints(1, 1, 1, 1), "v": F(v)}, outputs="y:10x10") for v in (0, 1))

@pair("attribute")
def dilations():
    return tuple(model([node("Conv", "x k", "y", dilations=[d, d], pads=[d] * 4)], {"k": K}, inputs="x:1x3x8x8", outputs="y:1x4x8x8") for d in (1, 2))

@pair("attribute")
def another_mode_of_pad():
    return tuple(model([node("Pad", "x p", "y", mode=m)], {"p": ints(1, 1, 1, 1)}, outputs="y:10x10") for m in ("reflect", "edge"))

@pair("attribute")
def depth_to_space_by_another_order():
    return tuple(model([node("DepthToSpace", "x", "y", blocksize=2, mode=m)], inputs="x:1x8x2x2", outputs="y:1x2x4x4") for m in ("DCR", "CRD"))

@pair("attribute")
def the_smallest_instead_of_the_largest():
    return tuple(model([node("TopK", "x k", "y i", largest=m)], {"k": ints(3)}, outputs="y:8x3 i:8x3/INT64") for m in (1, 0))

@pair("attribute")
def a_sum_from_the_other_end():
    return tuple(model([node("CumSum", "x a", "y", reverse=m)], {"a": ints(1)[0]}) for m in (0, 1))

@pair("attribute")
def the_slope_of_an_activation():
    return tuple(model([node("LeakyRelu", "x", "y", alpha=a)]) for a in (0.1, 0.2))

@pair("attribute")
def the_bound_of_a_clip():
    return tuple(model([node("Clip", "x lo hi", "y")], {"lo": F(0), "hi": F(a)}) for a in (6, 7))

@pair("attribute")
def the_axis_of_softmax():
    return tuple(model([node("Softmax", "x", "y", axis=a)]) for a in (0, 1))

@pair("attribute")
def what_scattered_numbers_do():
    return tuple(model([node("ScatterElements", "x i u", "y", axis=1, reduction=r)], {"i": np.zeros((8, 1), np.int64)}, inputs="x:8x8 u:8x1") for r in ("add", "mul"))

@pair("attribute")
def turns_of_a_loop():
    b = body([node("Add", "a a", "o"), node("Identity", "c", "k")], "k:/BOOL o:8x8", "i:/INT64 c:/BOOL a:8x8")
    return tuple(model([helper.make_node("Loop", ["n", "", "x"], ["y"], body=b)], {"n": np.int64(n)}) for n in (3, 4))

@pair("attribute")
def a_constant_factor():
    return tuple(model([node("Mul", "x c", "h"), node("Tanh", "h", "y")], {"c": F(c)}) for c in (0.125, 0.25))

@pair("topology")
def letters_of_strings():
    return tuple(model([node("StringNormalizer", "x", "y", case_change_action=c)], inputs="x:4/STRING", outputs="y:4/STRING") for c in ("UPPER", "LOWER"))

@pair("attribute")
def groups_of_a_normalization():
    return tuple(model([node("GroupNormalization", "x g s", "y", num_groups=g)], {"g": GAIN, "s": SHIFT}, opset=21, **IM4) for g in (2, 4))

# ---- weight
@pair("weight")
def noise_in_one_channel():
    k = K.copy(); k[2] += 1e-3 * np.random.default_rng(5).standard_normal(k[2].shape).astype(F)
    n = [node("Conv", "x k b", "h"), node("Relu", "h", "y")]
    return model(n, {"k": K, "b": BIAS}, **IMG), model(n, {"k": k, "b": BIAS}, **IMG)

@pair("weight")
def transposed_weights():
    n = [node("MatMul", "x w", "h"), node("Relu", "h", "y")]
    return model(n, {"w": W}), model(n, {"w": W.T.copy()})

@pair("weight")
def one_bias():
    b = V[0].copy(); b[3] += 0.5
    n = [node("Gemm", "x w b", "h"), node("Relu", "h", "y")]
    return model(n, {"w": W, "b": V[0]}), model(n, {"w": W, "b": b})

@pair("weight")
def the_mean_of_a_batch_normalization():
    n = [node("Conv", "x k", "h"), node("BatchNormalization", "h g s m v", "y")]
    return model(n, {"k": K, **BN}, **IMG), model(n, {"k": K, **BN, "m": MEAN + F(.1)}, **IMG)

def attention(q, k, v, o):
    return model([node("MatMul", "x q", "a"), node("MatMul", "x k", "b"), node("MatMul", "x v", "c"),
                  node("Reshape", "a s", "a1"), node("Reshape", "b s", "b1"), node("Reshape", "c s", "c1"),
                  node("Transpose", "a1", "a2", perm=[1, 0, 2]), node("Transpose", "b1", "b2", perm=[1, 2, 0]), node("Transpose", "c1", "c2", perm=[1, 0, 2]),
                  node("MatMul", "a2 b2", "d"), node("Softmax", "d", "e"), node("MatMul", "e c2", "f"), node("Transpose", "f", "g", perm=[1, 0, 2]),
                  node("Reshape", "g t", "h"), node("MatMul", "h o", "y")], {"q": q, "k": k, "v": v, "o": o, "s": ints(8, 2, 4), "t": ints(8, 8)})

@pair("weight")
def heads_exchanged():
    t = [4, 5, 6, 7, 0, 1, 2, 3]
    return attention(W, V, W.T.copy(), V.T.copy()), attention(W[:, t].copy(), V[:, t].copy(), W.T[:, t].copy(), V.T[t].copy())

@pair("topology")
def queries_and_keys_with_each_others_weights():
    return attention(W, V, W.T.copy(), V.T.copy()), attention(V, W, W.T.copy(), V.T.copy())

@pair("weight")
def strings_of_a_table():
    return tuple(model([node("LabelEncoder", "x", "y", domain="ai.onnx.ml", keys_strings=["a", "b"], values_int64s=[0, v])], inputs="x:4/STRING", outputs="y:4/INT64", domains=[("ai.onnx.ml", 2)]) for v in (1, 2))

@pair("weight")
def a_threshold_of_a_tree():
    def make(t):
        return node("TreeEnsembleRegressor", "x", "y", domain="ai.onnx.ml", n_targets=1, nodes_falsenodeids=[2, 0, 0], nodes_featureids=[3, 0, 0], nodes_hitrates=[1., 1., 1.],
                    nodes_missing_value_tracks_true=[0, 0, 0], nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"], nodes_nodeids=[0, 1, 2], nodes_treeids=[0, 0, 0], nodes_truenodeids=[1, 0, 0],
                    nodes_values=[t, 0., 0.], target_ids=[0, 0], target_nodeids=[1, 2], target_treeids=[0, 0], target_weights=[1., 2.])
    return tuple(model([make(t)], outputs="y:8x1", domains=[("ai.onnx.ml", 1)]) for t in (.5, .75))

@pair("weight")
def a_zero_that_became_negative():
    a = W.copy(); a[0, 0] = 0; b = a.copy(); b[0, 0] = -0.0
    return model([node("MatMul", "x w", "y")], {"w": a}), model([node("MatMul", "x w", "y")], {"w": b})

# ---- topology
@pair("topology")
def a_residual_dropped():
    n = [node("MatMul", "x w", "a"), node("Relu", "a", "b"), node("MatMul", "b v", "c")]
    return model(n + [node("Add", "c x", "d"), node("Tanh", "d", "y")], {"w": W, "v": V}), model(n + [node("Tanh", "c", "y")], {"w": W, "v": V})

def blocks(res):
    n, w, a = [], {}, "x"
    rng = np.random.default_rng(9)
    outs = ["x"]
    for i in range(4):
        w[f"w{i}"] = rng.standard_normal((8, 8)).astype(F)
        n += [node("MatMul", f"{a} w{i}", f"m{i}"), node("Relu", f"m{i}", f"r{i}"), node("Add", f"r{i} {outs[res.get(i, i)]}", f"o{i}" if i < 3 else "y")]
        a = f"o{i}"; outs.append(a)
    return model(n, w)

@pair("topology")
def a_residual_from_another_block():
    return blocks({}), blocks({2: 1})

@pair("topology")
def an_activation_replaced():
    def n(k): return [node("MatMul", "x w", "a"), node(k, "a", "b"), node("MatMul", "b v", "y")]
    return model(n("Relu"), {"w": W, "v": V}), model(n("Tanh"), {"w": W, "v": V})

@pair("topology")
def another_operation_inside_a_loop():
    def make(k):
        b = body([node(k, "a w", "o"), node("Identity", "c", "k")], "k:/BOOL o:8x8", "i:/INT64 c:/BOOL a:8x8")
        return model([helper.make_node("Loop", ["n", "", "x"], ["y"], body=b)], {"w": W}, inputs="x:8x8 n:/INT64")
    return make("Add"), make("Mul")

@pair("topology")
def a_branch_that_reads_something_else():
    def make(s):
        n, w, p = iff([node("Tanh", s, "t")], [node("Relu", "x", "e")])
        return model([node("Sigmoid", "x", "p"), node("Exp", "x", "q")] + n + [node("Add", "p q", "z")], {}, p["inputs"], "y:8x8 z:8x8")
    return make("p"), make("q")

@pair("weight")
def a_weight_inside_a_branch():
    def make(w):
        n, _, p = iff([node("MatMul", "x w", "t")], [node("Relu", "x", "e")])
        return model(n, {"w": w}, p["inputs"])
    return make(W), make(V)

@pair("topology")
def keys_and_queries_exchanged():
    def make(a, b):
        return model([node("MatMul", "x w", "q"), node("MatMul", "x v", "k"), node("MatMul", f"{a} {b}", "s"), node("Softmax", "s", "y")], {"w": W, "v": V})
    return make("q", "k"), make("k", "q")

@pair("topology")
def softmax_of_old_over_all_axes():
    return (model([node("Softmax", "x", "y", axis=1)], opset=11, inputs="x:2x3x4", outputs="y:2x3x4"),
            model([node("Softmax", "x", "y", axis=1)], opset=13, inputs="x:2x3x4", outputs="y:2x3x4"))

@pair("topology")
def the_largest_instead_of_the_mean():
    n = lambda k: [node(k, "x", "p"), node("Flatten", "p", "y")]
    return model(n("GlobalAveragePool"), inputs="x:1x4x8x8", outputs="y:1x4"), model(n("GlobalMaxPool"), inputs="x:1x4x8x8", outputs="y:1x4")

@pair("topology")
def a_block_moved():
    """Layers 1 and 2 of a chain exchanged, with their activations and weights."""
    rng = np.random.default_rng(4)
    ws = {f"w{i}": rng.standard_normal((8, 8)).astype(F) for i in range(6)}
    ws |= {f"b{i}": rng.standard_normal(8).astype(F) for i in range(6)}
    acts = ["Relu", "Tanh", "Sigmoid", "Elu", "Softplus", "Softsign"]
    def make(order):
        n, a = [], "x"
        for p, i in enumerate(order):
            n += [node("MatMul", f"{a} w{i}", f"m{i}"), node("Add", f"m{i} b{i}", f"s{i}"), node(acts[i], f"s{i}", f"o{i}" if p < 5 else "y")]
            a = f"o{i}"
        return model(n, ws)
    return make([0, 1, 2, 3, 4, 5]), make([0, 2, 3, 4, 1, 5])

@pair("topology")
def loop_invariant_code_moved_out():
    def loop(n): return helper.make_node("Loop", ["n", "", "x"], ["y"], body=body(n + [node("Add", "a h", "o"), node("Identity", "c", "k")], "k:/BOOL o:8x8", "i:/INT64 c:/BOOL a:8x8"))
    e = [node("Tanh", "x", "h")]
    return model([loop(e)], inputs="x:8x8 n:/INT64"), model(e + [loop([])], inputs="x:8x8 n:/INT64")

@pair("topology")
def normalization_before_or_behind():
    def make(pre):
        if pre: n = [node("LayerNormalization", "x g b", "a"), node("MatMul", "a w", "c"), node("Add", "c x", "y")]
        else: n = [node("MatMul", "x w", "a"), node("Add", "a x", "c"), node("LayerNormalization", "c g b", "y")]
        return model(n, {"w": W, "g": V[0], "b": V[1]})
    return make(True), make(False)

@pair("topology")
def a_dead_end_that_became_alive():
    def make(s): return model([node("Relu", "x", "a"), node("Tanh", "x", "b"), node("Exp", s, "y")])
    return make("a"), make("b")

# ---- precision
@pair("precision", "topology")
def weights_in_half_precision():
    return (model([node("MatMul", "x w", "h"), node("Relu", "h", "y")], {"w": W}),
            model([node("Cast", "w", "c", to=T.FLOAT), node("MatMul", "x c", "h"), node("Relu", "h", "y")], {"w": W.astype(np.float16)}))

@pair("precision", "topology")
def weights_in_bytes():
    s = F(np.abs(W).max() / 127)
    return (model([node("MatMul", "x w", "h"), node("Relu", "h", "y")], {"w": W}),
            model([node("DequantizeLinear", "w s z", "c"), node("MatMul", "x c", "h"), node("Relu", "h", "y")], {"w": np.rint(W / s).astype(np.int8), "s": s, "z": np.int8(0)}))

@pair("precision", "topology")
def weights_and_inputs_in_bytes():
    s = F(np.abs(W).max() / 127)
    return (model([node("MatMul", "x w", "h"), node("Relu", "h", "y")], {"w": W}),
            model([node("QuantizeLinear", "x t u", "p"), node("DequantizeLinear", "p t u", "q"), node("DequantizeLinear", "w s z", "c"), node("MatMul", "q c", "h"), node("Relu", "h", "y")],
                  {"w": np.rint(W / s).astype(np.int8), "s": s, "z": np.int8(0), "t": F(.1), "u": np.uint8(3)}))

def wq(octets, scale, zero=np.int8(0), **kw):
    return model([node("DequantizeLinear", "w s z", "c", **kw), node("MatMul", "x c", "h"), node("Relu", "h", "y")], {"w": octets, "s": np.asarray(scale, F), "z": np.asarray(zero)})
Q8 = np.rint(W * 40).astype(np.int8)

@pair("precision")
def the_scale_of_weights():
    return wq(Q8, .025), wq(Q8, .03)

@pair("weight")
def bytes_of_weights():
    o = Q8.copy(); o[2, 2] += 1
    return wq(Q8, .025), wq(o, .025)

@pair("precision")
def scales_of_weights_by_channel():
    return wq(Q8, .025), wq(Q8, np.linspace(.02, .03, 8), np.zeros(8, np.int8), axis=1)

@pair("precision", "topology")
def everything_inside_in_half_precision():
    return (model([node("MatMul", "x w", "h"), node("Relu", "h", "y")], {"w": W}),
            model([node("Cast", "x", "c", to=T.FLOAT16), node("MatMul", "c w", "h"), node("Relu", "h", "r"), node("Cast", "r", "y", to=T.FLOAT)], {"w": W.astype(np.float16)}))

@pair("precision")
def another_half_precision():
    def make(t): return model([node("Cast", "x", "c", to=t), node("Cast", "c", "d", to=T.FLOAT), node("Relu", "d", "y")])
    return make(T.FLOAT16), make(T.BFLOAT16)

@pair("precision")
def indices_of_another_width():
    def make(t): return model([node("Gather", "x i", "y")], {"i": np.array([1, 2], t)}, outputs="y:2x8")
    return make(np.int64), make(np.int32)

@pair("precision")
def signed_bytes_instead_of_unsigned():
    def make(z): return model([node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "h"), node("Relu", "h", "y")], {"s": F(.1), "z": z})
    return make(np.uint8(128)), make(np.int8(0))

@pair("precision")
def double_precision_inside():
    def make(t): return model([node("Cast", "x", "c", to=t), node("Exp", "c", "d"), node("Cast", "d", "y", to=T.FLOAT)])
    return make(T.FLOAT16), make(T.DOUBLE)

# ---- metadata
@pair("metadata")
def the_model_renamed():
    a, b = model([node("Relu", "x", "y")]), model([node("Relu", "x", "y")]); b.graph.name = "other"; return a, b

@pair("metadata")
def a_producer():
    a, b = model([node("Relu", "x", "y")]), model([node("Relu", "x", "y")]); b.producer_name, b.producer_version = "maker", "2.1"; return a, b

@pair("metadata")
def a_version_of_the_model():
    a, b = model([node("Relu", "x", "y")]), model([node("Relu", "x", "y")]); b.model_version = 7; b.domain = "org.example"; return a, b

@pair("metadata")
def properties():
    a, b = model([node("Relu", "x", "y")]), model([node("Relu", "x", "y")]); helper.set_model_props(a, {"licence": "MIT", "author": "a"}); helper.set_model_props(b, {"licence": "none", "labels": "x"}); return a, b

@pair("metadata")
def descriptions():
    a, b = model([node("Relu", "x", "y")]), model([node("Relu", "x", "y")]); b.doc_string = "about the model"; b.graph.doc_string = "about the graph"; b.graph.node[0].doc_string = "about a node"; return a, b

@pair("metadata")
def a_description_of_an_input():
    a, b = model([node("Relu", "x", "y")]), model([node("Relu", "x", "y")]); b.graph.input[0].doc_string = "an image"; return a, b
