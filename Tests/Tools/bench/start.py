"""Measures how models start: compiling them, from a new process to its first result, memory, code.

Each model becomes a shared library whose weights are a file that the process maps. onnxruntime is
asked the same, from the session on; its process is Python, whose start does not count.
"""

import argparse
import re
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

import report
import zoo

ROOT = Path(__file__).parents[3]
SESSION = """
import resource, sys, time
import numpy as np, onnxruntime as ort
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
inputs = {name: np.zeros_like(value) for name, value in np.load(sys.argv[2]).items()}
settings = ort.SessionOptions()
settings.intra_op_num_threads, settings.log_severity_level = 1, 3
start = time.perf_counter()
session = ort.InferenceSession(sys.argv[1], settings, ["CPUExecutionProvider"])
times = [start]
for _ in range(4):
    session.run(None, inputs)
    times.append(time.perf_counter())
runs = [b - a for a, b in zip(times[1:], times[2:])]
print(times[1] - start - min(runs), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def build(apus, folder, name):
    """The library of a model and the seconds that both compilers took."""
    out, start = folder / f"{name}-start", time.perf_counter()
    subprocess.run([apus, "compile", folder / f"{name}.onnx", "-o", out, "--name", name,
                    "--weights", "file", "--threads", "none"], check=True)
    compiled, library = time.perf_counter(), out / f"{name}.so"
    subprocess.run(["gcc", "-std=gnu11", "-O3", "-march=native", "-mprefer-vector-width=512",
                    "-ffp-contract=off", "-fno-math-errno", "-fPIC", "-shared", "-s",
                    out / f"{name}.c", "-o", library, "-lm"], check=True)
    return out, compiled - start, time.perf_counter() - compiled


def code_bytes(library):
    """The bytes of instructions and read-only data."""
    text = subprocess.run(["size", library], check=True, capture_output=True, text=True).stdout
    return int(text.splitlines()[1].split()[0])


def started(command, rounds):
    """Medians of the seconds to the first result beyond a run, and of the kilobytes resident."""
    extra, memory = [], []
    for _ in range(rounds):
        start = time.clock_gettime(time.CLOCK_MONOTONIC)
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        first, again, kilobytes = map(float, text.split())
        extra.append(first - start - again)
        memory.append(kilobytes)
    return statistics.median(extra), statistics.median(memory)


def row(options, name):
    """A model's line of the table, and what is above its bound."""
    if not zoo.is_current(options.folder, name):
        zoo.write(options.folder, name)
    folder, compiling, building = build(options.apus, options.folder, name)
    library, weights = folder / f"{name}.so", folder / f"{name}.weights"
    header = (folder / f"{name}.h").read_text()
    planned = sum(int(re.search(f"_{what}_BYTES ([0-9]+)", header)[1])
                  for what in ("ARENA", "WEIGHT"))
    extra, kilobytes = started([options.folder / "start", library, name, weights], options.rounds)
    peer, peer_memory = map(float, subprocess.run(
        [sys.executable, "-c", SESSION, options.folder / f"{name}.onnx",
         options.folder / f"{name}.npz"], check=True, capture_output=True, text=True).stdout.split())
    rest, code = kilobytes / 1024 - planned / 2**20, code_bytes(library) / 2**20
    figures = {"start": (extra * 1e3, 50), "memory": (rest, 10), "code": (code, 1),
               "apus": (compiling, 5), "gcc": (building, 60)}
    problems = [f"{name}: {what} {value:.1f} above {bound}"
                for what, (value, bound) in figures.items() if value > bound]
    return [name, f"{extra * 1e3:.1f}", f"{peer * 1e3:.0f}", f"{kilobytes / 1024:.1f}",
            f"{peer_memory / 1024:.0f}", f"{planned / 2**20:.1f}", f"{rest:.1f}",
            f"{code * 1024:.0f}", f"{compiling:.1f}", f"{building:.1f}"], problems


def main():
    parser = argparse.ArgumentParser(prog="start", description=__doc__.split("\n")[0])
    parser.add_argument("apus", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("folder", type=lambda path: Path(path).resolve())
    # A product of two inputs has no weights to map.
    standard = [name for name in zoo.MODELS if name != "matmul512"]
    parser.add_argument("--models", nargs="+", choices=standard, default=standard)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--docs", action="store_true", help="write the table into docs")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", Path(__file__).parent / "start.c", "-o",
                    options.folder / "start", "-ldl"], check=True)
    rows, problems = [], []
    for name in options.models:
        line, missed = row(options, name)
        print(shlex.join(line), flush=True)
        rows.append(line)
        problems += missed
    header = ["model", "start ms", "onnxruntime ms", "resident MB", "onnxruntime MB",
              "weights and arena MB", "rest MB", "code KB", "apus s", "gcc s"]
    text = "\n".join(report.lines_of(header, rows))
    print(f"\n{text}")
    if options.docs:
        report.write_page(ROOT / "docs" / "benchmarks.md", "start", text)
    if problems:
        raise SystemExit("\n" + "\n".join(problems))


if __name__ == "__main__":
    main()
