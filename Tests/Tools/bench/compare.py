#!/usr/bin/env python3
"""Times onnxruntime, the generated C and the bytecode, interleaved in one run; compares outputs.

One worker process per system, pinned to one processor; the driver goes round them in rotating
order: one discarded run, a block of about 30 ms, a 20 ms pause. Ratios are of medians.
    usage: compare.py APUS FOLDER [--require] [--keep] [--models NAME ...] [--seconds 8] [--cpu 1]
"""

import argparse
import json
import multiprocessing
import os
import platform
import shlex
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import models
from systems import Job, bytecode, compiled, measured_peak, onnxruntime

ROOT = Path(__file__).parents[3]
SYSTEMS = (onnxruntime, compiled, bytecode)
TOLERANCE = 1e-3  # of the largest absolute output
PEAK_SHARE, C_RATIO, BYTECODE_RATIO = 0.75, 0.7, 0.3  # what --require asks for
MATMUL = "matmul512"


def prepare(options):
    """Models, their compiled forms, the interpreter and the measure of the peak."""
    folder, cc = options.folder, shlex.split(os.environ.get("CC", "cc"))
    folder.mkdir(parents=True, exist_ok=True)
    shared = [*cc, "-O3", "-ffp-contract=off", "-shared", "-fPIC"]
    vm = ROOT / "Sources" / "CApusVM"
    sources = map(str, sorted(vm.glob("*.c")))
    commands = [[*shared, "-Wno-psabi", f"-I{vm / 'include'}", *sources, "-lm",
                 "-o", folder / "vm.so"],
                [*shared, "-march=native", "-x", "c", ROOT / "Sources/ApusRuntime/Native/peak.c.in",
                 "-o", folder / "peak.so"]]
    for name in options.models:
        path = folder / f"{name}.onnx"
        if not path.exists() or path.stat().st_mtime < Path(models.__file__).stat().st_mtime:
            models.write(folder, name)
        for kind, ending in (("so", "so"), ("bytecode", "apb")):
            commands.append([options.apus, "compile", path, "-o", folder / f"{name}.{ending}",
                             "--emit", kind, "--target", "native", "--threads", "none"])
    for command in commands:
        if not options.keep:
            subprocess.run(command, check=True)


def work(pipe, system, job):
    """A worker: sends the first run's outputs, then the times of one block per message."""
    os.sched_setaffinity(0, {job.cpu})
    if system is measured_peak:
        rate = measured_peak(job)
        pipe.send([])
        while pipe.recv():
            pipe.send([rate()])
    call, outputs = system(job)
    call()
    pipe.send([np.array(value) for value in outputs()])
    while pipe.recv():
        call()
        times, end = [], time.perf_counter() + 0.03
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        pipe.send(times)


def difference(ours, reference):
    """The largest difference of any output, relative to that output's largest value."""
    pairs = [(a.astype("f8"), b.astype("f8")) for a, b in zip(ours, reference, strict=True)]
    if any(a.shape != b.shape or not np.isfinite(a).all() for a, b in pairs):
        return float("inf")
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def start(context, system, job):
    """A worker's process and pipe, and its first outputs."""
    pipe, far = context.Pipe()
    process = context.Process(target=work, args=(far, system, job), daemon=True)
    process.start()
    far.close()
    return process, pipe, pipe.recv()


def measure(job, seconds, least=10):
    """Times of every system by its name (for the peak: rates), and differences of outputs."""
    context = multiprocessing.get_context("spawn")
    systems = SYSTEMS + ((measured_peak,) if job.name == MATMUL else ())
    workers = {system: start(context, system, job) for system in systems}
    times, order, rounds = {system: [] for system in systems}, list(systems), 0
    end = time.monotonic() + seconds
    while rounds < least or time.monotonic() < end:
        for system in order:
            workers[system][1].send(True)
            times[system] += workers[system][1].recv()
            time.sleep(0.02)
        order.append(order.pop(0))
        rounds += 1
    for process, *_ in workers.values():
        process.terminate()
        process.join()
    reference = workers[onnxruntime][2]
    differences = {s.__name__: difference(workers[s][2], reference) for s in SYSTEMS[1:]}
    return {s.__name__: block for s, block in times.items()}, differences


