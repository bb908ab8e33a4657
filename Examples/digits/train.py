#!/usr/bin/env python3
"""Trains the digits network and writes digits.onnx, the images of calibration and of tests.

Deterministic: fixed seeds and one BLAS thread. Takes about ten seconds.
    usage: train.py [output folder]
"""

import os
import struct
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

from network import Adam, Conv, Dense, Flatten, MaxPool, Relu, backward, forward, softmax

SEED = 8
EPOCHS = 40
BATCH = 32
RATE = 2e-3
CALIBRATION = 64


def split():
    """The data set as (pixels 0...16, labels), first the training part, then the held-out fifth."""
    digits = load_digits()
    order = np.random.default_rng(2026).permutation(len(digits.target))
    pixels, labels = digits.images[order].astype("u1"), digits.target[order].astype("i8")
    held_out = len(order) // 5
    return (pixels[held_out:], labels[held_out:]), (pixels[:held_out], labels[:held_out])


def as_input(pixels):
    """Pixels 0...16 as the float32 [N,1,8,8] that the network takes."""
    return (pixels.astype("f4") / 16)[:, None]


def shifted(rng, x):
    """Each image moved by at most one pixel along each axis."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    moves = rng.integers(0, 3, (len(x), 2))
    return np.stack([p[:, i : i + 8, j : j + 8] for p, (i, j) in zip(padded, moves)])


def train(pixels, labels):
    """The trained layers."""
    rng = np.random.default_rng(SEED)
    layers = [
        Conv(rng, 1, 16), Relu(), Conv(rng, 16, 32), Relu(), MaxPool(), Flatten(),
        Dense(rng, 512, 10),
    ]
    optimizer, targets = Adam(layers), np.eye(10, dtype="f4")[labels]
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(pixels))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            x = shifted(rng, as_input(pixels[rows]))
            gradient = softmax(forward(layers, x)) - targets[rows]
            backward(layers, (gradient / len(rows)).astype("f4"))
            optimizer.step(rate)
    return layers


def accuracy(layers, pixels, labels):
    """The share of images whose most probable class is the label."""
    return (forward(layers, as_input(pixels)).argmax(1) == labels).mean()


def model(layers):
    """The network as an ONNX model, opset 17, with a symbolic batch."""
    named = {"conv1": layers[0], "conv2": layers[2], "dense": layers[6]}
    weights = [
        numpy_helper.from_array(np.ascontiguousarray(array), f"{name}.{kind}")
        for name, layer in named.items()
        for kind, array in (("weight", layer.weight), ("bias", layer.bias))
    ]

    def conv(name, source, target):
        inputs = [source, f"{name}.weight", f"{name}.bias"]
        attributes = {"kernel_shape": [3, 3], "pads": [1] * 4, "strides": [1, 1],
                      "dilations": [1, 1], "group": 1}
        return helper.make_node("Conv", inputs, [target], f"/{name}/Conv", **attributes)

    nodes = [
        conv("conv1", "image", "conv1.out"),
        helper.make_node("Relu", ["conv1.out"], ["relu1.out"], "/relu1/Relu"),
        conv("conv2", "relu1.out", "conv2.out"),
        helper.make_node("Relu", ["conv2.out"], ["relu2.out"], "/relu2/Relu"),
        helper.make_node("MaxPool", ["relu2.out"], ["pool.out"], "/pool/MaxPool",
                         kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["pool.out"], ["flat"], "/flatten/Flatten", axis=1),
        helper.make_node("Gemm", ["flat", "dense.weight", "dense.bias"], ["logits"],
                         "/dense/Gemm", alpha=1.0, beta=1.0, transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], "/Softmax", axis=-1),
    ]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])],
        weights)
    result = helper.make_model(
        graph, ir_version=8, producer_name="digits/train.py",
        opset_imports=[helper.make_opsetid("", 17)])
    onnx.checker.check_model(result, full_check=True)
    return result


def write_images(path, pixels, labels):
    """Little-endian u32 count, height, width after the magic; then per image pixels and label."""
    with open(path, "wb") as file:
        file.write(b"DIGITS01" + struct.pack("<III", *pixels.shape))
        for image, label in zip(pixels, labels):
            file.write(image.tobytes() + bytes([label]))


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    training, (pixels, labels) = split()
    layers = train(*training)
    print(f"training {accuracy(layers, *training):.4f}")
    print(f"held out {accuracy(layers, pixels, labels):.4f} of {len(labels)} images")
    onnx.save(model(layers), folder / "digits.onnx")
    np.savez(folder / "calibration-images.npz", image=as_input(training[0][:CALIBRATION]))
    image = as_input(pixels)
    probabilities = softmax(forward(layers, image)).astype("f4")
    arrays = {"in:image": image, "out:probabilities": probabilities, "label": labels}
    np.savez(folder / "test-images.npz", **arrays)
    write_images(folder / "test-images.bin", pixels, labels)


if __name__ == "__main__":
    main()
