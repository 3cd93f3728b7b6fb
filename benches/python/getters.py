"""Getters: gpushare beside nvidia-ml-py and cuda-bindings, in one process and on one simulated driver.

The simulated driver takes its own time, as NVIDIA's does, which no library can save. The contender NVML is that time: the same calls made
from C, by the library DRIVER that is built from driver.c.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass

import gpushare
import pynvml  # type: ignore[import-untyped]
from cuda.bindings import nvml as cuda  # type: ignore[import-untyped]
from measure import OURS, Bench, ns_of

CALLS = 2000


@dataclass(frozen=True)
class Case:
    name: str
    # The function of driver.c.
    driver: str
    ours: str
    nvidia_ml_py: str
    cuda_bindings: str


CASES = [
    Case("GPU count", "count", "nvml.gpu_count()", "p.nvmlDeviceGetCount()", "c.device_get_count_v2()"),
    Case("MIG mode", "mode", "gpu.mig_mode()", "p.nvmlDeviceGetMigMode(pg)", "c.device_get_mig_mode(cg)"),
    Case("memory", "memory", "gpu.memory()", "p.nvmlDeviceGetMemoryInfo(pg)", "c.device_get_memory_info_v2(cg)"),
    Case(
        "memory in use",
        "memory",
        "gpu.memory().used",
        "p.nvmlDeviceGetMemoryInfo(pg).used",
        "c.device_get_memory_info_v2(cg).used",
    ),
    Case("BAR1 memory", "bar1", "gpu.bar1_memory()", "p.nvmlDeviceGetBAR1MemoryInfo(pg)", "c.device_get_bar1_memory_info(cg)"),
    Case("UUID, again", "uuid", "gpu.uuid", "p.nvmlDeviceGetUUID(pg)", "c.device_get_uuid(cg)"),
    Case("name, again", "name", "gpu.name", "p.nvmlDeviceGetName(pg)", "c.device_get_name(cg)"),
]


def driver_alone(library: ctypes.CDLL, name: str, calls: int) -> Callable[[], float]:
    function = getattr(library, f"driver_{name}")
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_uint]
    return lambda: float(function(calls))


def main() -> None:
    bench = Bench(__doc__, "driver")
    calls = bench.times(CALLS)
    # The first machine of a process is what others find there when they look for libnvidia-ml.so.1.
    with gpushare.simulate("1xA100-SXM4-40GB") as machine, machine.nvml() as nvml:
        pynvml.nvmlInit()
        cuda.init_v2()
        library = ctypes.CDLL(str(bench.arguments.driver))
        library.driver_open()
        names: dict[str, object] = {
            "nvml": nvml,
            "gpu": nvml.gpu(0),
            "p": pynvml,
            "pg": pynvml.nvmlDeviceGetHandleByIndex(0),
            "c": cuda,
            "cg": cuda.device_get_handle_by_index_v2(0),
        }
        for case in CASES:
            contenders = {
                "NVML": driver_alone(library, case.driver, calls),
                OURS: ns_of(case.ours, calls, names),
                "nvidia-ml-py": ns_of(case.nvidia_ml_py, calls, names),
                "cuda-bindings": ns_of(case.cuda_bindings, calls, names),
            }
            bench.compare("python", case.name, "ns", 101, contenders)


if __name__ == "__main__":
    main()