def summary(name, times, differences):
    """One model's row of results."""
    ms = {s.__name__: statistics.median(times[s.__name__]) * 1e3 for s in SYSTEMS}
    row = {"model": name, "median_ms": ms, "differences": differences,
           "minimum_ms": {s.__name__: min(times[s.__name__]) * 1e3 for s in SYSTEMS},
           "runs": {s.__name__: len(times[s.__name__]) for s in SYSTEMS},
           "onnxruntime_to_c": ms["onnxruntime"] / ms["compiled"],
           "c_to_bytecode": ms["compiled"] / ms["bytecode"]}
    if "measured_peak" in times:
        rate = 2 * 512**3 / ms["compiled"] / 1e6
        row["gflops"], row["peak_gflops"] = rate, max(times["measured_peak"])
        row["peak_share"] = rate / row["peak_gflops"]
    return row


def missed(row):
    """The thresholds that a row misses, as lines of text."""
    bounds = [("bytecode / C", row["c_to_bytecode"], BYTECODE_RATIO)]
    if row["model"] == MATMUL:
        bounds.append(("C / peak", row["peak_share"], PEAK_SHARE))
    else:
        bounds.append(("C / onnxruntime", row["onnxruntime_to_c"], C_RATIO))
    return [f"{row['model']}: {what} {value:.2f} is below {bound}"
            for what, value, bound in bounds if value < bound]


def table(rows):
    """The rows as a table for people; medians, with minima in brackets."""
    lines = ["| model | onnxruntime ms | C ms | ort / C | bytecode ms | C / bytecode "
             "| difference |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        ort, ours, vm = (f"{row['median_ms'][s.__name__]:.2f} ({row['minimum_ms'][s.__name__]:.2f})"
                         for s in SYSTEMS)
        lines.append(f"| {row['model']} | {ort} | {ours} | {row['onnxruntime_to_c']:.2f} | {vm} "
                     f"| {row['c_to_bytecode']:.2f} | {max(row['differences'].values()):.1e} |")
    for row in rows:
        if "gflops" in row:
            lines += ["", f"{row['model']}: {row['gflops']:.0f} GFLOP/s in C, "
                      f"{100 * row['peak_share']:.0f} % of the {row['peak_gflops']:.0f} measured."]
    return "\n".join(lines)


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("apus", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("folder", type=lambda path: Path(path).resolve())
    parser.add_argument("--require", action="store_true", help="fail below the thresholds")
    parser.add_argument("--keep", action="store_true", help="time what the last run compiled")
    parser.add_argument("--models", nargs="+", choices=models.MODELS, default=list(models.MODELS))
    parser.add_argument("--seconds", type=float, default=8, help="per model")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    return parser.parse_args()


def main():
    options, rows = parse(), []
    prepare(options)
    for name in options.models:
        job = Job(name, options.folder, options.cpu)
        rows.append(summary(name, *measure(job, options.seconds)))
    print(f"{time.strftime('%Y-%m-%d')}, {processor()}, load {os.getloadavg()[0]:.1f}\n")
    print(table(rows))
    result = {"date": time.strftime("%Y-%m-%d"), "processor": processor(), "rows": rows}
    (options.folder / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    problems = [f"{row['model']}: {system} differs from onnxruntime by {value:.1e}"
                for row in rows for system, value in row["differences"].items()
                if not value <= TOLERANCE]
    problems += [line for row in rows if options.require for line in missed(row)]
    if problems:
        raise SystemExit("\n" + "\n".join(problems))


if __name__ == "__main__":
    main()
