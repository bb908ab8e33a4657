"""The systems that are timed. Each is a function of a Job that returns a call and its outputs.

The call takes no arguments and runs the model once; the outputs are read by a second call.
"""

import ctypes as c
import mmap
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3] / "Examples" / "ctypes"))
from load import NUMPY, load  # noqa: E402


class Job(NamedTuple):
    """What a worker needs to time one model."""
    name: str
    folder: Path
    cpus: list

    @property
    def threads(self):
        return len(self.cpus)

    def file(self, ending):
        return str(self.folder / f"{self.name}.{ending}")

    def library(self, compiler):
        return self.file(f"{compiler}-{self.threads}.so")

    def inputs(self):
        """Inputs by name."""
        return dict(np.load(self.file("npz")))


def onnxruntime(job):
    """onnxruntime, with inputs and outputs bound."""
    import onnxruntime as ort
    settings = ort.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = job.threads, 1
    settings.log_severity_level = 3
    session = ort.InferenceSession(job.file("onnx"), settings, ["CPUExecutionProvider"])
    binding = session.io_binding()
    for name, value in job.inputs().items():
        binding.bind_cpu_input(name, value)
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding), binding.copy_outputs_to_cpu


def openvino(job):
    """OpenVINO in single precision, one stream, inputs shared."""
    import openvino as ov
    core = ov.Core()
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1,
                "INFERENCE_NUM_THREADS": job.threads, "ENABLE_CPU_PINNING": False}
    model = core.compile_model(core.read_model(job.file("onnx")), "CPU", settings)
    request = model.create_infer_request()
    inputs = job.inputs()
    for name, value in inputs.items():
        request.set_tensor(name, ov.Tensor(value, shared_memory=True))

    def call(kept=inputs):
        request.start_async()
        request.wait()
    return call, lambda: [request.get_output_tensor(i).data for i in range(len(model.outputs))]


def compiled(job, compiler):
    """The generated C as a shared library."""
    model = load(job.library(compiler), job.name)
    for array, value in zip(model.inputs, job.inputs().values(), strict=True):
        array[...] = value
    if model.status != 0 or model.invoke() != 0:
        raise RuntimeError("the compiled model reports an error")
    return model.invoke, lambda: model.outputs


def gcc(job):
    return compiled(job, "gcc")


def clang(job):
    return compiled(job, "clang")


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
        raise RuntimeError(f"the interpreter refuses the bytecode, status {status}")
    memory = aligned(vm.apus_vm_memory_bytes(program))
    inputs = [value.copy() for value in job.inputs().values()]
    count = vm.apus_vm_output_count(program)
    outputs = [vm.apus_vm_output(program, i).array() for i in range(count)]
    pointers = [(c.c_void_p * len(a))(*[x.ctypes.data for x in a]) for a in (inputs, outputs)]
    kept, place = (code, memory, inputs), c.c_void_p(memory.ctypes.data)
    return lambda: kept and vm.apus_vm_run(program, place, *pointers, None), lambda: outputs


def measured_limits(job):
    """GFLOP/s of fused multiply-adds and GB/s of memory, all threads together, as a call."""
    library, pool = c.CDLL(str(job.folder / "limits.so")), ThreadPoolExecutor(job.threads)
    library.peak.restype = library.reads.restype = c.c_double
    together = lambda function: sum(pool.map(lambda _: function(), range(job.threads)))
    return lambda: (together(lambda: library.peak(c.c_double(0.02))),
                    together(lambda: library.reads(c.c_long(256 << 20), c.c_double(0))))


SYSTEMS = {system.__name__: system for system in (onnxruntime, openvino, gcc, clang, bytecode)}
PEERS, COMPILERS = ("onnxruntime", "openvino"), ("gcc", "clang")
