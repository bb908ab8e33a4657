"""A small convolutional network in numpy: layers with a forward and a backward pass, and Adam."""

import numpy as np


def patches(x):
    """The 3x3 neighbourhoods of x [N,C,H,W], zero padded: [N*H*W, C*9]."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    n, c, h, w = x.shape
    return np.ascontiguousarray(windows.transpose(0, 2, 3, 1, 4, 5)).reshape(n * h * w, c * 9)


class Conv:
    """A 3x3 convolution with bias, stride 1, same size."""

    def __init__(self, rng, channels_in, channels_out):
        scale = np.sqrt(2 / (channels_in * 9))
        self.weight = (rng.standard_normal((channels_out, channels_in, 3, 3)) * scale).astype("f4")
        self.bias = np.zeros(channels_out, "f4")

    def forward(self, x):
        self.shape, self.columns = x.shape, patches(x)
        n, _, h, w = x.shape
        y = self.columns @ self.weight.reshape(len(self.bias), -1).T + self.bias
        return y.reshape(n, h, w, -1).transpose(0, 3, 1, 2)

    def backward(self, gradient):
        rows = gradient.transpose(0, 2, 3, 1).reshape(-1, len(self.bias))
        self.gradients = [(rows.T @ self.columns).reshape(self.weight.shape), rows.sum(0)]
        n, c, h, w = self.shape
        columns = (rows @ self.weight.reshape(len(self.bias), -1)).reshape(n, h, w, c, 3, 3)
        result = np.zeros((n, c, h + 2, w + 2), "f4")
        for i in range(3):
            for j in range(3):
                result[:, :, i : i + h, j : j + w] += columns[..., i, j].transpose(0, 3, 1, 2)
        return result[:, :, 1:-1, 1:-1]


class Dense:
    """y = x W^T + b, as ONNX Gemm with transB."""

    def __init__(self, rng, features_in, features_out):
        scale = np.sqrt(1 / features_in)
        self.weight = (rng.standard_normal((features_out, features_in)) * scale).astype("f4")
        self.bias = np.zeros(features_out, "f4")

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, gradient):
        self.gradients = [gradient.T @ self.x, gradient.sum(0)]
        return gradient @ self.weight


class Relu:
    """max(x, 0)"""

    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, gradient):
        return gradient * self.mask


class MaxPool:
    """The maximum of each 2x2 block."""

    def forward(self, x):
        n, c, h, w = x.shape
        blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
        y = blocks.max((3, 5), keepdims=True)
        self.mask = blocks == y
        self.mask = self.mask / self.mask.sum((3, 5), keepdims=True)
        return y[:, :, :, 0, :, 0]

    def backward(self, gradient):
        n, c, h, w = gradient.shape
        spread = (self.mask * gradient[:, :, :, None, :, None]).astype("f4")
        return spread.reshape(n, c, h * 2, w * 2)


class Flatten:
    """[N, ...] to [N, features]"""

    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, gradient):
        return gradient.reshape(self.shape)


class Adam:
    """Adam with the usual constants (Kingma and Ba, 2014)."""

    def __init__(self, layers):
        self.layers = [layer for layer in layers if hasattr(layer, "weight")]
        parameters = [p for layer in self.layers for p in (layer.weight, layer.bias)]
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
        self.steps = 0

    def step(self, rate):
        self.steps += 1
        scale = rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        pairs = [
            pair
            for layer in self.layers
            for pair in zip((layer.weight, layer.bias), layer.gradients)
        ]
        for (parameter, gradient), (mean, square) in zip(pairs, self.moments):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            parameter -= (scale * mean / (np.sqrt(square) + 1e-8)).astype("f4")


def softmax(x):
    """Softmax over the last axis."""
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def forward(layers, x):
    """The logits of x."""
    for layer in layers:
        x = layer.forward(x)
    return x


def backward(layers, gradient):
    """Leaves the gradients of the parameters in the layers."""
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
