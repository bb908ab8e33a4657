#!/usr/bin/env python3
"""Compares casts to and from narrow types with the ONNX reference on every number of 16 bits.

    usage: narrow-casts.py path/to/apus FOLDER
Needs numpy, ml_dtypes and onnx.
"""

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference.ops.op_cast import cast_to

FLOATS = ["FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT6E2M3",
          "FLOAT6E3M2", "FLOAT4E2M1"]
INTEGERS = ["INT4", "UINT4", "INT2", "UINT2"]


def case(folder, name, operator, value, result, **attributes):
    """Writes a model of one cast with a wanted result."""
    place = folder / name
    data = place / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    kinds = [helper.np_dtype_to_tensor_dtype(array.dtype) for array in (value, result)]
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"], to=kinds[1], **attributes)], name,
        [helper.make_tensor_value_info("x", kinds[0], value.shape)],
        [helper.make_tensor_value_info("y", kinds[1], result.shape)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 28)])
    (place / "model.onnx").write_bytes(model.SerializeToString())
    for file, array in (("input_0.pb", value), ("output_0.pb", result)):
        (data / file).write_bytes(numpy_helper.from_array(array).SerializeToString())


def main():
    warnings.simplefilter("ignore")
    apus, folder = sys.argv[1], Path(sys.argv[2])
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    singles = np.random.default_rng(5).integers(0, 1 << 32, 99999, np.uint32).view(np.float32)
    singles = np.concatenate([singles, np.float32(halves) * np.float32(1.0001)])
    for name in FLOATS:
        kind = getattr(TensorProto, name)
        width = {"8": 256, "6": 64, "4": 16}[name[5]]
        for saturate in (0, 1):
            for source in (halves, singles):
                case(folder, f"{source.dtype}_{name}_{saturate}", "Cast", source,
                     cast_to(source, kind, bool(saturate)), saturate=saturate)
        narrow = np.arange(width, dtype=np.uint8).view(helper.tensor_dtype_to_np_dtype(kind))
        case(folder, f"{name}_float32", "Cast", narrow, narrow.astype(np.float32))
    whole = np.arange(-32768, 32768).astype(np.int16)
    for name in INTEGERS:
        narrow = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, name))
        case(folder, f"int16_{name}", "Cast", whole[:32767], whole[:32767].astype(narrow))
        case(folder, f"{name}_int16", "Cast", whole.astype(narrow),
             whole.astype(narrow).astype(np.int16))
    other = np.arange(16, dtype=np.uint8).view(helper.tensor_dtype_to_np_dtype(TensorProto.UINT4))
    for name in ("INT4", "FLOAT4E2M1"):
        kind = helper.tensor_dtype_to_np_dtype(getattr(TensorProto, name))
        case(folder, f"UINT4_as_{name}", "BitCast", other, other.view(kind))
        case(folder, f"{name}_as_UINT4", "BitCast", other.view(kind), other)
    case(folder, "float16_as_int16", "BitCast", halves, halves.view(np.int16))
    case(folder, "int16_as_float16", "BitCast", halves.view(np.int16), halves)
    subprocess.run([apus, "verify", str(folder), "--backend", "both", "--rtol", "0", "--atol",
                    "0"], check=False)


main()
