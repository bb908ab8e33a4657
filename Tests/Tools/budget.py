#!/usr/bin/env python3
"""Checks the sizes of files, functions and lines; exits with 1 where a measure is broken.

Files: median at most 120 lines, each at most 500. Functions: median at most 8 lines, each at most
60. Lines: at most 100 columns. Folders named Generated are left out. Exceptions stand in
budget-allow.txt as `path reason`, or `path:function reason`. A function's lines are those of its
body, found by matching braces after a declaration.
    usage: budget.py [repository folder]
"""

import re
import statistics
import subprocess
import sys
from pathlib import Path

LIMITS = {"file": (120, 500), "function": (8, 60), "columns": (None, 100)}
SWIFT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]+(?:\([a-z]+\))?\s+)*"
                   r"(?:func\s+([^\s(<]+)|(init|deinit|subscript)\b)")
C = re.compile(r"^(?!typedef|struct|enum|union|extern|#)[A-Za-z_][\w\s*]*?(\w+)\s*\([^;]*$")
TEXT = re.compile(r"//.*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")


def sources(root):
    """The Swift and C files under version control."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout.split("\n")
    return [path for path in listed if path.endswith((".swift", ".c", ".h"))
            and "/Generated/" not in path and (root / path).is_file()]


def body_length(lines, start):
    """The lines of the body that opens at or after `start`, or None when there is none."""
    depth, opened = 0, None
    for index in range(start, min(start + 2000, len(lines))):
        for character in TEXT.sub("", lines[index]):
            depth += (character == "{") - (character == "}")
            if character == "{" and opened is None:
                opened = index
            if opened is None and character == ";":
                return None
        next_one = opened is None and index > start
        if next_one and re.match(r"\s*(func|var|let|init|\})", lines[index]):
            return None
        if opened is not None and depth <= 0:
            return max(index - opened - 1, 1)
    return None


def functions(path, lines):
    """The (name, length) of each function with a body."""
    pattern = SWIFT if path.endswith(".swift") else C
    for index, line in enumerate(lines):
        match = pattern.match(line)
        if match:
            length = body_length(lines, index)
            if length is not None:
                yield next(group for group in match.groups() if group), length


def measure(root):
    """The (place, size) of everything, by measure."""
    found = {name: [] for name in LIMITS}
    for path in sources(root):
        lines = (root / path).read_text(encoding="utf-8").split("\n")
        found["file"].append((path, len(lines) - 1))
        found["function"] += [(f"{path}:{name}", n) for name, n in functions(path, lines)]
        found["columns"].append((path, max(map(len, lines))))
    return found


def allowed(root):
    """The places that may be larger, each with a reason."""
    file = root / "Tests/Tools/budget-allow.txt"
    lines = file.read_text().split("\n") if file.exists() else []
    entries = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    for entry in entries:
        if len(entry) != 2:
            sys.exit(f"{file}: {entry[0]} has no reason")
    return {place for place, _ in entries}


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2])
    exceptions, failures = allowed(root), []
    print(f"{'measure':10}{'count':>7}{'median':>8}{'limit':>7}{'largest':>9}{'limit':>7}")
    for name, entries in measure(root).items():
        median_limit, limit = LIMITS[name]
        sizes = [size for _, size in entries] or [0]
        median = statistics.median(sizes)
        print(f"{name:10}{len(entries):7}{median:8.0f}{median_limit or '-':>7}"
              f"{max(sizes):9}{limit:7}")
        if median_limit and median > median_limit:
            failures.append(f"the median {name}: {median:.0f}, the limit is {median_limit}")
        failures += [f"{place}: {size}, the limit for {name} is {limit}"
                     for place, size in entries if size > limit and place not in exceptions]
    print("\n".join(failures), file=sys.stderr, end="\n" if failures else "")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
