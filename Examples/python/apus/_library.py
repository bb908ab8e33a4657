"""The functions of apus.h through ctypes."""

import ctypes
import os
import pathlib
from ctypes import POINTER, byref, c_char_p, c_int32, c_int64, c_size_t, c_void_p

import numpy

ABI_VERSION = 1
EMITS = ["bytecode", "c", "header", "manifest", "loops", "onnx"]
# Element types as ONNX numbers them, as far as numpy knows them; strings are objects.
STRING = 8
DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    STRING: "object", 9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64"}
NUMBERS = {numpy.dtype(name): number for number, name in DTYPES.items()}


class Error(Exception):
    """What the compiler refuses; `code` is the exit code of the command."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Dimension(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("lower", c_int64), ("upper", c_int64)]


class ImportOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t), ("dimensions", POINTER(Dimension)),
        ("dimension_count", c_size_t)]


class CompileOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t), ("emit", c_int32), ("name", c_char_p), ("target", c_char_p)]


class DiffOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("fail_on", c_char_p)]


class Tensor(ctypes.Structure):
    _fields_ = [
        ("element", c_int32), ("rank", c_int32), ("extents", POINTER(c_int64)),
        ("data", c_void_p), ("byte_count", c_size_t)]


class RawPort(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p), ("element", c_int32), ("rank", c_int32),
        ("extents", POINTER(c_int64))]


class Port:
    """A name, an element type and a shape; -1 stands for extents known at run time."""

    def __init__(self, raw):
        self.name = raw.name.decode()
        self.dtype = dtype(raw.element)
        self.shape = tuple(raw.extents[axis] for axis in range(raw.rank))

    def __repr__(self):
        return f"Port({self.name!r}, {self.dtype}, {self.shape})"


class Handle:
    """A handle that is freed with its last user."""

    def __init__(self, pointer, free):
        self._as_parameter_ = c_void_p(pointer)
        self._free = free

    def __del__(self):
        self._free(self._as_parameter_)


def dtype(element):
    if element not in DTYPES:
        raise TypeError(f"numpy has no type for ONNX element type {element}")
    return numpy.dtype(DTYPES[element])


def candidates():
    """Where the library may be, best place first."""
    if "APUS_LIBRARY" in os.environ:
        return [os.environ["APUS_LIBRARY"]]
    starts = [pathlib.Path(__file__).resolve(), pathlib.Path.cwd() / "here"]
    names = [
        str(folder / ".build" / kind / "libapus-c.so")
        for start in starts for folder in start.parents for kind in ("release", "debug")
        if (folder / "Package.swift").exists()]
    return [name for name in names if os.path.exists(name)] + ["libapus.so", "libapus-c.so"]


def load():
    failures = []
    for name in candidates():
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            failures.append(str(error))
            continue
        if library.apus_abi_version() == ABI_VERSION:
            return library
        failures.append(f"{name} has another version of the interface")
    raise ImportError(
        "the Apus library is missing; build it with `swift build -c release --product apus-c` or "
        "name it in APUS_LIBRARY: " + "; ".join(failures))


LIBRARY = load()


def function(name, result, *arguments):
    """A function of the library; with `error` last it raises what the call refuses."""
    raw = getattr(LIBRARY, "apus_" + name)
    raw.restype = result
    raw.argtypes = arguments
    return raw


def failing(name, result, *arguments):
    raw = function(name, result, *arguments, POINTER(c_void_p))

    def call(*values):
        error = c_void_p()
        outcome = raw(*values, byref(error))
        if error.value:
            try:
                raise Error(error_code(error), error_message(error).decode())
            finally:
                error_free(error)
        return outcome

    return call


error_code = function("error_code", c_int32, c_void_p)
error_message = function("error_message", c_char_p, c_void_p)
error_free = function("error_free", None, c_void_p)
buffer_data = function("buffer_data", c_void_p, c_void_p)
buffer_size = function("buffer_size", c_size_t, c_void_p)
buffer_free = function("buffer_free", None, c_void_p)
graph_free = function("graph_free", None, c_void_p)
session_free = function("session_free", None, c_void_p)
results_free = function("results_free", None, c_void_p)
results_count = function("results_count", c_size_t, c_void_p)
results_get = function("results_get", c_int32, c_void_p, c_size_t, POINTER(Tensor))
graph_import = failing("graph_import", c_void_p, c_char_p, POINTER(ImportOptions))
graph_import_bytes = failing(
    "graph_import_bytes", c_void_p, c_char_p, c_size_t, POINTER(ImportOptions))
graph_parse = failing("graph_parse", c_void_p, c_char_p)
graph_copy = failing("graph_copy", c_void_p, c_void_p)
graph_print = failing("graph_print", c_void_p, c_void_p, c_int32)
verify = failing("graph_verify", c_int32, c_void_p)
graph_run_passes = failing("graph_run_passes", c_int32, c_void_p, c_char_p)
optimize = failing("graph_optimize", c_int32, c_void_p, c_int32)
graph_compile = failing("graph_compile", c_void_p, c_void_p, POINTER(CompileOptions))
graph_diff = failing(
    "diff", c_void_p, c_void_p, c_void_p, POINTER(DiffOptions), POINTER(c_int32))
session_create = failing("session_create", c_void_p, c_void_p)
session_load = failing("session_load", c_void_p, c_char_p, c_size_t)
session_run = failing("session_run", c_void_p, c_void_p, POINTER(Tensor), c_size_t)


def take(buffer):
    """The bytes of a buffer, which is freed."""
    data = ctypes.string_at(buffer_data(buffer), buffer_size(buffer))
    buffer_free(buffer)
    return data


def encoded(text):
    return None if text is None else text.encode()


def import_options(dimensions):
    items = [
        Dimension(name.encode(), *(size if isinstance(size, tuple) else (size, size)))
        for name, size in dimensions.items()]
    array = (Dimension * len(items))(*items)
    return ImportOptions(ctypes.sizeof(ImportOptions), array, len(items))


def import_file(path, dimensions):
    return Handle(graph_import(path.encode(), byref(import_options(dimensions))), graph_free)


def import_bytes(data, dimensions):
    pointer = graph_import_bytes(data, len(data), byref(import_options(dimensions)))
    return Handle(pointer, graph_free)


def parse(text):
    return Handle(graph_parse(text.encode()), graph_free)


def copy(graph):
    return Handle(graph_copy(graph), graph_free)


def print_graph(graph, full):
    return take(graph_print(graph, 1 if full else 0)).decode()


def run_passes(graph, names):
    graph_run_passes(graph, names.encode())


def compile_graph(graph, emit, name, target):
    options = CompileOptions(
        ctypes.sizeof(CompileOptions), EMITS.index(emit), encoded(name), encoded(target))
    return take(graph_compile(graph, byref(options)))


def diff(old, new, fail_on):
    options = DiffOptions(ctypes.sizeof(DiffOptions), encoded(fail_on))
    return take(graph_diff(old, new, byref(options), None))


def create_session(graph):
    return Handle(session_create(graph), session_free)


def load_session(data):
    return Handle(session_load(data, len(data)), session_free)


def ports(session):
    """The inputs and the outputs of a session."""
    sides = []
    for side in ("input", "output"):
        count = function(f"session_{side}_count", c_size_t, c_void_p)(session)
        get = function(f"session_{side}", c_int32, c_void_p, c_size_t, POINTER(RawPort))
        raws = [RawPort() for _ in range(count)]
        for place, raw in enumerate(raws):
            get(session, place, byref(raw))
        sides.append([Port(raw) for raw in raws])
    return sides


def run(session, arrays):
    """The results of a program for contiguous arrays in order."""
    tensors = (Tensor * len(arrays))()
    texts = {id(array): pack(array) for array in arrays if array.dtype == object}
    shapes = [(c_int64 * array.ndim)(*array.shape) for array in arrays]
    for tensor, array, shape in zip(tensors, arrays, shapes):
        tensor.element, tensor.rank = NUMBERS[array.dtype], array.ndim
        tensor.extents, tensor.data, tensor.byte_count = shape, array.ctypes.data, array.nbytes
        if id(array) in texts:
            text = texts[id(array)]
            tensor.data, tensor.byte_count = ctypes.cast(text, c_void_p), len(text)
    results = Handle(session_run(session, tensors, len(arrays)), results_free)
    arrays = []
    for place in range(results_count(results)):
        tensor = Tensor()
        results_get(results, place, byref(tensor))
        shape = [tensor.extents[axis] for axis in range(tensor.rank)]
        data = ctypes.string_at(tensor.data, tensor.byte_count) if tensor.byte_count else b""
        if tensor.element == STRING:
            arrays.append(unpack(data, shape))
        else:
            arrays.append(numpy.frombuffer(data, dtype(tensor.element)).reshape(shape).copy())
    return arrays


def pack(array):
    """The data of an array of strings: all lengths, then all bytes."""
    words = [word if isinstance(word, bytes) else str(word).encode(errors="surrogateescape")
             for word in array.flat]
    return numpy.array([len(word) for word in words], "<u4").tobytes() + b"".join(words)


def unpack(data, shape):
    """An array of strings from its data; bytes that are not UTF-8 are escaped."""
    array = numpy.empty(shape, object)
    lengths = numpy.frombuffer(data, "<u4", array.size)
    ends = 4 * array.size + numpy.cumsum(lengths, dtype=int)
    for place, (length, end) in enumerate(zip(lengths, ends)):
        array.flat[place] = data[end - length:end].decode(errors="surrogateescape")
    return array
