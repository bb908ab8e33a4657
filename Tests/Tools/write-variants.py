#!/usr/bin/env python3
"""Writes variants of the cases below a folder that `apus verify` reads.

`constants` turns the inputs of a case into initializers; `symbolic` calls the leading extent of its
inputs N, where all of them have the same one above 1.
    usage: write-variants.py constants|symbolic FOLDER TARGET
"""

import shutil
import sys
from pathlib import Path

import onnx


def constants(model, data):
    """Moves recorded inputs into the model; whether that was possible."""
    graph = model.graph
    if any(not value.type.HasField("tensor_type") for value in graph.input):
        return False
    fixed = {tensor.name for tensor in graph.initializer}
    for place, value in enumerate(v for v in list(graph.input) if v.name not in fixed):
        file = data / f"input_{place}.pb"
        tensor = onnx.load_tensor(file)
        tensor.name = value.name
        graph.initializer.append(tensor)
        file.unlink()
    del graph.input[:]
    return True


def symbolic(model, _):
    """Names the leading extent of all inputs; whether they have one in common."""
    values = [*model.graph.input, *model.graph.output]
    if any(not value.type.HasField("tensor_type") for value in values):
        return False
    shapes = [value.type.tensor_type.shape.dim for value in model.graph.input]
    if not shapes or any(not shape for shape in shapes):
        return False
    extents = {shape[0].dim_value for shape in shapes}
    if len(extents) > 1 or extents.pop() < 2:
        return False
    for shape in shapes:
        shape[0].dim_param = "N"
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return True


def main(kind, source, target):
    change = {"constants": constants, "symbolic": symbolic}[kind]
    for case in sorted(path.parent for path in source.glob("*/model.onnx")):
        data = case / "test_data_set_0"
        if not data.is_dir() or (case / "test_data_set_1").exists():
            continue
        place = target / case.name
        shutil.copytree(case, place)
        model = onnx.load(place / "model.onnx")
        if change(model, place / "test_data_set_0"):
            (place / "model.onnx").write_bytes(model.SerializeToString())
        else:
            shutil.rmtree(place)


main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
