"""Transformers that write: Radford et al. 2019, Touvron et al. 2023, keys and values kept outside.

Outputs are the logits, then the keys and values of each layer, the new ones appended.
"""

import numpy as np

LOWEST = np.finfo("f4").min
END = np.iinfo("i8").max


def remembered(b, kind, layer, new, heads, past, width):
    """Keys or values: those of the past, an input, and the new ones."""
    if past == 0:
        return new
    old = b.input(f"past_{kind}_{layer}", b.noise(1, heads, past, width))
    return b.add("Concat", old, new, axis=2)


def gpt2(b, past=256, layers=12, width=768, heads=12, vocabulary=50257):
    """One token's step of GPT-2 of 124 million parameters."""
    one, kept = width // heads, []
    ids = b.input("input_ids", b.rng.integers(0, 1000, (1, 1)))
    place = b.input("position_ids", np.full((1, 1), past, "i8"))
    mask = b.input("attention_mask", np.ones((1, past + 1), "i8"))
    mask = b.add("Cast", b.unsqueeze(mask, 1, 2), to=1)
    mask = b.add("Mul", b.add("Sub", b.number(1), mask), b.number(LOWEST))
    x = b.add("Add", b.add("Gather", b.weights((1000, width), 1, 0.1), ids),
              b.add("Gather", b.weights((1024, width), 1, 0.01), place))

    def dense(value, inputs, outputs, gain=1.0):
        weights = b.weights((inputs, outputs), inputs, gain)
        value = b.add("Gemm", b.reshape(value, -1, inputs), weights, b.near(0, outputs))
        return b.reshape(value, 1, 1, outputs)

    def gelu(value):
        cube = b.add("Mul", b.add("Pow", value, b.number(3)), b.number(0.044715))
        inner = b.add("Mul", b.add("Add", value, cube), b.number(np.sqrt(2 / np.pi)))
        bell = b.add("Add", b.add("Tanh", inner), b.number(1))
        return b.add("Mul", b.add("Mul", value, b.number(0.5)), bell)

    for layer in range(layers):
        y = dense(b.layer_normalized(x, width), width, 3 * width)
        query, key, value = (b.heads(t, 1, heads, one)
                             for t in b.split(y, width, width, width, axis=2))
        key = remembered(b, "key", layer, key, heads, past, one)
        value = remembered(b, "value", layer, value, heads, past, one)
        kept += [key, value]
        scores = b.add("MatMul", query, b.transpose(key, 0, 1, 3, 2))
        scores = b.add("Add", b.add("Div", scores, b.number(np.sqrt(one))), mask)
        y = b.add("MatMul", b.add("Softmax", scores, axis=-1), value)
        x = b.add("Add", x, dense(b.joined(y, 1, width), width, width, 0.5))
        y = gelu(dense(b.layer_normalized(x, width), width, 4 * width))
        x = b.add("Add", x, dense(y, 4 * width, width, 0.5))
    return [b.linear(b.layer_normalized(x, width), width, vocabulary, bias=False), *kept]


def rotation(b, places, width):
    """The cosines and sines of rotary embedding (Su et al. 2021), [1, 1, length, width]."""
    rates = b.constant(np.float32(10000.0 ** (-np.arange(0, width, 2) / width))[None, :, None])
    places = b.add("Cast", b.unsqueeze(places, 1), to=1)
    angles = b.transpose(b.add("MatMul", rates, places), 0, 2, 1)
    angles = b.unsqueeze(b.add("Concat", angles, angles, axis=-1), 1)
    return b.add("Cos", angles), b.add("Sin", angles)


def rotated(b, x, cosines, sines, width):
    low, high = b.part(x, 0, width // 2, 3), b.part(x, width // 2, END, 3)
    turned = b.add("Concat", b.add("Neg", high), low, axis=-1)
    return b.add("Add", b.add("Mul", x, cosines), b.add("Mul", turned, sines))


def llama(b, length, past, layers=4, width=1024, heads=16, groups=4, inner=2816, vocabulary=8192):
    """The first step over a prompt (without a past) or one token's step; grouped queries."""
    one, total, kept = width // heads, past + length, []
    ids = b.input("input_ids", b.rng.integers(0, 1000, (1, length)))
    places = b.input("position_ids", np.arange(past, total)[None])
    x = b.add("Gather", b.weights((1000, width), 1, 0.25), ids)
    turn = (*rotation(b, places, one), one)
    future = np.triu(np.full((1, 1, length, total), LOWEST), 1 + past)
    linear = lambda *layer, gain=1.0: b.linear(*layer, gain, bias=False)

    def repeated(t):
        shape = (1, groups, heads // groups, total, one)
        t = b.add("Expand", b.unsqueeze(t, 2), b.whole(*shape))
        return b.reshape(t, 1, heads, total, one)

    for layer in range(layers):
        y = b.root_mean_normalized(x, width)
        query = rotated(b, b.heads(linear(y, width, width), length, heads, one), *turn)
        key, value = (b.heads(linear(y, width, groups * one), length, groups, one)
                      for _ in range(2))
        key = remembered(b, "key", layer, rotated(b, key, *turn), groups, past, one)
        value = remembered(b, "value", layer, value, groups, past, one)
        kept += [key, value]
        scores = b.add("MatMul", query, b.transpose(repeated(key), 0, 1, 3, 2))
        scores = b.add("Div", scores, b.number(np.sqrt(one)))
        if length > 1:
            scores = b.add("Add", scores, b.constant(future))
        y = b.add("MatMul", b.add("Softmax", scores, axis=-1), repeated(value))
        x = b.add("Add", x, linear(b.joined(y, length, width), width, width, gain=0.5))
        y = b.root_mean_normalized(x, width)
        gate, up = b.silu(linear(y, width, inner)), linear(y, width, inner)
        x = b.add("Add", x, linear(b.add("Mul", gate, up), inner, width, gain=0.5))
    return [linear(b.root_mean_normalized(x, width), width, vocabulary), *kept]
