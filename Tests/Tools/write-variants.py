#!/usr/bin/env python3
"""Writes variants of the cases below a folder that `apus verify` reads.

`constants` turns the inputs of a case into initializers; `symbolic` calls the leading extent of its
inputs N, where all of them have the same one above 1; `batch` calls that of the first input N in
cases where they have not.
    usage: write-variants.py constants|symbolic|batch FOLDER TARGET
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


def shapes(model):
    """The extents of all inputs; nothing when inputs or outputs are other than tensors."""
    values = [*model.graph.input, *model.graph.output]
    if any(not value.type.HasField("tensor_type") for value in values):
        return []
    return [value.type.tensor_type.shape.dim for value in model.graph.input]


def share_extent(shapes):
    """Whether all have the same leading extent, above 1."""
    extents = {shape[0].dim_value if shape else 0 for shape in shapes}
    return len(extents) == 1 and extents.pop() > 1


def open_extents(model, extents):
    """Calls extents N, and leaves the shapes of outputs open."""
    for extent in extents:
        extent.dim_param = "N"
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return True


def symbolic(model, _):
    """Names the leading extent of all inputs; whether they have one in common."""
    inputs = shapes(model)
    return share_extent(inputs) and open_extents(model, [shape[0] for shape in inputs])


def batch(model, _):
    """Names the batch of the first input; whether `symbolic` does not do that."""
    inputs = shapes(model)
    axis = 1 if model.graph.node and model.graph.node[0].op_type in ["GRU", "LSTM", "RNN"] else 0
    if not inputs or len(inputs[0]) < 3 or share_extent(inputs):
        return False
    return open_extents(model, [inputs[0][axis]])


def main(kind, source, target):
    change = {"constants": constants, "symbolic": symbolic, "batch": batch}[kind]
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
