"""The systems that are timed. Each is a function of a Job that returns a call and its outputs.

The call takes no arguments and runs the model once; the outputs are read by a second call.
"""

import ctypes as c
import mmap
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3] / "Examples" / "ctypes"))
from load import NUMPY, load  # noqa: E402


class Job(NamedTuple):
    """What a worker needs to time one model."""
    name: str
    folder: Path
    cpu: int

    def file(self, ending):
        return str(self.folder / f"{self.name}.{ending}")


def random_inputs(path):
    """Seeded inputs by name; whole numbers are below 1000, as the vocabulary requires."""
    import onnx
    inputs, rng = {}, np.random.default_rng(1)
    for value in onnx.load(path, load_external_data=False).graph.input:
        kind = value.type.tensor_type
        shape, element = [a.dim_value for a in kind.shape.dim], np.dtype(NUMPY[kind.elem_type])
        whole = element.kind in "iu"
        inputs[value.name] = (rng.integers(0, 1000, shape, element) if whole
                              else rng.random(shape, element))
    return inputs


def onnxruntime(job):
    """onnxruntime on one thread, with inputs and outputs bound."""
    import onnxruntime as ort
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = ort.InferenceSession(job.file("onnx"), settings, ["CPUExecutionProvider"])
    binding = session.io_binding()
    for name, value in random_inputs(job.file("onnx")).items():
        binding.bind_cpu_input(name, value)
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding), binding.copy_outputs_to_cpu


def compiled(job):
    """The generated C as a shared library."""
    model = load(job.file("so"), job.name)
    for array, value in zip(model.inputs, random_inputs(job.file("onnx")).values()):
        array[...] = value
    if model.status != 0 or model.invoke() != 0:
        raise SystemExit(f"{job.name}: the compiled model reports an error")
    return model.invoke, lambda: model.outputs


class Port(c.Structure):
    _fields_ = [("name", c.c_void_p), ("name_length", c.c_size_t), ("element", c.c_int32),
                ("rank", c.c_uint32), ("shape", c.c_int64 * 8), ("sizes", c.c_int32 * 8),
                ("byte_count", c.c_uint64)]

    def array(self):
        return np.zeros(self.shape[:self.rank], NUMPY[self.element])


def aligned(size):
    """Zeroed memory on a page boundary."""
    return np.frombuffer(mmap.mmap(-1, max(size, 1)), np.uint8)


def bytecode(job):
    """The interpreter, through its C interface."""
    vm = c.CDLL(str(job.folder / "vm.so"))
    vm.apus_vm_memory_bytes.restype = c.c_uint64
    vm.apus_vm_input.restype = vm.apus_vm_output.restype = Port
    data = np.fromfile(job.file("apb"), np.uint8)
    code, program = aligned(data.size), c.create_string_buffer(4096)
    code[:] = data
    status = vm.apus_vm_load(c.c_void_p(code.ctypes.data), c.c_size_t(code.size), None, program)
    if status != 0:
        raise SystemExit(f"{job.name}: the interpreter refuses the bytecode, status {status}")
    memory = aligned(vm.apus_vm_memory_bytes(program))
    inputs = [value.copy() for value in random_inputs(job.file("onnx")).values()]
    count = vm.apus_vm_output_count(program)
    outputs = [vm.apus_vm_output(program, i).array() for i in range(count)]
    pointers = [(c.c_void_p * len(a))(*[x.ctypes.data for x in a]) for a in (inputs, outputs)]
    kept, place = (code, memory, inputs), c.c_void_p(memory.ctypes.data)
    return lambda: kept and vm.apus_vm_run(program, place, *pointers, None), lambda: outputs


def measured_peak(job):
    """GFLOP/s of fused multiply-adds, as a call."""
    library = c.CDLL(str(job.folder / "peak.so"))
    library.peak.restype = c.c_double
    return lambda: library.peak(c.c_double(0.03))
