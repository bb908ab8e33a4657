"""Classifiers of images: He et al. 2015, Sandler et al. 2018, Tan and Le 2019."""

SILU = 2.8  # the gain that keeps the variance of activations through SiLU


def resnet50(b):
    x, channels = b.input("image", b.noise(1, 3, 224, 224)), 64
    x = b.add("Relu", b.convolution(x, 3, 64, 7, 2))
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
    return [b.classifier(x, channels, 1000)]


def mobilenetv2(b):
    channels, low, high = 32, b.number(0), b.number(6)
    relu6 = lambda value: b.add("Clip", value, low, high)
    x = relu6(b.convolution(b.input("image", b.noise(1, 3, 224, 224)), 3, 32, 3, 2))
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
    return [b.classifier(relu6(b.convolution(x, channels, 1280)), 1280, 1000)]


def efficientnet_b0(b):
    """With batch normalization as nodes of its own, as a training framework may leave it."""
    def layer(x, channels, features, *size, gain=SILU, **options):
        x = b.convolution(x, channels, features, *size, gain=gain, **options)
        return b.batch_normalized(x, features)

    def squeezed(x, width, inner):
        y = b.silu(b.convolution(b.add("GlobalAveragePool", x), width, inner, gain=1.0))
        return b.add("Mul", x, b.add("Sigmoid", b.convolution(y, inner, width, gain=1.0)))

    x, channels = b.silu(layer(b.input("image", b.noise(1, 3, 224, 224)), 3, 32, 3, 2)), 32
    stages = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3),
              (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))
    for expansion, features, count, first_stride, size in stages:
        for block in range(count):
            stride, width = first_stride if block == 0 else 1, channels * expansion
            y = b.silu(layer(x, channels, width)) if expansion > 1 else x
            y = b.silu(layer(y, width, width, size, stride, groups=width))
            y = layer(squeezed(y, width, channels // 4), width, features, gain=1.7)
            x = b.add("Add", y, x) if block > 0 else y
            channels = features
    return [b.classifier(b.silu(layer(x, channels, 1280)), 1280, 1000)]
