"""Times the systems on one model, interleaved, and compares their outputs.

One worker process per system, pinned to the same processors; the driver goes round them in
rotating order: one discarded run, a block of about 30 ms, a 20 ms pause.
"""

import multiprocessing
import os
import statistics
import time
from typing import NamedTuple

import numpy as np
from systems import SYSTEMS, measured_limits


class Result(NamedTuple):
    """What one model's rounds gave; systems by name, those that failed in `failures` alone."""
    blocks: dict  # of each system: of each round its times in seconds
    limits: list  # of each round: GFLOP/s and GB/s of the machine
    largest: dict  # of each system but onnxruntime: the largest difference
    wrong: dict  # and the share of elements that numpy.allclose would not take
    failures: dict  # of each system: why it did not run
    busy: float  # the share of the processors' time that others took just before

    def medians(self, system):
        """Of each round the median, in seconds."""
        return [statistics.median(block) for block in self.blocks[system]]

    def times(self, system):
        return [seconds for block in self.blocks[system] for seconds in block]


def work(pipe, system, job):
    """A worker: sends the first run's outputs, then the times of one block per message."""
    os.sched_setaffinity(0, job.cpus)
    try:
        if system is measured_limits:
            rates = measured_limits(job)
            pipe.send([])
            while pipe.recv():
                pipe.send(rates())
        call, outputs = system(job)
        call()
        pipe.send([np.array(value) for value in outputs()])
    except Exception as error:
        return pipe.send(str(error).strip().split("\n")[0] or type(error).__name__)
    while pipe.recv():
        call()
        times, end = [], time.perf_counter() + 0.03
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        pipe.send(times)


def start(context, system, job):
    """A worker's process and pipe, and its first outputs or, as text, why there are none."""
    pipe, far = context.Pipe()
    process = context.Process(target=work, args=(far, system, job), daemon=True)
    process.start()
    far.close()
    try:
        return process, pipe, pipe.recv()
    except EOFError:
        process.join()
        return process, pipe, f"the process ended with {process.exitcode}"


def difference(ours, reference):
    """The largest difference, relative to the largest value of its output; the share too far off.

    Too far off is what numpy.allclose would not take with rtol 1e-3 and atol 1e-4."""
    largest, wrong, total = 0.0, 0, 0
    for a, b in zip(ours, reference, strict=True):
        if a.shape != b.shape or not np.isfinite(a).all():
            return float("inf"), 1.0
        a, b = a.astype("f8"), b.astype("f8")
        largest = max(largest, float(np.abs(a - b).max() / np.abs(b).max()))
        wrong += int((~np.isclose(a, b, rtol=1e-3, atol=1e-4)).sum())
        total += a.size
    return largest, wrong / total


def busy(seconds=0.3):
    """The share of all processors' time that is in use while this process sleeps."""
    def ticks():
        with open("/proc/stat") as file:
            return [int(word) for word in file.readline().split()[1:9]]
    before = ticks()
    time.sleep(seconds)
    spent = [b - a for a, b in zip(before, ticks())]
    return 1 - (spent[3] + spent[4]) / max(1, sum(spent))


def measure(job, names, seconds, least):
    """At least `least` rounds, and as many as fit into the seconds."""
    context, load = multiprocessing.get_context("spawn"), busy()
    workers = {name: start(context, SYSTEMS[name], job) for name in names}
    failures = {name: w[2] for name, w in workers.items() if isinstance(w[2], str)}
    if "onnxruntime" in failures:
        raise SystemExit(f"{job.name}: onnxruntime fails: {failures['onnxruntime']}")
    workers = {name: w for name, w in workers.items() if name not in failures}
    outputs = {name: w[2] for name, w in workers.items()}
    workers["limits"] = start(context, measured_limits, job)
    blocks, order, rounds = {name: [] for name in workers}, list(workers), 0
    end = time.monotonic() + seconds
    while rounds < least or time.monotonic() < end:
        for name in order:
            workers[name][1].send(True)
            blocks[name].append(workers[name][1].recv())
            time.sleep(0.02)
        order.append(order.pop(0))
        rounds += 1
    for process, *_ in workers.values():
        process.terminate()
        process.join()
    reference = outputs.pop("onnxruntime")
    found = {name: difference(value, reference) for name, value in outputs.items()}
    return Result(blocks, blocks.pop("limits"),
                  {name: pair[0] for name, pair in found.items()},
                  {name: pair[1] for name, pair in found.items()}, failures, load)
