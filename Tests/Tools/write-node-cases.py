#!/usr/bin/env python3
"""Writes the operator cases of the ONNX backend suite as folders that `apus verify` reads.

Newer onnx packages make these cases in memory instead of shipping them as files.
    usage: write-node-cases.py FOLDER
"""

import sys
from pathlib import Path

from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases


def message(value, info):
    """The protobuf message that holds a value of the type which a model declares."""
    if isinstance(value, TensorProto):
        return value
    if info.type.HasField("sequence_type"):
        return numpy_helper.from_list(value, info.name)
    if info.type.HasField("optional_type"):
        return numpy_helper.from_optional(value, info.name)
    return numpy_helper.from_array(value, info.name)


def write(case, folder):
    """Writes one case: each value is a TensorProto, SequenceProto or OptionalProto as declared."""
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for number, data_set in enumerate(case.data_sets):
        place = folder / f"test_data_set_{number}"
        place.mkdir()
        for kind, values, infos in zip(("input", "output"), data_set, (graph.input, graph.output)):
            for index, value in enumerate(values):
                name = place / f"{kind}_{index}.pb"
                name.write_bytes(message(value, infos[index]).SerializeToString())


def main(target):
    for case in sorted(collect_testcases(op_type=None), key=lambda case: case.name):
        folder = target / case.name
        folder.mkdir(parents=True)
        write(case, folder)


main(Path(sys.argv[1]))
