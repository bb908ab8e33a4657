#!/usr/bin/env python3
"""Runs a compiled digits network on images and compares with the labels; skips without numpy.

    usage: test.py path/to/digits.so
"""
import sys
from pathlib import Path

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is missing")
    sys.exit(0)

from load import load

images = np.load(Path(__file__).resolve().parent.parent / "digits" / "test-images.npz")
model = load(sys.argv[1], "digits", dims=(64,))
model.inputs[0][...] = images["in:image"][:64]
assert model.status == 0 and model.invoke() == 0
right = np.mean(model.outputs[0].argmax(axis=1) == images["label"][:64])
print(f"ctypes: {right:.1%} of 64 digits")
sys.exit(int(right < 0.95))
