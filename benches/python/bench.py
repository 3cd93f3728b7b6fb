"""usage: bench.py DRIVER.SO [ROUNDS]

What a call takes through gpushare, nvidia-ml-py and cuda-bindings, on one simulated node of eight A100 with seven MIG devices each. The
libraries are measured in turn in each round, in one process and on one driver; printed are medians of the rounds in ns, the spread of the
middle half of them, and how many times as long the others take.

The simulated driver takes its own time, as NVIDIA's does, which no library can save. `driver` is that time, measured from C, and the
last columns compare what the libraries add to it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import statistics
import sys
import tempfile
import timeit
from collections.abc import Callable
from dataclasses import dataclass

import gpushare

# Set in the process in which the simulated driver stands in the place of the driver.
READY = "GPUSHARE_BENCH_READY"
LIBRARIES = ("gpushare", "nvidia-ml-py", "cuda-bindings")
# Rounds that do not count.
WARM_UP = 2

OURS_WALK = """
for gpu in nvml.gpus():
    for device in gpu.mig_devices():
        device.uuid, device.gpu_instance_id, device.compute_instance_id, device.memory().used
"""
PYNVML_WALK = """
for index in range(p.nvmlDeviceGetCount()):
    parent = p.nvmlDeviceGetHandleByIndex(index)
    for number in range(p.nvmlDeviceGetMaxMigDeviceCount(parent)):
        try:
            device = p.nvmlDeviceGetMigDeviceHandleByIndex(parent, number)
        except p.NVMLError_NotFound:
            continue
        p.nvmlDeviceGetUUID(device), p.nvmlDeviceGetGpuInstanceId(device), p.nvmlDeviceGetComputeInstanceId(device)
        p.nvmlDeviceGetMemoryInfo(device).used
"""
CUDA_WALK = """
for index in range(c.device_get_count_v2()):
    parent = c.device_get_handle_by_index_v2(index)
    for number in range(c.device_get_max_mig_device_count(parent)):
        try:
            device = c.device_get_mig_device_handle_by_index(parent, number)
        except c.NotFoundError:
            continue
        c.device_get_uuid(device), c.device_get_gpu_instance_id(device), c.device_get_compute_instance_id(device)
        c.device_get_memory_info_v2(device).used
"""


@dataclass(frozen=True)
class Case:
    name: str
    driver: str
    calls: int
    statements: tuple[str, str, str]


CASES = [
    Case("GPU count", "count", 2000, ("nvml.gpu_count()", "p.nvmlDeviceGetCount()", "c.device_get_count_v2()")),
    Case("MIG mode", "mode", 2000, ("gpu.mig_mode()", "p.nvmlDeviceGetMigMode(pg)", "c.device_get_mig_mode(cg)")),
    Case("memory", "memory", 2000, ("gpu.memory()", "p.nvmlDeviceGetMemoryInfo(pg)", "c.device_get_memory_info_v2(cg)")),
    Case(
        "memory in use",
        "memory",
        2000,
        ("gpu.memory().used", "p.nvmlDeviceGetMemoryInfo(pg).used", "c.device_get_memory_info_v2(cg).used"),
    ),
    Case("BAR1 memory", "bar1", 2000, ("gpu.bar1_memory()", "p.nvmlDeviceGetBAR1MemoryInfo(pg)", "c.device_get_bar1_memory_info(cg)")),
    Case("UUID, again", "uuid", 2000, ("gpu.uuid", "p.nvmlDeviceGetUUID(pg)", "c.device_get_uuid(cg)")),
    Case("name, again", "name", 2000, ("gpu.name", "p.nvmlDeviceGetName(pg)", "c.device_get_name(cg)")),
    Case("56 MIG devices", "walk", 5, (OURS_WALK, PYNVML_WALK, CUDA_WALK)),
]


def divide(nvml: gpushare.Nvml) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = [device for gpu in nvml.gpus() for device in gpu.apply_layout("7x1g.5gb", directory=folder).made]
    assert len(made) == 56, "every GPU has seven MIG devices"


def open_driver(path: str) -> ctypes.CDLL:
    driver = ctypes.CDLL(path)
    driver.driver_open()
    for case in CASES:
        function = getattr(driver, f"driver_{case.driver}")
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_uint]
    return driver


def works(case: Case, driver: ctypes.CDLL, names: dict[str, object]) -> list[Callable[[], float]]:
    """What measures the ns of a call: of the driver alone, and through each library."""

    def through(timer: timeit.Timer) -> Callable[[], float]:
        return lambda: timer.timeit(case.calls) / case.calls * 1e9

    # Collecting what a library leaves behind is a part of its cost.
    timers = [timeit.Timer(statement, "gc.enable()", globals={**names, "gc": gc}) for statement in case.statements]
    return [lambda: float(getattr(driver, f"driver_{case.driver}")(case.calls)), *map(through, timers)]


def measure(measured: list[list[Callable[[], float]]], rounds: int) -> list[list[list[float]]]:
    """For each case and round the times. Whatever else the machine does for a while falls on all cases."""
    found: list[list[list[float]]] = [[] for _ in measured]
    for number in range(-WARM_UP, rounds):
        for case, times_of in zip(measured, found, strict=True):
            # Whoever comes first in one round comes last in another.
            order = [(number + at) % len(case) for at in range(len(case))]
            times = {}
            for which in order:
                # Nobody pays for what others left.
                gc.collect()
                times[which] = case[which]()
            if number >= 0:
                times_of.append([times[which] for which in range(len(case))])
    return found


def spread(values: list[float]) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:,.0f} ±{(high - low) / 2 / middle:.0%}"


def times(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.1f}"


def row(case: Case, found: list[list[float]]) -> list[str]:
    alone = statistics.median(line[0] for line in found)
    cells = [case.name, *(spread([line[which] for line in found]) for which in range(4))]
    cells += [times([line[other] / line[1] for line in found]) for other in (2, 3)]
    own = [statistics.median(line[which] for line in found) - alone for which in (1, 2, 3)]
    # What never reaches the driver takes less than it.
    return cells + [f"{other / own[0]:.1f}" if own[0] > 0 else "-" for other in own[1:]]


def main() -> None:
    if READY not in os.environ:
        environment = gpushare.sim.env("8xA100-SXM4-40GB", **{READY: "1"})
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)
    import pynvml  # type: ignore[import-untyped]
    from cuda.bindings import nvml as cuda  # type: ignore[import-untyped]

    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 101
    with gpushare.Nvml() as nvml:
        divide(nvml)
        pynvml.nvmlInit()
        cuda.init_v2()
        driver = open_driver(sys.argv[1])
        names: dict[str, object] = {
            "nvml": nvml,
            "gpu": nvml.gpu(0),
            "p": pynvml,
            "pg": pynvml.nvmlDeviceGetHandleByIndex(0),
            "c": cuda,
            "cg": cuda.device_get_handle_by_index_v2(0),
        }
        head = ["ns a call", "driver", *LIBRARIES, "times", "times", "added", "added"]
        under = ["", "", "", "", "", "nv-ml-py", "cuda-b", "nv-ml-py", "cuda-b"]
        found = measure([works(case, driver, names) for case in CASES], rounds)
        table = [head, under, *map(row, CASES, found)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print(line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)), sep="  ")


if __name__ == "__main__":
    main()
