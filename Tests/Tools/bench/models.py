#!/usr/bin/env python3
"""Writes the models that are timed: well-known shapes with seeded random weights.

    usage: models.py FOLDER [NAME ...]
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Builder:
    """A graph under construction; every method adds nodes and returns the name of a value."""

    def __init__(self, seed):
        self.nodes, self.constants, self.rng = [], [], np.random.default_rng(seed)

    def add(self, operator, *inputs, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def weights(self, shape, fan_in, gain=2.0):
        scale = np.float32(np.sqrt(gain / fan_in))
        return self.constant(self.rng.standard_normal(shape, dtype="f4") * scale)

    def near(self, centre, count, spread=0.1):
        noise = self.rng.standard_normal(count, dtype="f4")
        return self.constant(np.float32(centre) + np.float32(spread) * noise)

    def convolution(self, x, channels, features, size=1, stride=1, groups=1, gain=2.0):
        """A convolution with a bias, which is what one with normalization folded in becomes."""
        fan_in = channels // groups * size * size
        weights = self.weights((features, channels // groups, size, size), fan_in, gain)
        return self.add("Conv", x, weights, self.near(0, features), group=groups,
                        kernel_shape=[size] * 2, strides=[stride] * 2, pads=[size // 2] * 4)

    def linear(self, x, inputs, outputs, gain=1.0):
        product = self.add("MatMul", x, self.weights((inputs, outputs), inputs, gain))
        return self.add("Add", product, self.near(0, outputs))

    def classifier(self, x, channels):
        x = self.add("Flatten", self.add("GlobalAveragePool", x), axis=1)
        return self.add("Gemm", x, self.weights((1000, channels), channels, 1.0),
                        self.near(0, 1000), transB=1)

    def model(self, name, inputs, output, shape):
        ports = [helper.make_tensor_value_info(n, kind, dims) for n, kind, dims in inputs]
        self.nodes[-1].output[0] = "output"
        assert output == self.nodes[-1].name
        result = helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, name, ports, [result], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return model


def matmul512():
    b, side = Builder(1), [512, 512]
    ports = [(name, TensorProto.FLOAT, side) for name in "ab"]
    return b.model("matmul512", ports, b.add("MatMul", "a", "b"), side)


def resnet50():
    b, channels = Builder(2), 64
    x = b.add("Relu", b.convolution("image", 3, 64, 7, 2))
    x = b.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for stage, (width, count) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for block in range(count):
            stride = 2 if stage > 0 and block == 0 else 1
            y = b.add("Relu", b.convolution(x, channels, width))
            y = b.add("Relu", b.convolution(y, width, width, 3, stride))
            y = b.convolution(y, width, 4 * width, gain=0.5)
            if block == 0:
                x = b.convolution(x, channels, 4 * width, 1, stride, gain=1.0)
            x, channels = b.add("Relu", b.add("Add", y, x)), 4 * width
    image = [("image", TensorProto.FLOAT, [1, 3, 224, 224])]
    return b.model("resnet50", image, b.classifier(x, channels), [1, 1000])


def mobilenetv2():
    b, channels = Builder(3), 32
    low, high = b.constant(np.float32(0)), b.constant(np.float32(6))
    relu6 = lambda value: b.add("Clip", value, low, high)
    x = relu6(b.convolution("image", 3, 32, 3, 2))
    stages = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
              (6, 160, 3, 2), (6, 320, 1, 1))
    for expansion, features, count, first_stride in stages:
        for block in range(count):
            stride, width = first_stride if block == 0 else 1, channels * expansion
            y = relu6(b.convolution(x, channels, width)) if expansion > 1 else x
            y = relu6(b.convolution(y, width, width, 3, stride, groups=width))
            y = b.convolution(y, width, features, gain=1.0)
            x = b.add("Add", x, y) if block > 0 else y
            channels = features
    x = relu6(b.convolution(x, channels, 1280))
    image = [("image", TensorProto.FLOAT, [1, 3, 224, 224])]
    return b.model("mobilenetv2", image, b.classifier(x, 1280), [1, 1000])


def attention(b, x, width, heads, length):
    """Attention of several heads without a mask, its projection included."""
    split = b.constant(np.array([1, length, heads, width // heads]))
    query, key, value = (
        b.add("Transpose", b.add("Reshape", b.linear(x, width, width), split), perm=order)
        for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
    scale = b.constant(np.float32(np.sqrt(width / heads)))
    scores = b.add("Softmax", b.add("Div", b.add("MatMul", query, key), scale), axis=-1)
    mixed = b.add("Transpose", b.add("MatMul", scores, value), perm=[0, 2, 1, 3])
    joined = b.add("Reshape", mixed, b.constant(np.array([1, length, width])))
    return b.linear(joined, width, width)


def bert_base_s128(layers=12, width=768, heads=12, length=128, vocabulary=1000):
    b = Builder(4)

    def normalized(value):
        return b.add("LayerNormalization", value, b.near(1, width), b.near(0, width), axis=-1,
                     epsilon=1e-12)

    words = b.add("Gather", b.weights((vocabulary, width), 1, 1.0), "ids")
    x = normalized(b.add("Add", words, b.weights((1, length, width), 1, 0.1)))
    root, one, half = (b.constant(np.float32(v)) for v in (np.sqrt(2), 1, 0.5))
    for _ in range(layers):
        x = normalized(b.add("Add", x, attention(b, x, width, heads, length)))
        y = b.linear(x, width, 4 * width)
        bell = b.add("Add", b.add("Erf", b.add("Div", y, root)), one)
        y = b.add("Mul", b.add("Mul", y, bell), half)
        x = normalized(b.add("Add", x, b.linear(y, 4 * width, width)))
    ids = [("ids", TensorProto.INT64, [1, length])]
    return b.model("bert_base_s128", ids, x, [1, length, width])


MODELS = {make.__name__: make for make in (matmul512, resnet50, mobilenetv2, bert_base_s128)}


def write(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(MODELS[name](), folder / f"{name}.onnx")


def main():
    for name in sys.argv[2:] or MODELS:
        write(Path(sys.argv[1]), name)


if __name__ == "__main__":
    main()
