#!/usr/bin/env python3
"""Writes the interpreter's number functions: the machine layer of emitted C for 1 and 16 lanes.

The template's paragraphs are described at its top; MachineLayer.swift reads them the same way.
    usage: generate.py [ERROR] > Generated/machine_layer.h     ERROR is that of --fast-math (2)
"""

import re
import sys
from pathlib import Path

LANES = 16
TEMPLATE = Path(__file__).parents[1] / "ApusC/Runtime/machine_layer.h.in"


def paragraphs(error):
    """The (kind, name, text) of each paragraph, of several that of the largest error allowed."""
    found = {}
    for number, part in enumerate(TEMPLATE.read_text(encoding="utf-8").split("\n//@ ")[1:]):
        head, _, text = part.partition("\n")
        kind, *rest = head.split()
        name, least = rest[0] if rest else "", int(rest[1]) if len(rest) > 1 else 2
        if least <= error:
            found[kind, name or number] = kind, name, text.rstrip("\n") + "\n"
    return found.values()


def instantiated(text, lanes):
    """The text with the lanes in place of N."""
    return re.sub(r"\b(?:(\w+_)N|N)\b", lambda match: (match[1] or "") + str(lanes), text)


def definitions(error):
    """The (name, text) of each paragraph for each number of lanes that it is for."""
    for lanes in (1, LANES):
        kinds = {"always", "once", "scalar", "lanes"} if lanes == 1 else {"vector", "lanes"}
        for kind, name, text in paragraphs(error):
            if kind in kinds:
                yield instantiated(name, lanes), instantiated(text, lanes)


def ordered(found):
    """The texts, each after those that it refers to."""
    done, result = set(), []

    def visit(name, text):
        if name in done:
            return
        if name:
            done.add(name)
        words = set(re.findall(r"\bapus_\w+", text))
        for other, other_text in found:
            if other and other != name and other in words:
                visit(other, other_text)
        result.append(text)

    for name, text in found:
        visit(name, text)
    return result


def main():
    error = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    print("/* Written by Sources/CApusVM/generate.py from Sources/ApusC/Runtime/machine_layer.h.in;"
          " do not edit. */")
    print("".join(ordered(list(definitions(error)))), end="")


if __name__ == "__main__":
    main()
