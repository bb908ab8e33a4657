#!/usr/bin/env python3
"""Writes the page of all ONNX operators with what the conformance suites show of each.

FOLDER holds the cases below `node` and `other`, and `results/SUITE.BACKEND.json` of `apus verify`.
    usage: write-operators.py FOLDER < names of operators, as `apus ops` lists them
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import onnx
from onnx import TensorProto

HEAD = """# Operators of ONNX

What the suites of the ONNX package, and cases that onnxruntime answers, show of each operator: the
versions that stand in cases which pass (others of those that exist are in parentheses), the element
types of first operands there, and how many of the cases in which the operator occurs pass as C and
as bytecode. `make conformance` writes this page. Random numbers are nobody else's, so cases that
compare them cannot pass.

| operator | versions | element types | cases | C | bytecode | not supported |
| --- | --- | --- | --- | --- | --- | --- |
"""
ORDER = ("float", "double", "float16", "bfloat16", "int", "uint", "bool")


def nodes_of(graph):
    """All nodes, those of subgraphs included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from nodes_of(inner)


class Row:
    """What is known about one operator."""

    def __init__(self):
        self.versions, self.types, self.gaps = set(), set(), set()
        self.cases, self.passed = set(), {"c": set(), "bytecode": set()}


def read_case(case, outcomes, rows):
    """Adds one case to the rows of its operators."""
    model = onnx.load(case / "model.onnx", load_external_data=False)
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    values = {v.name: v.type.tensor_type.elem_type for v in model.graph.input}
    values |= {v.name: v.data_type for v in model.graph.initializer}
    own = {(f.domain, f.name) for f in model.functions}
    for node in nodes_of(model.graph):
        if (node.domain, node.op_type) in own:
            continue
        domain = "" if node.domain == "ai.onnx" else node.domain
        row = rows[domain, node.op_type]
        row.cases.add(str(case))
        for backend, (outcome, _) in outcomes.items():
            if outcome == "passed":
                row.passed[backend].add(str(case))
        if all(outcome == "passed" for outcome, _ in outcomes.values()):
            if onnx.defs.has(node.op_type, domain):
                schema = onnx.defs.get_schema(node.op_type, opsets[domain], domain)
                row.versions.add(schema.since_version)
            kind = values.get(node.input[0] if node.input else "", 0)
            if kind:
                row.types.add(TensorProto.DataType.Name(kind).lower())
    for outcome, message in outcomes.values():
        found = re.match(r"error: (.*?) \[.*\((\w+), opset", message)
        if outcome == "unsupported" and found:
            for (domain, name), row in rows.items():
                if name == found[2] and str(case) in row.cases:
                    row.gaps.add(found[1].replace("|", "\\|"))


def type_order(name):
    """Reals first, then whole numbers, the wide ones first."""
    place = next((i for i, start in enumerate(ORDER) if name.startswith(start)), len(ORDER))
    width = re.search(r"\d+", name)
    return (name not in ORDER[:4], place, -int(width[0]) if width else 0, name)


def line(key, row, known, imported):
    domain, name = key
    label = f"`{domain}.{name}`" if domain else f"`{name}`"
    rest = sorted(known - row.versions)
    versions = " ".join(map(str, sorted(row.versions)))
    if rest:
        versions += f" ({' '.join(map(str, rest))})"
    gaps = "; ".join(sorted(row.gaps)) if key in imported else "the operator"
    types = " ".join(sorted(row.types, key=type_order))
    counts = [len(row.cases), len(row.passed["c"]), len(row.passed["bytecode"])]
    return f"| {' | '.join([label, versions.strip(), types, *map(str, counts), gaps])} |"


def main(folder):
    listed = re.findall(r"^\| `(.+?)` \| `(.+?)` \|", sys.stdin.read(), re.M)
    imported = {("" if domain == "ai.onnx" else domain, name) for name, domain in listed}
    known = defaultdict(set)
    for schema in onnx.defs.get_all_schemas_with_history():
        known[schema.domain, schema.name].add(schema.since_version)
    rows = defaultdict(Row)
    for key in [*known, *imported]:
        rows[key]
    for suite in ("node", "other"):
        outcomes = defaultdict(dict)
        for backend in ("c", "bytecode"):
            report = json.loads((folder / "results" / f"{suite}.{backend}.json").read_text())
            for case in report["cases"]:
                outcomes[case["name"]][backend] = (case["outcome"], case["message"])
                if case["verdict"] == "failed":
                    print(f"FAIL {case['name']} ({backend}): {case['message']}", file=sys.stderr)
        for name in sorted(outcomes):
            if (folder / suite / name).exists():
                read_case(folder / suite / name, outcomes[name], rows)
    lines = [line(key, rows[key], known[key], imported) for key in sorted(rows)]
    print(HEAD + "\n".join(lines))


main(Path(sys.argv[1]))
