#!/usr/bin/env python3
"""Compares quantized operators with onnxruntime on random values, byte by byte.

Writes cases with recorded outputs as `apus verify` reads them; integer results must be equal.
    usage: quantized-products.py path/to/apus FOLDER
Needs numpy, onnx and onnxruntime.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import helper, numpy_helper

RNG = np.random.default_rng(7)


def whole(kind, *shape):
    """Random numbers over the whole range of a type."""
    info = np.iinfo(kind)
    return RNG.integers(info.min, info.max + 1, shape).astype(kind)


def scale(low=0.002, high=0.05, shape=()):
    return RNG.uniform(low, high, shape).astype(np.float32)


def case(folder, name, operator, operands, **attributes):
    """Writes a model of one operator with its recorded output; the first operand is its input, or
    the operands at the places `inputs`."""
    place = folder / name
    data = place / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    domain, places = attributes.pop("domain", ""), attributes.pop("inputs", [0])
    names = ["" if value is None else f"x{i}" for i, value in enumerate(operands)]
    order = attributes.pop("order", range(len(operands)))
    tensors = [(n, v) for n, v in zip(names, operands) if v is not None]
    inputs = [(n, v) for i, (n, v) in enumerate(tensors) if i in places]
    node = helper.make_node(operator, [names[i] for i in order], ["y"], domain=domain, **attributes)
    proto = helper.make_graph(
        [node], name,
        [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
         for n, v in inputs],
        [helper.make_empty_tensor_value_info("y")],
        [numpy_helper.from_array(v, n) for i, (n, v) in enumerate(tensors) if i not in places])
    model = helper.make_model(
        proto, ir_version=9,
        opset_imports=[helper.make_opsetid("", 19), helper.make_opsetid("com.microsoft", 1)])
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    result = session.run(None, dict(inputs))[0]
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(
        "y", helper.np_dtype_to_tensor_dtype(result.dtype), result.shape))
    (place / "model.onnx").write_bytes(model.SerializeToString())
    for index, (label, value) in enumerate(inputs):
        (data / f"input_{index}.pb").write_bytes(
            numpy_helper.from_array(value, label).SerializeToString())
    (data / "output_0.pb").write_bytes(numpy_helper.from_array(result, "y").SerializeToString())
    return result.size


def products(folder):
    """QLinearMatMul and QLinearConv of all combinations of types that onnxruntime has."""
    count = 0
    for a, b in ((np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)):
        label = f"{a.__name__}_{b.__name__}"
        for depth in (16, 64, 300):
            count += case(
                folder / "equal", f"matmul_{label}_{depth}", "QLinearMatMul",
                [whole(a, 400, depth), scale(), whole(a), whole(b, depth, 250), scale(),
                 whole(b), scale(1, 3) * np.float32(depth / 100), whole(a)])
        for groups, zero, spread in ((1, 0, ()), (1, 3, (24,)), (16, 0, ())):
            filters = whole(b, 24 if groups == 1 else 16, 16 // groups, 3, 3)
            per = spread if groups == 1 else ()
            count += case(
                folder / "equal", f"conv_{label}_{groups}_{zero}", "QLinearConv",
                [whole(a, 2, 16, 40, 40), scale(), whole(a), filters, scale(shape=per),
                 np.full(per, zero, b), scale(0.5, 2), whole(a),
                 RNG.integers(-4000, 4000, filters.shape[0]).astype(np.int32)],
                group=groups, pads=[1, 1, 1, 1])
    return count


def computed(folder):
    """Products whose zero points, or both of whose operands, are known when the model runs."""
    count = 0
    for a, b in ((np.uint8, np.uint8), (np.uint8, np.int8), (np.int8, np.int8)):
        label = f"{a.__name__}_{b.__name__}"
        for depth in (16, 61, 300):
            count += case(
                folder / "equal", f"both_{label}_{depth}", "MatMulInteger",
                [whole(a, 3, 100, depth), whole(b, 3, depth, 250), whole(a), whole(b)],
                inputs=[0, 1, 2, 3])
            count += case(
                folder / "equal", f"columns_{label}_{depth}", "MatMulInteger",
                [whole(a, 200, depth), whole(b, depth, 250), whole(a), whole(b, 250)],
                inputs=[0, 1])
            count += case(
                folder / "equal", f"linear_{label}_{depth}", "QLinearMatMul",
                [whole(a, 200, depth), scale(), whole(a), whole(b, depth, 250), scale(),
                 whole(b), scale(1, 3) * np.float32(depth / 100), whole(a)], inputs=[0, 3])
    for b, zero in ((np.int8, None), (np.uint8, np.uint8(128)), (np.uint8, np.uint8(77))):
        for groups, stride in ((1, 1), (1, 2), (16, 1), (4, 2)):
            filters = whole(b, 24 if groups == 1 else 16, 16 // groups, 3, 3)
            count += case(
                folder / "equal", f"moving_{b.__name__}_{zero}_{groups}_{stride}", "ConvInteger",
                [whole(np.uint8, 2, 16, 40, 40), filters, whole(np.uint8), zero],
                inputs=[0, 2], group=groups, strides=[stride, stride], pads=[1, 1, 1, 1])
    return count


def functions(folder):
    """Operators whose whole results may differ by one step, and those with real results."""
    near, real, more = folder / "near", folder / "real", {"domain": "com.microsoft"}
    for kind in (np.uint8, np.int8):
        label = kind.__name__
        one, two = whole(kind, 4, 6, 10, 10), whole(kind, 4, 6, 10, 10)
        end = [scale(0.01, 0.05), whole(kind)]
        first = [one, scale(), whole(kind)]
        case(near, f"add_{label}", "QLinearAdd", first + [two, scale(), whole(kind)] + end, **more)
        case(near, f"mul_{label}", "QLinearMul", first + [two, scale(), whole(kind)] + end, **more)
        case(near, f"leaky_{label}", "QLinearLeakyRelu", first + end, alpha=0.1, **more)
        case(near, f"sigmoid_{label}", "QLinearSigmoid",
             first + [np.float32(1 / 256), np.array(np.iinfo(kind).min, kind)], **more)
        case(near, f"softmax_{label}", "QLinearSoftmax",
             first + [np.float32(1 / 256), np.array(np.iinfo(kind).min, kind)], axis=-1, opset=13,
             **more)
        case(near, f"average_{label}", "QLinearAveragePool", first + end,
             kernel_shape=[3, 3], pads=[1, 1, 1, 1], **more)
        case(near, f"mean_{label}", "QLinearGlobalAveragePool", first + end, **more)
        case(near, f"concat_{label}", "QLinearConcat",
             end + first + [two, scale(), whole(kind)], axis=1, **more)
        case(near, f"gemm_{label}", "QGemm",
             [whole(kind, 30, 40), scale(), whole(kind), whole(np.int8, 20, 40), scale(),
              np.int8(0), RNG.integers(-900, 900, 20).astype(np.int32), scale(0.5, 1), whole(kind)],
             transB=1, **more)
    a = RNG.normal(size=(7, 64)).astype(np.float32)
    case(real, "dynamic", "DynamicQuantizeMatMul",
         [a, whole(np.int8, 64, 33), scale(), None, scale(shape=33)], **more)
    case(real, "to_float", "MatMulIntegerToFloat",
         [whole(np.uint8, 7, 64), whole(np.int8, 64, 33), scale(), scale(shape=33),
          whole(np.uint8), np.zeros(33, np.int8), scale(shape=33)], **more)
    for bits in (2, 4, 8):
        for zeros in (None, whole(np.uint8, 24 * ((4 * bits + 7) // 8))):
            case(real, f"blocks_{bits}_{zeros is None}", "MatMulNBits",
                 [a[:, :50], whole(np.uint8, 24, 4, 2 * bits), scale(shape=96), zeros],
                 K=50, N=24, bits=bits, block_size=16, **more)
    places = np.array([[3, -1], [0, 8]])
    for bits in (2, 4, 8):
        for zeros in (None, whole(np.uint8, 9, (3 * bits + 7) // 8)):
            case(real, f"gather_{bits}_{zeros is None}", "GatherBlockQuantized",
                 [places, whole(np.uint8, 9, 6 * bits), scale(shape=(9, 3)), zeros],
                 order=[1, 0, 2, 3], bits=bits, block_size=16, gather_axis=0, quantize_axis=1,
                 **more)


def main():
    apus, folder = sys.argv[1], Path(sys.argv[2])
    print(products(folder) + computed(folder), "elements must be equal")
    functions(folder)
    for kind, tolerance in (("equal", ["--rtol", "0", "--atol", "0"]),
                            ("near", ["--rtol", "0", "--atol", "1"]),
                            ("real", ["--rtol", "1e-5", "--atol", "1e-4"])):
        subprocess.run([apus, "verify", str(folder / kind), "--backend", "both", *tolerance],
                       check=False)


main()
