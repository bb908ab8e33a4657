"""Times onnxruntime, OpenVINO, the generated C and the bytecode, interleaved; compares outputs.

    usage: python Tests/Tools/bench APUS FOLDER [--models NAME … | all] [--threads 2] …
"""

import argparse
import importlib.util
import json
import os
import platform
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import report
import zoo
from chart import chart
from measure import measure
from systems import COMPILERS, SYSTEMS, Job

ROOT = Path(__file__).parents[3]


def builds(compiler, threads):
    options = ["-fopenmp"] * (threads > 1)
    return shutil.which(compiler) and subprocess.run(
        [compiler, *options, "-x", "c", "-", "-o", "/dev/null"], input=b"int main(void) {}",
        capture_output=True).returncode == 0


def available(threads):
    """The systems that are here; a line for each that is not."""
    missing = {name: "no compiler, or one without OpenMP" for name in COMPILERS
               if not builds(name, threads)}
    if importlib.util.find_spec("openvino") is None:
        missing["openvino"] = "not installed"
    if threads > 1:
        missing["bytecode"] = "one thread only"
    for name, why in missing.items():
        print(f"without {name}: {why}")
    return [name for name in SYSTEMS if name not in missing]


def prepare_tools(folder, keep):
    """The interpreter and the measures of the machine, as libraries."""
    if keep and (folder / "limits.so").exists():
        return
    cc, vm = shlex.split(os.environ.get("CC", "cc")), ROOT / "Sources" / "CApusVM"
    shared = [*cc, "-O3", "-ffp-contract=off", "-shared", "-fPIC"]
    sources = map(str, sorted(vm.glob("*.c")))
    limits = ROOT / "Sources/ApusRuntime/Native/machine.c.in"
    subprocess.run([*shared, "-Wno-psabi", f"-I{vm / 'include'}", *sources, "-lm",
                    "-o", folder / "vm.so"], check=True)
    subprocess.run([*shared, "-march=native", "-x", "c", limits, "-o", folder / "limits.so"],
                   check=True)


def prepare(job, systems, options):
    """The model and its compiled forms; what could not be compiled fails when it is loaded."""
    if not zoo.is_current(options.folder, job.name):
        zoo.write(options.folder, job.name)
    results = {name: ["so", "--cc", name] for name in COMPILERS} | {"bytecode": ["bytecode"]}
    threads = "openmp" if job.threads > 1 else "none"
    for name in set(systems) & set(results):
        path = Path(job.file("apb") if name == "bytecode" else job.library(name))
        if not (options.keep and path.exists()):
            path.unlink(missing_ok=True)
            subprocess.run([options.apus, "compile", job.file("onnx"), "-o", path, "--name",
                            job.name, "--target", "native", "--threads", threads, "--emit",
                            *results[name]])


def machine():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def parse():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    parser.add_argument("apus", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("folder", type=lambda path: Path(path).resolve())
    parser.add_argument("--models", nargs="+", choices=[*zoo.MODELS, "all"], metavar="NAME",
                        default=report.REQUIRED, help="of the zoo, or all (the four required)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--require", action="store_true", help="fail below the thresholds")
    parser.add_argument("--docs", action="store_true", help="write tables and chart into docs")
    parser.add_argument("--keep", action="store_true", help="time what the last run compiled")
    parser.add_argument("--quick", action="store_true", help="3 rounds or a second per model")
    parser.add_argument("--seconds", type=float, default=8, help="per model")
    parser.add_argument("--cpus", type=int, nargs="+", help="processors to stay on")
    options = parser.parse_args()
    if "all" in options.models:
        options.models = list(zoo.MODELS)
    options.cpus = options.cpus or sorted(os.sched_getaffinity(0))[-options.threads:]
    if len(options.cpus) != options.threads:
        parser.error(f"{options.threads} threads need as many processors")
    if options.require and options.threads > 1:
        parser.error("the thresholds are those of one thread")
    return options


def main():
    options, rows = parse(), []
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    systems = available(options.threads)
    prepare_tools(options.folder, options.keep)
    for name in options.models:
        job = Job(name, options.folder, options.cpus)
        prepare(job, systems, options)
        limits = (1, 3) if options.quick else (options.seconds, 10)
        facts = json.loads(Path(job.file("json")).read_text())
        rows.append(report.summary(name, facts, measure(job, systems, *limits)))
        print(f"{name}: {rows[-1]['rounds']} rounds", *rows[-1]["failures"].items(), flush=True)
    head = (f"{time.strftime('%Y-%m-%d')}, {machine()}, {options.threads} thread"
            f"{'s' * (options.threads > 1)}, {max(row['peak_gflops'] for row in rows):.0f} GFLOP/s "
            f"and {max(row['peak_gbytes'] for row in rows):.1f} GB/s at most, "
            f"load {os.getloadavg()[0]:.1f}.")
    text = f"{head}\n\n{report.tables(rows)}"
    print(f"\n{text}")
    result = {"machine": head, "means": report.means(rows), "rows": rows}
    suffix = f"-{options.threads}" if options.threads > 1 else ""
    (options.folder / f"results{suffix}.json").write_text(json.dumps(result, indent=1) + "\n")
    if options.docs:
        image = f"benchmarks{suffix}.svg"
        (ROOT / "docs" / image).write_text(chart(rows))
        report.write_page(ROOT / "docs" / "benchmarks.md", f"threads={options.threads}",
                          f"{text}\n\n![Ratios of times per model]({image})")
    problems = [line for row in rows for line in report.wrong(row)]
    problems += [line for row in rows if options.require for line in report.missed(row)]
    if problems:
        raise SystemExit("\n" + "\n".join(problems))
