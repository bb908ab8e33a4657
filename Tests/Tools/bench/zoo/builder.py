"""Writes graphs node by node."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


def port(name, value=None):
    kind = helper.np_dtype_to_tensor_dtype(value.dtype) if value is not None else 1
    return helper.make_tensor_value_info(name, kind, None if value is None else value.shape)


class Builder:
    """A graph under construction; methods add nodes and return the names of their values."""

    def __init__(self, seed, prefix=""):
        self.nodes, self.constants, self.inputs, self.prefix = [], [], {}, prefix
        self.rng = np.random.default_rng(seed)

    def input(self, name, value):
        """An input, declared by the value that it has when the model is timed."""
        self.inputs[name] = value
        return name

    def add(self, operator, *inputs, count=1, **attributes):
        name = f"{self.prefix}v{len(self.nodes)}"
        names = [name, *(f"{name}_{i}" for i in range(1, count))]
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=name, **attributes))
        return name if count == 1 else names

    def graph(self, name, outputs):
        ports = [port(name, value) for name, value in self.inputs.items()]
        return helper.make_graph(self.nodes, name, ports, [port(o) for o in outputs],
                                 self.constants)

    def model(self, name, outputs):
        model = helper.make_model(self.graph(name, outputs), ir_version=8,
                                  opset_imports=[helper.make_opsetid("", 17)])
        return onnx.shape_inference.infer_shapes(model, data_prop=True)

    # Constants

    def constant(self, value):
        name = f"{self.prefix}c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def number(self, value):
        return self.constant(np.float32(value))

    def whole(self, *values):
        return self.constant(np.array(values, "i8"))

    def noise(self, *shape):
        return self.rng.standard_normal(shape, dtype="f4")

    def weights(self, shape, fan_in, gain=2.0):
        return self.constant(self.noise(*shape) * np.float32(np.sqrt(gain / fan_in)))

    def near(self, centre, count, spread=0.1):
        return self.constant(np.float32(centre) + np.float32(spread) * self.noise(count))

    # Layers

    def convolution(self, x, channels, features, size=1, stride=1, groups=1, gain=2.0, pads=None,
                    rank=2):
        """A convolution with a bias, which is what one with normalization folded in becomes."""
        sizes = list(size) if isinstance(size, tuple) else [size] * rank
        shape = (features, channels // groups, *sizes)
        return self.add("Conv", x, self.weights(shape, int(np.prod(shape[1:])), gain),
                        self.near(0, features), group=groups, kernel_shape=sizes,
                        strides=[stride] * len(sizes), pads=pads or [s // 2 for s in sizes] * 2)

    def batch_normalized(self, x, channels):
        variance = self.constant(np.abs(1 + np.float32(0.1) * self.noise(channels)))
        return self.add("BatchNormalization", x, self.near(1, channels), self.near(0, channels),
                        self.near(0, channels), variance)

    def linear(self, x, inputs, outputs, gain=1.0, bias=True):
        product = self.add("MatMul", x, self.weights((inputs, outputs), inputs, gain))
        return self.add("Add", product, self.near(0, outputs)) if bias else product

    def dense(self, x, inputs, outputs, gain=1.0):
        return self.add("Gemm", x, self.weights((outputs, inputs), inputs, gain),
                        self.near(0, outputs), transB=1)

    def classifier(self, x, channels, classes):
        x = self.add("Flatten", self.add("GlobalAveragePool", x), axis=1)
        return self.dense(x, channels, classes)

    def layer_normalized(self, x, width, epsilon=1e-5):
        return self.add("LayerNormalization", x, self.near(1, width), self.near(0, width),
                        axis=-1, epsilon=epsilon)

    def root_mean_normalized(self, x, width, epsilon=1e-5):
        mean = self.add("ReduceMean", self.add("Pow", x, self.number(2)), axes=[-1], keepdims=1)
        root = self.add("Sqrt", self.add("Add", mean, self.number(epsilon)))
        scaled = self.add("Mul", x, self.add("Div", self.number(1), root))
        return self.add("Mul", self.near(1, width), scaled)

    def silu(self, x):
        return self.add("Mul", x, self.add("Sigmoid", x))

    def gelu(self, x):
        bell = self.add("Erf", self.add("Div", x, self.number(np.sqrt(2))))
        bell = self.add("Add", bell, self.number(1))
        return self.add("Mul", self.add("Mul", x, bell), self.number(0.5))

    # Shapes

    def reshape(self, x, *shape):
        return self.add("Reshape", x, self.whole(*shape))

    def transpose(self, x, *order):
        return self.add("Transpose", x, perm=list(order))

    def unsqueeze(self, x, *axes):
        return self.add("Unsqueeze", x, self.whole(*axes))

    def split(self, x, *sizes, axis):
        return self.add("Split", x, self.whole(*sizes), count=len(sizes), axis=axis)

    def part(self, x, first, end, axis):
        return self.add("Slice", x, self.whole(first), self.whole(end), self.whole(axis))

    def heads(self, x, length, heads, width, order=(0, 2, 1, 3)):
        """[1, length, heads * width] as [1, heads, length, width], or in another order."""
        return self.transpose(self.reshape(x, 1, length, heads, width), *order)

    def joined(self, x, length, width):
        """[1, heads, length, w] as [1, length, width]."""
        return self.reshape(self.transpose(x, 0, 2, 1, 3), 1, length, width)
