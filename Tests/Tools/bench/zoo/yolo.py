"""YOLOv8n, a detector of 80 classes at 320 x 320, its boxes decoded (Jocher et al. 2023)."""

import numpy as np

SIDE, CLASSES, BINS = 320, 80, 16


def layer(b, x, channels, features, size=1, stride=1, gain=2.8):
    return b.silu(b.convolution(x, channels, features, size, stride, gain=gain))


def bottlenecks(b, x, channels, features, count, residual):
    """Two halves, one of which goes through a chain of blocks; every stage is kept."""
    half = features // 2
    parts = list(b.split(layer(b, x, channels, features), half, half, axis=1))
    for _ in range(count):
        y = layer(b, layer(b, parts[-1], half, half, 3), half, half, 3, gain=1.0)
        parts.append(b.add("Add", parts[-1], y) if residual else y)
    return layer(b, b.add("Concat", *parts, axis=1), (2 + count) * half, features)


def pooled(b, x, channels):
    """Spatial pyramid pooling by three windows of 5 in a row."""
    parts = [layer(b, x, channels, channels // 2)]
    for _ in range(3):
        parts.append(b.add("MaxPool", parts[-1], kernel_shape=[5, 5], strides=[1, 1],
                           pads=[2] * 4))
    return layer(b, b.add("Concat", *parts, axis=1), 2 * channels, channels)


def merged(b, x, channels, other, features, resize):
    x = b.add("Concat", resize(x), other, axis=1)
    return bottlenecks(b, x, channels, features, 1, False)


def pyramid(b, image):
    """Features of 64, 128 and 256 channels at an 8th, a 16th and a 32nd of the image's side."""
    doubled = lambda x: b.add("Resize", x, "", b.constant(np.array([1, 1, 2, 2], "f4")),
                              mode="nearest", nearest_mode="floor",
                              coordinate_transformation_mode="asymmetric")
    halved = lambda width: lambda x: layer(b, x, width, width, 3, 2)
    x, levels = layer(b, image, 3, 16, 3, 2), []
    for features, count in ((32, 1), (64, 2), (128, 2), (256, 1)):
        x = layer(b, x, features // 2, features, 3, 2)
        x = bottlenecks(b, x, features, features, count, True)
        levels.append(x)
    fine, middle, coarse = levels[1], levels[2], pooled(b, x, 256)
    inner = merged(b, coarse, 384, middle, 128, doubled)
    fine = merged(b, inner, 192, fine, 64, doubled)
    middle = merged(b, fine, 192, inner, 128, halved(64))
    return fine, middle, merged(b, middle, 384, coarse, 256, halved(128))


def yolov8n(b):
    outputs, centres, strides = [], [], []
    levels = pyramid(b, b.input("image", b.noise(1, 3, SIDE, SIDE)))
    for x, channels, stride in zip(levels, (64, 128, 256), (8, 16, 32)):
        heads = [b.convolution(layer(b, layer(b, x, channels, width, 3), width, width, 3), width,
                               features, gain=1.0)
                 for width, features in ((64, 4 * BINS), (80, CLASSES))]
        outputs.append(b.reshape(b.add("Concat", *heads, axis=1), 1, 4 * BINS + CLASSES, -1))
        rows, columns = np.indices([SIDE // stride] * 2, "f4").reshape(2, -1) + np.float32(0.5)
        centres.append(np.stack([columns, rows]))
        strides.append(np.full(rows.size, stride, "f4"))
    centres, strides = b.constant(np.concatenate(centres, 1)[None]), np.concatenate(strides)
    boxes, classes = b.split(b.add("Concat", *outputs, axis=2), 4 * BINS, CLASSES, axis=1)
    boxes = b.transpose(b.reshape(boxes, 1, 4, BINS, strides.size), 0, 2, 1, 3)
    bins = b.constant(np.arange(BINS, dtype="f4").reshape(1, BINS, 1, 1))
    boxes = b.add("Conv", b.add("Softmax", boxes, axis=1), bins, kernel_shape=[1, 1])
    near, far = b.split(b.reshape(boxes, 1, 4, strides.size), 2, 2, axis=1)
    low, high = b.add("Sub", centres, near), b.add("Add", centres, far)
    middle = b.add("Div", b.add("Add", low, high), b.number(2))
    boxes = b.add("Concat", middle, b.add("Sub", high, low), axis=1)
    boxes = b.add("Mul", boxes, b.constant(strides))
    return [b.add("Concat", boxes, b.add("Sigmoid", classes), axis=1)]
