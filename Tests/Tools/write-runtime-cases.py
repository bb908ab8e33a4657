#!/usr/bin/env python3
"""Writes cases that the ONNX backend suite leaves out, with the outputs of onnxruntime.

Each case is a folder that `apus verify` reads; all numbers come from one seed.
    usage: write-runtime-cases.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(1)
ML = "ai.onnx.ml"


def real(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


class Writer:
    """Writes one case per call into a folder."""

    def __init__(self, target):
        self.target = target

    def __call__(self, name, operator, inputs, outputs=1, constants=(), opset=17, **attributes):
        """One node; `inputs` are arrays, or None for what is left out, `constants` their places."""
        names = [f"x{i}" if value is not None else "" for i, value in enumerate(inputs)]
        domain, _, kind = operator.rpartition(":")
        node = helper.make_node(kind, names, [f"y{i}" for i in range(outputs)], domain=domain,
                                **attributes)
        given = {names[i]: value for i, value in enumerate(inputs)
                 if value is not None and i not in constants}
        graph = helper.make_graph(
            [node], name,
            [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
             for n, v in given.items()],
            [helper.make_empty_tensor_value_info(n) for n in node.output],
            [numpy_helper.from_array(inputs[i], names[i]) for i in constants])
        versions = [helper.make_opsetid("", opset)]
        if domain:
            versions.append(helper.make_opsetid(domain, 3 if domain == ML else 1))
        model = helper.make_model(graph, opset_imports=versions, ir_version=8)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        results = session.run(None, given)
        del model.graph.output[:]
        for output, result in zip(node.output, results):
            kind = helper.np_dtype_to_tensor_dtype(result.dtype)
            model.graph.output.append(helper.make_tensor_value_info(output, kind, result.shape))
        place = self.target / name / "test_data_set_0"
        place.mkdir(parents=True)
        (self.target / name / "model.onnx").write_bytes(model.SerializeToString())
        for kind, arrays in (("input", given.values()), ("output", results)):
            for index, array in enumerate(arrays):
                tensor = numpy_helper.from_array(array)
                (place / f"{kind}_{index}.pb").write_bytes(tensor.SerializeToString())


def write_recurrent(write):
    """Recurrent layers over sequences of different lengths."""
    steps, batch, width, hidden = 5, 4, 3, 2
    lengths = np.array([5, 1, 3, 4], np.int32)
    for kind, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        for direction in ("forward", "reverse", "bidirectional"):
            ways = 2 if direction == "bidirectional" else 1
            states = [real(ways, batch, hidden)] * (2 if kind == "LSTM" else 1)
            peeps = [real(ways, 3 * hidden)] if kind == "LSTM" else []
            inputs = [real(steps, batch, width), real(ways, gates * hidden, width),
                      real(ways, gates * hidden, hidden), real(ways, 2 * gates * hidden), lengths]
            more = {"linear_before_reset": 1} if kind == "GRU" and ways == 2 else {}
            write(f"{kind.lower()}_lengths_{direction}", kind, inputs + states + peeps,
                  outputs=3 if kind == "LSTM" else 2, constants=(1, 2, 3),
                  hidden_size=hidden, direction=direction, **more)


def write_determinants(write):
    """Determinants that need their rows swapped, and those that vanish."""
    matrices = real(2, 3, 5, 5)
    matrices[0, 0, 0, 0] = 0
    matrices[1, 1, 3] = matrices[1, 1, 2]
    write("det_5x5", "Det", [matrices])
    write("det_1x1", "Det", [real(4, 1, 1)])


def write_signals(write):
    """Filter banks of speech front ends."""
    for name, bins, length, low, high in (("narrow", 8, 64, 20, 4000), ("wide", 40, 512, 0, 8000)):
        numbers = [np.array(bins), np.array(length), np.array(16000), np.float32(low), np.float32(high)]
        write(f"mel_{name}", "MelWeightMatrix", [np.array(number) for number in numbers],
              constants=(0, 1))


def main(target):
    write = Writer(target)
    write_recurrent(write)
    write_determinants(write)
    write_signals(write)


main(Path(sys.argv[1]))
