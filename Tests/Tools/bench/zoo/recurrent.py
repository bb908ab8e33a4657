"""Recurrent networks."""


def recurrent(b, kind, gates, layers=2, length=100, inputs=80, hidden=256, **attributes):
    """Layers that read both ways, then a product."""
    x = b.input("frames", b.noise(length, 1, inputs))
    for _ in range(layers):
        weights = b.weights((2, gates * hidden, inputs), inputs, 1.0)
        state = b.weights((2, gates * hidden, hidden), hidden, 1.0)
        bias = b.constant(b.noise(2, 2 * gates * hidden) / 10)
        y, inputs = b.add(kind, x, weights, state, bias, hidden_size=hidden,
                          direction="bidirectional", **attributes), 2 * hidden
        x = b.reshape(b.transpose(y, 0, 2, 1, 3), length, 1, inputs)
    return [b.linear(x, inputs, 32)]
