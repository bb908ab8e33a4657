"""Times the C of Apus against that of other generators of C, where they are at hand.

onnx2c is looked for in $ONNX2C or the path, emx-onnx-cgen in $EMX_ONNX_CGEN or the path. All C is
built by gcc with the same flags; rounds are interleaved, one process per system.
"""

import argparse
import ctypes as c
import os
import shutil
import statistics
import subprocess
from pathlib import Path

import numpy as np
import onnx
import report
import zoo
from compare import ROOT, prepare, prepare_tools
from measure import measure
from onnx.helper import tensor_dtype_to_np_dtype
from systems import SYSTEMS, Job

FLAGS = ["-O3", "-march=native", "-w", "-shared", "-fPIC"]
MODELS = ["tiny_resnet8", "tiny_dscnn", "tiny_vww", "tiny_autoencoder", "mobilenetv2"]


def made(job, peer):
    """The library of another generator."""
    return job.folder / f"{job.name}-{peer}" / "model.so"


def entry(job, function, library):
    """A call of a function that takes pointers to inputs and outputs, in the order of the graph."""
    graph = onnx.load(job.file("onnx"), load_external_data=False).graph
    outputs = [np.zeros([d.dim_value for d in o.type.tensor_type.shape.dim],
                        tensor_dtype_to_np_dtype(o.type.tensor_type.elem_type))
               for o in graph.output]
    inputs = [value.copy() for value in job.inputs().values()]
    pointers = [c.c_void_p(array.ctypes.data) for array in inputs + outputs]
    kept = (inputs, outputs)
    return lambda: kept and library[function](*pointers), lambda: outputs


def onnx2c(job):
    return entry(job, "entry", c.CDLL(str(made(job, "onnx2c"))))


def emx(job):
    library = c.CDLL(str(made(job, "emx")))
    if hasattr(library, "model_load"):
        library.model_load.restype = c.c_bool
        if not library.model_load(str(made(job, "emx").parent / "model.bin").encode()):
            raise RuntimeError("the weights cannot be loaded")
    return entry(job, "model", library)


PEERS = {"onnx2c": (onnx2c, os.environ.get("ONNX2C") or shutil.which("onnx2c")),
         "emx": (emx, os.environ.get("EMX_ONNX_CGEN") or shutil.which("emx-onnx-cgen"))}
SYSTEMS.update({name: system for name, (system, _) in PEERS.items()})


def generate(name, command, job, limit):
    """The library of another generator; what it could not make fails when it is loaded."""
    library = made(job, name)
    source = library.with_suffix(".c")
    shutil.rmtree(library.parent, ignore_errors=True)
    library.parent.mkdir()
    try:
        if name == "onnx2c":
            with open(source, "w") as file:
                subprocess.run([command, job.file("onnx")], stdout=file, check=True, timeout=limit,
                               stderr=subprocess.DEVNULL)
        else:
            subprocess.run([command, "compile", job.file("onnx"), source], check=True,
                           timeout=limit, capture_output=True)
        subprocess.run(["gcc", *FLAGS, source, "-o", library, "-lm"], check=True, timeout=limit)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"{job.name}: {name}: {error}")
    source.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(prog="peers", description=__doc__.split("\n")[0])
    parser.add_argument("apus", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("folder", type=lambda path: Path(path).resolve())
    parser.add_argument("--models", nargs="+", choices=[*zoo.MODELS], default=MODELS)
    parser.add_argument("--seconds", type=float, default=8, help="per model")
    parser.add_argument("--limit", type=float, default=300, help="seconds to generate or compile")
    parser.add_argument("--keep", action="store_true", help="time what the last run compiled")
    parser.add_argument("--docs", action="store_true", help="write the table into docs")
    options = parser.parse_args()
    peers = {name: command for name, (_, command) in PEERS.items() if command}
    for name in set(PEERS) - set(peers):
        print(f"without {name}: not in the path")
    options.folder.mkdir(parents=True, exist_ok=True)
    prepare_tools(options.folder, options.keep)
    rows = []
    for name in options.models:
        job = Job(name, options.folder, sorted(os.sched_getaffinity(0))[-1:])
        prepare(job, ["gcc"], options)
        for peer, command in peers.items():
            if not options.keep or not made(job, peer).exists():
                generate(peer, command, job, options.limit)
        result = measure(job, ["onnxruntime", "gcc", *peers], options.seconds, 5)
        ours = result.medians("gcc")
        found = {peer: report.spread(result.medians(peer), ours)
                 for peer in ("onnxruntime", *peers) if peer in result.blocks}
        rows.append([name, f"{statistics.median(ours) * 1e3:.3g}",
                     *(report.in_brackets(found.get(peer)) for peer in ("onnxruntime", *PEERS))])
        print(*rows[-1], *result.failures.items(), flush=True)
    header = ["model", "C, ms", "onnxruntime / C", *(f"{peer} / C" for peer in PEERS)]
    text = "\n".join(report.lines_of(header, rows))
    print(f"\n{text}")
    if options.docs:
        report.write_page(ROOT / "docs" / "benchmarks.md", "peers", text)


if __name__ == "__main__":
    main()
