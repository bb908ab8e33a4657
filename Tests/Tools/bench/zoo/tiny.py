"""The four models of MLPerf Tiny (Banbury et al. 2021), in float."""


def probabilities(b, x, channels, classes, sides):
    x = b.add("AveragePool", x, kernel_shape=sides, strides=sides)
    return [b.add("Softmax", b.dense(b.reshape(x, 1, channels), channels, classes), axis=1)]


def separable(b, x, channels, features, stride=1):
    x = b.add("Relu", b.convolution(x, channels, channels, 3, stride, groups=channels))
    return b.add("Relu", b.convolution(x, channels, features))


def resnet8(b):
    """Classifies images; batch normalization as nodes of its own."""
    layer = lambda x, channels, features, size, stride=1: b.batch_normalized(
        b.convolution(x, channels, features, size, stride), features)
    x, channels = b.add("Relu", layer(b.input("image", b.noise(1, 3, 32, 32)), 3, 16, 3)), 16
    for features, stride in ((16, 1), (32, 2), (64, 2)):
        y = b.add("Relu", layer(x, channels, features, 3, stride))
        y = layer(y, features, features, 3)
        if stride > 1:
            x = b.convolution(x, channels, features, 1, stride)
        x, channels = b.add("Relu", b.add("Add", x, y)), features
    return probabilities(b, x, 64, 10, [8, 8])


def dscnn(b):
    """Spots keywords in 49 frames of 10 coefficients."""
    x = b.input("frames", b.noise(1, 1, 49, 10))
    x = b.add("Relu", b.convolution(x, 1, 64, (10, 4), 2, pads=[4, 1, 5, 1]))
    for _ in range(4):
        x = separable(b, x, 64, 64)
    return probabilities(b, x, 64, 12, [25, 5])


def vww(b):
    """Says whether a person is in the image: MobileNet of a quarter's width."""
    x, channels = b.input("image", b.noise(1, 3, 96, 96)), 8
    x = b.add("Relu", b.convolution(x, 3, channels, 3, 2))
    stages = ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2),
              (256, 1))
    for features, stride in stages:
        x, channels = separable(b, x, channels, features, stride), features
    return probabilities(b, x, 256, 2, [3, 3])


def autoencoder(b):
    """Tells whether a machine sounds odd."""
    x, width = b.input("frames", b.noise(1, 640)), 640
    for features in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x, width = b.add("Relu", b.dense(x, width, features, gain=2.0)), features
    return [b.dense(x, width, 640)]
