"""Small models, and the list of pairs of them."""

import numpy as np
from onnx import TensorProto as T, helper, numpy_helper

SEED = np.random.default_rng(7)
W, V = (SEED.standard_normal((8, 8)).astype(np.float32) for _ in "wv")
K = SEED.standard_normal((4, 3, 3, 3)).astype(np.float32)
IMAGE = {"inputs": "x:1x3x8x8", "outputs": "y:1x4x6x6"}
BIAS = SEED.standard_normal(4).astype(np.float32)
MEAN, GAIN, SHIFT = (SEED.standard_normal(4).astype(np.float32) for _ in "mgs")
SPREAD = SEED.uniform(0.5, 2, 4).astype(np.float32)
NORM = {"g": GAIN, "s": SHIFT, "m": MEAN, "v": SPREAD}
PAIRS = {}  # a function that makes two models, and the classes, by name


def pair(*classes):
    """Registers a function that gives two models, and the classes that should come out."""
    def register(function):
        PAIRS[function.__name__.replace("_", " ")] = (function, sorted(classes))
        return function
    return register


class Stored:
    """A model, and how its file is written."""

    def __init__(self, model, **options):
        self.model, self.options = model, options


def node(kind, inputs, outputs, **attributes):
    """A node; `-` stands for an operand that is left out."""
    names = [name.strip("-") for name in inputs.split()]
    return helper.make_node(kind, names, outputs.split(), **attributes)


def ports(text, element=T.FLOAT):
    """Inputs or outputs, each as `name:4x8` or `name:4x8/INT64`."""
    for port in text.split():
        name, shape = port.split(":")
        shape, *kind = shape.split("/")
        sizes = [int(size) if size.isdigit() else size for size in shape.split("x") if size]
        yield helper.make_tensor_value_info(name, getattr(T, kind[0]) if kind else element, sizes)


def model(nodes, weights=None, inputs="x:8x8", outputs="y:8x8", opset=17, element=T.FLOAT,
          functions=(), domains=()):
    """A model whose weights are initializers."""
    tensors = [numpy_helper.from_array(np.asarray(value), name)
               for name, value in (weights or {}).items()]
    graph = helper.make_graph(nodes, "g", list(ports(inputs, element)),
                              list(ports(outputs, element)), tensors)
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(*name) for name in domains]
    return helper.make_model(graph, opset_imports=imports, ir_version=8, functions=functions)


def body(nodes, inputs, outputs):
    """The graph of a branch or of a loop's turns."""
    return helper.make_graph(nodes, "body", list(ports(inputs)), list(ports(outputs)))


def both(make, *values):
    """One model for each of two values."""
    return tuple(make(value) for value in values)


def ints(*numbers):
    return np.array(numbers, np.int64)


def same(name, before, after):
    """A pair without a change; each side is nodes, weights and options of `model`."""
    PAIRS[name] = (lambda: (model(*before[:2], **before[2]), model(*after[:2], **after[2])), [])


def raised(name, before, after, node_before, node_after, **ports):
    """A pair in which an attribute became an input with a later opset."""
    def make():
        nodes, weights = node_after
        return (model([node_before], opset=before, **ports),
                model([nodes], weights, opset=after, **ports))
    PAIRS[name] = (make, [])
