"""Transformers that read a whole sequence: Devlin et al. 2018, Radford et al. 2022."""

import numpy as np

LOWEST = np.finfo("f4").min


def bert(b, layers, width, heads, length=128):
    """BERT and its like: embeddings of words, kinds and places; normalization after each block."""
    ids = b.input("input_ids", b.rng.integers(0, 1000, (1, length)))
    mask = b.input("attention_mask", np.ones((1, length), "i8"))
    kinds = b.input("token_type_ids", np.zeros((1, length), "i8"))
    x = b.add("Gather", b.weights((1000, width), 1, 1.0), ids)
    x = b.add("Add", x, b.add("Gather", b.weights((2, width), 1, 0.1), kinds))
    x = b.add("Add", x, b.weights((1, length, width), 1, 0.1))
    x = b.layer_normalized(x, width, 1e-12)
    mask = b.add("Cast", b.unsqueeze(mask, 1, 2), to=1)
    mask = b.add("Mul", b.add("Sub", b.number(1), mask), b.number(LOWEST))
    for _ in range(layers):
        query, key, value = (
            b.heads(b.linear(x, width, width), length, heads, width // heads, order)
            for order in ((0, 2, 1, 3), (0, 2, 3, 1), (0, 2, 1, 3)))
        scores = b.add("Div", b.add("MatMul", query, key), b.number(np.sqrt(width / heads)))
        scores = b.add("Softmax", b.add("Add", scores, mask), axis=-1)
        y = b.joined(b.add("MatMul", scores, value), length, width)
        x = b.layer_normalized(b.add("Add", x, b.linear(y, width, width)), width, 1e-12)
        y = b.linear(b.gelu(b.linear(x, width, 4 * width)), 4 * width, width)
        x = b.layer_normalized(b.add("Add", x, y), width, 1e-12)
    return [x]


def whisper(b, layers=4, width=384, heads=6, length=1500):
    """The tiny Whisper's encoder of 30 seconds: two convolutions, normalization before blocks."""
    x = b.input("mel", b.noise(1, 80, 2 * length))
    for channels, stride in ((80, 1), (width, 2)):
        x = b.gelu(b.convolution(x, channels, width, 3, stride, rank=1))
    x = b.add("Add", b.transpose(x, 0, 2, 1), b.weights((length, width), 1, 0.1))
    for _ in range(layers):
        y = b.layer_normalized(x, width)
        split = lambda value, *order: b.heads(value, length, heads, width // heads, order)
        query = b.add("Mul", b.linear(y, width, width), b.number((width / heads) ** -0.5))
        key = split(b.linear(y, width, width, bias=False), 0, 2, 3, 1)
        value = split(b.linear(y, width, width), 0, 2, 1, 3)
        scores = b.add("MatMul", split(query, 0, 2, 1, 3), key)
        y = b.add("MatMul", b.add("Softmax", scores, axis=-1), value)
        x = b.add("Add", x, b.linear(b.joined(y, length, width), width, width, 0.5))
        y = b.gelu(b.linear(b.layer_normalized(x, width), width, 4 * width))
        x = b.add("Add", x, b.linear(y, 4 * width, width, 0.5))
    return [b.layer_normalized(x, width)]
