"""Mamba (Gu and Dao 2023): selective state spaces, the loop as Scan or unrolled."""

import numpy as np

from .builder import Builder


def scanned(b, decay, step, read, length, width, states):
    """y[t] = h[t] read[t] with h[t] = decay[t] h[t-1] + step[t], as a Scan along axis 1."""
    body = Builder(0, prefix=f"body{len(b.nodes)}_")
    blank = lambda *shape: np.zeros(shape, "f4")
    h, a, s = (body.input(f"{body.prefix}{n}", blank(1, width, states)) for n in "has")
    c = body.input(f"{body.prefix}c", blank(1, states))
    h = body.add("Add", body.add("Mul", h, a), s)
    y = body.add("Squeeze", body.add("MatMul", h, body.unsqueeze(c, 2)), body.whole(2))
    start = b.constant(blank(1, width, states))
    _, y = b.add("Scan", start, decay, step, read, count=2, body=body.graph("body", [h, y]),
                 num_scan_inputs=3, scan_input_axes=[1, 1, 1], scan_output_axes=[1])
    return y


def unrolled(b, decay, step, read, length, width, states):
    """The same, one step's nodes after the other's."""
    h, results = b.constant(np.zeros((1, width, states), "f4")), []
    for t in range(length):
        a, s, c = (b.add("Gather", x, b.constant(np.int64(t)), axis=1)
                   for x in (decay, step, read))
        h = b.add("Add", b.add("Mul", h, a), s)
        results.append(b.unsqueeze(b.add("MatMul", h, b.unsqueeze(c, 2)), 1))
    return b.reshape(b.add("Concat", *results, axis=1), 1, length, width)


def mamba(b, loop, layers=2, length=64, width=256, states=16, rank=16, window=4):
    inner, x = 2 * width, b.input("sequence", b.noise(1, length, width))
    rates = -np.tile(np.arange(1, states + 1, dtype="f4"), (inner, 1))
    for _ in range(layers):
        y = b.linear(b.root_mean_normalized(x, width), width, 2 * inner, bias=False)
        u, gate = b.split(y, inner, inner, axis=2)
        u = b.convolution(b.transpose(u, 0, 2, 1), inner, inner, window, groups=inner,
                          pads=[window - 1, 0], rank=1)
        u = b.silu(b.transpose(u, 0, 2, 1))
        y = b.linear(u, inner, rank + 2 * states, bias=False)
        delta, write, read = b.split(y, rank, states, states, axis=2)
        delta = b.add("Softplus", b.linear(delta, rank, inner, 0.1))
        decay = b.add("Exp", b.add("Mul", b.unsqueeze(delta, 3), b.constant(rates)))
        step = b.add("Mul", b.unsqueeze(b.add("Mul", delta, u), 3), b.unsqueeze(write, 2))
        y = loop(b, decay, step, read, length, inner, states)
        y = b.add("Mul", b.add("Add", y, b.add("Mul", u, b.near(1, inner))), b.silu(gate))
        x = b.add("Add", x, b.linear(y, inner, width, 0.5, bias=False))
    return [b.root_mean_normalized(x, width)]
