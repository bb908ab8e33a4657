#!/usr/bin/env python3
"""Compares pairs of ONNX models with `apus diff`, and fails where other classes come out than should.

Each pair is what somebody does to a model, mostly without meaning to change it, or without wanting
that to be seen. Both directions are compared, and each model with the snapshot of the other, which
has no metadata. The pairs stand in the folder `pairs`, by what should come out.
    usage: check-pairs.py path/to/apus [NAME ...]
"""

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import onnx

from pairs.models import PAIRS, Stored

for file in sorted((Path(__file__).parent / "pairs").glob("*.py")):
    importlib.import_module(f"pairs.{file.stem}")


def save(made, path):
    stored = made if isinstance(made, Stored) else Stored(made)
    onnx.checker.check_model(stored.model)
    onnx.save(stored.model, path, **stored.options)


def diff(apus, *arguments):
    """The classes of changes, and the changes."""
    run = subprocess.run([apus, "diff", *arguments, "--json"], capture_output=True, text=True)
    if run.returncode > 1:
        return [f"exit {run.returncode}: {run.stderr.strip()}"], []
    changes = json.loads(run.stdout)["changes"]
    return sorted({change["class"] for change in changes}), changes


def faults(apus, folder, make, wanted):
    """What is wrong about a pair, and the changes that were found."""
    paths = [f"{folder}/{name}.onnx" for name in ("old", "new")]
    for path, made in zip(paths, make()):
        save(made, path)
    golden, meaning = f"{folder}/golden.txt", sorted(set(wanted) - {"metadata"})
    subprocess.run([apus, "snapshot", paths[0], "-o", golden], check=True)
    other = subprocess.run([apus, "snapshot", paths[1]], check=True, capture_output=True)
    if (other.stdout == Path(golden).read_bytes()) != (meaning == []):
        yield "the snapshots " + ("differ" if meaning == [] else "are the same"), []
    for way, classes in [(paths, wanted), (paths[::-1], wanted),
                         (["--golden", golden, paths[1]], meaning)]:
        found, changes = diff(apus, *way)
        if found != classes:
            yield (f"{', '.join(found) or 'nothing'}, "
                   f"wanted {', '.join(classes) or 'nothing'}"), changes
            return


def main():
    apus, names = str(Path(sys.argv[1]).resolve()), sys.argv[2:]
    chosen = {name: made for name, made in PAIRS.items() if not names or name in names}
    wrong = 0
    for name, (make, wanted) in chosen.items():
        with tempfile.TemporaryDirectory() as folder:
            for fault, changes in faults(apus, folder, make, wanted):
                wrong += 1
                print(f"{name}: {fault}")
                for change in changes:
                    print(f"    {change['class']} {change['kind']}: {change['message']}")
    print(f"pairs: {wrong} wrong" if wrong else f"pairs: {len(chosen)} as expected")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
