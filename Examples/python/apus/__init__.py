"""The Apus tensor compiler: import ONNX models, look at them, compile and run them."""

import json
import os

import numpy

from . import _library
from ._library import Error

__all__ = ["Error", "Graph", "Session", "diff", "run"]


class Graph:
    """A model as a graph."""

    def __init__(self, handle):
        self._handle = handle

    @classmethod
    def load(cls, model, **dimensions):
        """Imports an ONNX model from a path or from bytes, or reads a graph as text (`.apir`).

        Keywords fix symbolic dimensions (`N=1`) or bound them (`N=(1, 64)`).
        """
        if isinstance(model, (bytes, bytearray)):
            return cls(_library.import_bytes(bytes(model), dimensions))
        path = os.fspath(model)
        if path.endswith(".apir"):
            if dimensions:
                raise ValueError("the dimensions of a graph as text stand in it")
            with open(path, encoding="utf-8") as file:
                return cls.parse(file.read())
        return cls(_library.import_file(path, dimensions))

    @classmethod
    def parse(cls, text):
        """Reads the text form of a graph."""
        return cls(_library.parse(text))

    def text(self, full=False):
        """The text form; with `full` it holds all constants and can be parsed again."""
        return _library.print_graph(self._handle, full)

    __str__ = text

    def copy(self):
        """Another graph like this one."""
        return Graph(_library.copy(self._handle))

    def verify(self):
        """Raises an Error when the graph breaks a rule."""
        _library.verify(self._handle)

    def optimize(self, level=2):
        """Runs the passes of a level from 0 to 3."""
        _library.optimize(self._handle, level)

    def passes(self, names):
        """Runs passes by name: `"canonicalize,fuse-maps"`."""
        _library.run_passes(self._handle, names)

    def compile(self, emit="bytecode", name=None, target=None):
        """What the graph becomes, as bytes: bytecode, c, header, manifest, loops or onnx."""
        return _library.compile_graph(self._handle, emit, name, target)


class Session:
    """A graph, or bytecode as bytes, in the interpreter."""

    def __init__(self, program):
        if isinstance(program, Graph):
            self._handle = _library.create_session(program._handle)
        else:
            self._handle = _library.load_session(bytes(program))
        self.inputs, self.outputs = _library.ports(self._handle)

    def __call__(self, **inputs):
        """Runs the program on arrays by name and returns arrays by name."""
        return self.run(inputs)

    def run(self, inputs):
        """Runs the program on a dictionary of arrays; element types are converted if they fit."""
        unknown = set(inputs) - {port.name for port in self.inputs}
        missing = [port.name for port in self.inputs if port.name not in inputs]
        if unknown or missing:
            raise ValueError(f"inputs missing: {missing}, unknown: {sorted(unknown)}")
        arrays = []
        for port in self.inputs:
            array = numpy.asarray(inputs[port.name])
            fits = numpy.can_cast(array.dtype, port.dtype, "same_kind")
            if port.dtype == object:
                fits = array.dtype.kind in "OSU"
            if not fits:
                raise TypeError(f"{port.name} is {port.dtype}, not {array.dtype}")
            arrays.append(numpy.ascontiguousarray(array, port.dtype).reshape(array.shape))
        results = _library.run(self._handle, arrays)
        return {port.name: result for port, result in zip(self.outputs, results)}


def run(model, inputs, level=2, **dimensions):
    """Imports, optimises and runs a model; keywords are sizes of symbolic dimensions."""
    if not isinstance(model, Graph):
        model = Graph.load(model, **dimensions)
    else:
        model = model.copy()
    model.optimize(level)
    return Session(model).run(inputs)


def diff(old, new, fail_on=None):
    """Compares models by meaning: the document of `apus diff --json` as a dictionary."""
    graphs = [model if isinstance(model, Graph) else Graph.load(model) for model in (old, new)]
    return json.loads(_library.diff(graphs[0]._handle, graphs[1]._handle, fail_on))
