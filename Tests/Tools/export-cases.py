#!/usr/bin/env python3
"""Exports the models of cases to ONNX and runs the files elsewhere.

    usage: export-cases.py path/to/apus CASES... [-O LEVEL] [--list FILE] [--known FILE]

CASES are folders as `apus verify` takes them. Each model is imported, exported and run by
onnxruntime, or by the ONNX reference where onnxruntime has no kernel for an operator or type; the
results are compared with the recorded outputs or, where these were recorded elsewhere, with what
the model itself gives there. The exported model is also imported again and
verified. A case that apus does not import is no part of the count; every other one that does not
agree is named, and the exit code is 1. Those that --known lists are
refused, or not imported again.
"""
import argparse
import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy
import onnx
import onnx.numpy_helper
import onnx.reference
import onnxruntime

onnxruntime.set_default_logger_severity(4)


def tensor(path):
    """The array in a file of one TensorProto."""
    proto = onnx.TensorProto()
    proto.ParseFromString(path.read_bytes())
    return onnx.numpy_helper.to_array(proto)


def data_sets(folder, inputs, outputs):
    """Pairs of inputs and expected outputs by name; None where a file is no tensor."""
    for part in sorted(folder.glob("test_data_set_*")):
        try:
            given = {name: tensor(part / f"input_{i}.pb") for i, name in enumerate(inputs)}
            yield given, {name: tensor(part / f"output_{i}.pb") for i, name in enumerate(outputs)}
        except Exception:
            yield None
    for path in sorted(folder.glob("case*.npz")):
        arrays = numpy.load(path)
        yield tuple(
            {name: arrays[f"{side}:{name}"] for name in names}
            for side, names in (("in", inputs), ("out", outputs)))


def run(model, path, given):
    """Results of a model by name, and who computed them."""
    names = [output.name for output in model.graph.output]
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        feeds = {key: given[key] for key in (entry.name for entry in session.get_inputs())}
        return dict(zip(names, session.run(names, feeds))), "onnxruntime"
    except Exception as error:
        reason = f"onnxruntime: {error}"
    try:
        with numpy.errstate(all="ignore"):
            results = onnx.reference.ReferenceEvaluator(model).run(names, given)
        return dict(zip(names, results)), "reference"
    except Exception as error:
        raise RuntimeError(f"{reason}; reference: {error!r}") from error


def run_itself(path, given):
    """What a model gives before it is exported; None where nothing runs it."""
    try:
        return run(onnx.load(path), path, given)[0]
    except Exception:
        return None


def agree(result, expected, rtol, atol):
    """Whether an array is what was recorded."""
    result, expected = numpy.asarray(result), numpy.asarray(expected)
    if result.dtype == numpy.uint8 and expected.dtype.kind == "V":
        result = result.view(expected.dtype)  # onnxruntime gives floats of 8 bits as bytes
    strings = result.dtype.kind in "OSU" and expected.dtype.kind in "OSU"
    if result.shape != expected.shape or result.dtype != expected.dtype and not strings:
        return f"{result.dtype}{result.shape} in place of {expected.dtype}{expected.shape}"
    if strings:
        texts = [[item.decode() if isinstance(item, bytes) else str(item) for item in array.ravel()]
                 for array in (result, expected)]
        return None if texts[0] == texts[1] else "other strings"
    if "float" in expected.dtype.name:  # no less than the precision of the type itself
        rtol = max(rtol, float(ml_dtypes.finfo(expected.dtype).eps))
    if expected.dtype.kind == "V":
        result, expected = result.astype(numpy.float32), expected.astype(numpy.float32)
    with numpy.errstate(all="ignore"):
        if numpy.allclose(result, expected, rtol=rtol, atol=atol, equal_nan=True):
            return None
        distance = numpy.abs(result.astype(numpy.float64) - expected.astype(numpy.float64))
        return f"off by {numpy.nanmax(distance):.3g}"


def check(apus, folder, level, rtol, atol, work):
    """The outcome of one case and, where it fails, why."""
    path = work / "model.onnx"
    command = [apus, "compile", folder / "model.onnx", "--emit", "onnx", f"-O{level}", "-o", path]
    plain = subprocess.run([*command[:3], "--stop-after", "import"], capture_output=True)
    if plain.returncode:
        return "not imported", ""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return ("refused" if done.returncode == 4 else "failed"), done.stderr.strip()
    model = onnx.load(path)
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:
        return "failed", f"checker: {error}"
    inputs = [entry.name for entry in model.graph.input]
    outputs = [entry.name for entry in model.graph.output]
    makers = set()
    for data in data_sets(folder, inputs, outputs):
        if data is None:
            return "no data", ""
        try:
            results, maker = run(model, path, data[0])
        except RuntimeError as error:
            return "not run", str(error)
        makers.add(maker)
        own = None
        for name in outputs:
            if reason := agree(results[name], data[1][name], rtol, atol):
                own = own or run_itself(folder / "model.onnx", data[0])
                if own is None or agree(results[name], own[name], rtol, atol):
                    return "failed", f"{maker}: {name}: {reason}"
    for entry in folder.iterdir():
        if entry.name != "model.onnx":
            (work / entry.name).symlink_to(entry.resolve())
    again, before = verify(apus, work, rtol, atol), verify(apus, folder, rtol, atol)
    if again[0] and not before[0]:
        return "not imported again", again[1]
    return " and ".join(sorted(makers)), ""


def verify(apus, folder, rtol, atol):
    """The exit code of `apus verify` and what it says."""
    done = subprocess.run(
        [apus, "verify", folder, "--backend", "bytecode", "--rtol", str(rtol), "--atol", str(atol)],
        capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("apus")
    parser.add_argument("cases", nargs="+", type=pathlib.Path)
    parser.add_argument("-O", dest="level", default="0")
    parser.add_argument("--list", type=pathlib.Path, help="names of the cases to take")
    parser.add_argument("--known", type=pathlib.Path, help="cases that are refused or not imported again")
    parser.add_argument("--rtol", type=float, default=1e-3)
    parser.add_argument("--atol", type=float, default=1e-5)
    options = parser.parse_args()
    known = set(options.known.read_text().split()) if options.known else set()
    wanted = set(options.list.read_text().split()) if options.list else None
    folders = [path.parent for root in options.cases for path in sorted(root.rglob("model.onnx"))]
    counts = collections.Counter()
    for folder in folders:
        if wanted is not None and folder.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as work:
            outcome, reason = check(
                options.apus, folder, options.level, options.rtol, options.atol,
                pathlib.Path(work))
        if folder.name in known:
            expected = outcome in ("refused", "not imported again")
            outcome = "known" if expected else f"{outcome} in spite of --known"
            reason = "" if expected else "take it off the list"
        counts[outcome] += 1
        if reason:
            print(f"{outcome}: {folder.name}: {reason[:600]}", flush=True)
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    good = {"known", "onnxruntime", "reference", "onnxruntime and reference", "not imported", "no data"}
    return 1 if set(counts) - good else 0


if __name__ == "__main__":
    sys.exit(main())
