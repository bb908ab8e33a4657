#!/usr/bin/env python3
"""Runs the C that is emitted for other machines, below emulators, and compares what it computes
with `apus run --backend bytecode`.

    usage: check-targets.py path/to/apus [TARGET …]

The models are Tests/Targets/*.apir, where `constant random` stands for random numbers, and the
digits example. Real numbers may differ by 1e-5 and 1e-4 of their size: not all machines fuse
products with sums, and each has its own lanes. A target whose compiler or emulator is missing is
skipped.
"""

import json
import math
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODELS = [*sorted((ROOT / "Tests/Targets").glob("*.apir")), ROOT / "Examples/digits/digits.onnx"]
HARNESS = ROOT / "Tests/Tools/harness.c"
ARM = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
RISCV = ["qemu-riscv64", "-L", "/usr/riscv64-linux-gnu",
         "-cpu", "rv64,v=true,vlen=256,vext_spec=v1.0"]
WASI = ["clang", "--target=wasm32-wasi", "-isystem", "/usr/include/wasm32-wasi", "-nostdlib",
        "-Wl,-z,stack-size=1048576"]
WASI_LIBRARIES = ["/usr/lib/wasm32-wasi/crt1-command.o", "-L/usr/lib/wasm32-wasi", "-lc"]
# A target, what compiles for it, the libraries, what runs it.
MACHINES = [
  ("c99", ["gcc", "-std=c11"], ["-lm"], []),
  ("x86-64-v2", ["gcc"], ["-lm"], []),
  ("x86-64-v3", ["gcc"], ["-lm"], []),
  ("x86-64-v4", ["gcc"], ["-lm"], []),
  ("armv8-a", ["aarch64-linux-gnu-gcc"], ["-lm"], ARM),
  ("armv8-a", ["clang", "--target=aarch64-linux-gnu"], ["-lm"], ARM),
  ("riscv64gcv", ["riscv64-linux-gnu-gcc"], ["-lm"], RISCV),
  ("riscv64gcv", ["clang", "--target=riscv64-linux-gnu", "-fuse-ld=lld"], ["-lm"], RISCV),
  ("wasm32", WASI, WASI_LIBRARIES, ["node", "--no-warnings", ROOT / "Tests/Tools/run-wasm.mjs"]),
  ("wasm32", WASI, [*WASI_LIBRARIES, "-mno-simd128"], ["wasmkit", "run"]),
]
# What the processor must have to run a level of x86-64 itself.
FEATURES = {"x86-64-v2": {"sse4_2", "popcnt"}, "x86-64-v3": {"avx2", "fma", "bmi2"},
            "x86-64-v4": {"avx512bw", "avx512cd", "avx512dq", "avx512vl"}}
# Element types that arrays in .npy files have: their letter in `struct` and in NumPy.
CODES = {"f32": ("f", "<f4"), "f64": ("d", "<f8"), "f16": ("e", "<f2"), "i8": ("b", "|i1"),
         "i16": ("h", "<i2"), "i32": ("i", "<i4"), "i64": ("q", "<i8"), "u8": ("B", "|u1"),
         "u16": ("H", "<u2"), "u32": ("I", "<u4"), "u64": ("Q", "<u8"), "bool": ("?", "|b1")}


def layout(tensor):
    """The bytes of a tensor of the manifest, as `struct` writes them."""
    return f"<{math.prod(tensor['shape'])}{CODES[tensor['element']][0]}"


def values(tensor, source):
    """Random numbers of a tensor: real ones from -2 to 2, small whole ones of both signs."""
    element, count = tensor["element"], math.prod(tensor["shape"])
    if element[0] == "f":
        return [source.uniform(-2, 2) for _ in range(count)]
    low, high = (0, 1) if element == "bool" else (0, 15) if element[0] == "u" else (-8, 15)
    return [source.randint(low, high) for _ in range(count)]


def constant(extents, element, source):
    """The bytes of a random constant: small real numbers, whole ones of all sizes."""
    tensor = {"element": element, "shape": shape(extents)}
    draw = (lambda: source.uniform(-0.1, 0.1)) if element == "f32" else \
        (lambda: source.randint(-128, 127))
    return struct.pack(layout(tensor), *[draw() for _ in range(math.prod(tensor["shape"]))])


def write_npy(path, tensor, data):
    shape = "".join(f"{extent}, " for extent in tensor["shape"])
    header = f"{{'descr': '{CODES[tensor['element']][1]}', 'fortran_order': False, " \
             f"'shape': ({shape}), }}".ljust(245) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data)


