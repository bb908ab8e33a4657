#!/usr/bin/env python3
"""Times a compiled model against onnxruntime, interleaved in one run, and compares outputs.

One worker process per system, pinned to one processor; the driver goes round them in rotating
order: one discarded run, a block of about 30 ms, a 20 ms pause. Ratios are of medians.
    usage: compare.py MODEL.onnx MODEL.so [--name NAME] [--dim N=1 ...] [--seconds 5] [--cpu 1]
"""

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3] / "Examples" / "ctypes"))
from load import NUMPY, load  # noqa: E402


def random_inputs(path, dims):
    """Seeded inputs by name, and the names of the symbols in order of appearance."""
    import onnx
    graph, rng, inputs, symbols = onnx.load(path).graph, np.random.default_rng(1), {}, []
    constants = {initializer.name for initializer in graph.initializer}
    for value in graph.input:
        kind = value.type.tensor_type
        if value.name in constants:
            continue
        axes = kind.shape.dim
        symbols += [a.dim_param for a in axes if a.dim_param and a.dim_param not in symbols]
        shape = [dims.get(a.dim_param, 1) if a.dim_param else a.dim_value for a in axes]
        inputs[value.name] = rng.random(shape).astype(NUMPY[kind.elem_type])
    return inputs, symbols


def ours(options, inputs, symbols):
    """A call without arguments that runs the compiled model, and its outputs."""
    dims = [options.dims.get(symbol, 1) for symbol in symbols]
    model = load(os.path.abspath(options.library), options.name, None, dims)
    for array, value in zip(model.inputs, inputs.values()):
        array[...] = value
    if model.status != 0 or model.invoke() != 0:
        raise SystemExit("the compiled model reports an error")
    return model.invoke, lambda: model.outputs


def onnxruntime(options, inputs, _):
    """The same for onnxruntime on one thread, with inputs and outputs bound."""
    import onnxruntime as ort
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    session = ort.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for name, value in inputs.items():
        binding.bind_cpu_input(name, value)
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding), binding.copy_outputs_to_cpu


def work(pipe, system, options):
    """A worker: answers each message with the times of one block, the first with the outputs."""
    os.sched_setaffinity(0, {options.cpu})
    call, outputs = system(options, *random_inputs(options.model, options.dims))
    call()
    pipe.send([np.array(value) for value in outputs()])
    while pipe.recv():
        call()
        times, end = [], time.perf_counter() + 0.03
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        pipe.send(times)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("library")
    parser.add_argument("--name", help="the prefix of the library's functions")
    parser.add_argument("--dim", action="append", default=[], metavar="N=1")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    options = parser.parse_args()
    options.name = options.name or Path(options.model).stem
    options.dims = {d.split("=")[0]: int(d.split("=")[1]) for d in options.dim}
    return options


def main():
    options, pipes, outputs = parse(), {}, {}
    context = multiprocessing.get_context("spawn")
    for system in (ours, onnxruntime):
        pipes[system], far = context.Pipe()
        context.Process(target=work, args=(far, system, options), daemon=True).start()
        far.close()
        outputs[system] = pipes[system].recv()
    times, order = {system: [] for system in pipes}, list(pipes)
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        for system in order:
            pipes[system].send(True)
            times[system] += pipes[system].recv()
            time.sleep(0.02)
        order.append(order.pop(0))
    medians = {system: statistics.median(block) for system, block in times.items()}
    for system, block in times.items():
        print(f"{system.__name__:12} median {medians[system] * 1e6:10.2f} us  minimum "
              f"{min(block) * 1e6:10.2f} us  runs {len(block)}")
    print(f"ratio ours / onnxruntime: {medians[ours] / medians[onnxruntime]:.3f}")
    pairs = zip(outputs[ours], outputs[onnxruntime])
    worst = max(float(np.max(np.abs(a.astype("f8") - b.astype("f8")), initial=0)) for a, b in pairs)
    print(f"largest difference of outputs: {worst:.3g}")


if __name__ == "__main__":
    main()
