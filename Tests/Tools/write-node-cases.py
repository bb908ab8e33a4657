#!/usr/bin/env python3
"""Writes the operator cases of the ONNX backend suite as folders that `apus verify` reads.

Newer onnx packages make these cases in memory instead of shipping them as files.
    usage: write-node-cases.py FOLDER
"""

import sys
from pathlib import Path

from onnx import TensorProto, numpy_helper
from onnx.backend.test.case.node import collect_testcases


def write(case, folder):
    """Writes one case; those with sequences, maps or absent values have no tensor files."""
    (folder / "model.onnx").write_bytes(case.model.SerializeToString())
    names = ([i.name for i in case.model.graph.input], [o.name for o in case.model.graph.output])
    for number, data_set in enumerate(case.data_sets):
        place = folder / f"test_data_set_{number}"
        place.mkdir()
        for kind, tensors, labels in zip(("input", "output"), data_set, names):
            for index, value in enumerate(tensors):
                if not isinstance(value, TensorProto):
                    if isinstance(value, (list, dict)) or value is None:
                        continue
                    value = numpy_helper.from_array(value, labels[index])
                (place / f"{kind}_{index}.pb").write_bytes(value.SerializeToString())


def main(target):
    for case in sorted(collect_testcases(op_type=None), key=lambda case: case.name):
        folder = target / case.name
        folder.mkdir(parents=True)
        write(case, folder)


main(Path(sys.argv[1]))