def call(*command, **options):
    """What a command writes to standard output."""
    return subprocess.run([str(word) for word in command], check=True, timeout=600,
                          stdout=subprocess.PIPE, **options).stdout


class Case:
    """A model, random inputs and what the interpreter makes of them."""

    def __init__(self, apus, model, folder):
        source = random.Random(model.stem)
        self.apus, self.folder = apus, folder
        self.model, self.options = model, ["--dim", "N=1"] if model.suffix == ".onnx" else []
        if model.suffix == ".apir":
            self.model = folder / model.name
            self.model.write_text(re.sub(
                r"constant random (: tensor<([\dx]+)x(f32|i8)>)",
                lambda match: "constant 0x" + constant(match[2], match[3], source).hex() + " "
                + match[1], model.read_text()))
        self.interface = self.compile("c99")
        self.input, arguments = b"", []
        for tensor in self.interface["inputs"]:
            data = struct.pack(layout(tensor), *values(tensor, source))
            write_npy(folder / f"{tensor['name']}.npy", tensor, data)
            arguments += ["--input", f"{tensor['name']}={folder / tensor['name']}.npy"]
            self.input += data
        call(apus, "run", self.model, "--backend", "bytecode", *self.options, *arguments,
             "-o", folder / "results")
        self.results = [self.result(tensor) for tensor in self.interface["outputs"]]

    def compile(self, target):
        """Emits C for a target below `folder/target`; the manifest."""
        call(self.apus, "compile", self.model, "--name", "model", "--target", target,
             *self.options, "-o", self.folder / target)
        return json.loads((self.folder / target / "model.json").read_text())

    def result(self, tensor):
        data = (self.folder / "results" / f"{tensor['name']}.npy").read_bytes()
        return struct.unpack(layout(tensor), data[-struct.calcsize(layout(tensor)):])

    def difference(self, target, compiler, libraries, runner):
        """The largest difference of an element from the interpreter's, in shares of what may be."""
        flags, place = self.compile(target)["compiler_flags"], self.folder / target
        call(*compiler, "-O3", "-ffp-contract=off", *flags, "-DMODEL=model", "-DSTREAMS",
             '-DMODEL_HEADER="model.h"', "-I", place, HARNESS, place / "model.c", *libraries,
             "-o", place / "run")
        output, largest = call(*runner, place / "run", input=self.input), 0.0
        for tensor, wanted in zip(self.interface["outputs"], self.results):
            found = struct.unpack_from(layout(tensor), output)
            output = output[struct.calcsize(layout(tensor)):]
            for index, pair in enumerate(zip(found, wanted)):
                if share(*pair) > 1:
                    raise ArithmeticError(f"{tensor['name']}[{index}] is %s, not %s" % pair)
                largest = max(largest, share(*pair))
        return largest


def shape(text):
    return [int(extent) for extent in text.split("x")]


def share(found, wanted):
    """The difference of two numbers divided by the tolerance; whole ones must be equal."""
    if found == wanted or (found != found and wanted != wanted):
        return 0.0
    if isinstance(wanted, int) or not math.isfinite(found) or not math.isfinite(wanted):
        return math.inf
    return abs(found - wanted) / (1e-5 + 1e-4 * abs(wanted))


def missing(target, compiler, runner):
    """Why a target cannot run here, or None."""
    for tool in [compiler[0], *runner[:1]]:
        if shutil.which(tool) is None:
            return f"no {tool}"
    lacking = FEATURES.get(target, set()) - set(Path("/proc/cpuinfo").read_text().split())
    return f"a processor without {' '.join(sorted(lacking))}" if lacking else None


def main():
    apus, wanted = os.path.realpath(sys.argv[1]), sys.argv[2:]
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        cases = []
        for model in MODELS:
            folder = Path(temporary) / model.stem
            folder.mkdir()
            cases.append(Case(apus, model, folder))
        for target, compiler, libraries, runner in MACHINES:
            if wanted and target not in wanted:
                continue
            name = f"{target} ({', '.join([compiler[0], *map(str, runner[:1])])})"
            if reason := missing(target, compiler, runner):
                print(f"{name}: skipped, {reason}")
                continue
            shares = []
            for case in cases:
                try:
                    shares.append(case.difference(target, compiler, libraries, runner))
                except (ArithmeticError, struct.error, subprocess.SubprocessError) as error:
                    print(f"FAIL {name} {case.model.stem}: {error}")
                    failed = True
            print(f"{name}: {len(shares)} of {len(cases)} models agree, "
                  f"the largest difference is {max(shares, default=0):.4f} of the tolerance",
                  flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
