"""What is on a node, asked again: gpushare beside a loop with nvidia-ml-py and beside nvitop, without a cost of the driver's calls and with
what each cost on an H200.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gpushare
import pynvml  # type: ignore[import-untyped]
from measure import OURS, Bench, ms_of, ns_of
from node import GPUS, PARTS, node
from nvitop import Device, take_snapshots  # type: ignore[import-untyped]

Walk = Callable[[], "set[str]"]


def gpushare_observer(observer: gpushare.Observer) -> set[str]:
    """The next snapshot, and the same facts out of it."""
    seen = set()
    for gpu in observer.snapshot().gpus:
        gpu.name, gpu.uuid, gpu.memory, gpu.mig_enabled, gpu.processes
        for part in gpu.mig_devices:
            seen.add(str(part.uuid))
            part.name, part.gpu_instance, part.compute_instance, part.memory
    return seen


def nvidia_ml_py() -> set[str]:
    """What a script asks for that wants to know of all GPUs and MIG devices who they are, what is used, and by whom."""
    seen = set()
    for index in range(pynvml.nvmlDeviceGetCount()):
        gpu = pynvml.nvmlDeviceGetHandleByIndex(index)
        pynvml.nvmlDeviceGetName(gpu), pynvml.nvmlDeviceGetUUID(gpu)
        pynvml.nvmlDeviceGetMemoryInfo(gpu).used, pynvml.nvmlDeviceGetComputeRunningProcesses(gpu)
        if pynvml.nvmlDeviceGetMigMode(gpu)[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
            continue
        for number in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(gpu)):
            try:
                device = pynvml.nvmlDeviceGetMigDeviceHandleByIndex(gpu, number)
            except pynvml.NVMLError_NotFound:
                continue
            seen.add(pynvml.nvmlDeviceGetUUID(device))
            pynvml.nvmlDeviceGetName(device)
            pynvml.nvmlDeviceGetGpuInstanceId(device), pynvml.nvmlDeviceGetComputeInstanceId(device)
            pynvml.nvmlDeviceGetMemoryInfo(device).used, pynvml.nvmlDeviceGetComputeRunningProcesses(device)
    return seen


def nvitop_snapshots() -> set[str]:
    """nvitop's own snapshot of all devices and processes, which holds clocks, sensors and more besides."""
    devices = Device.all()
    parts = [part for device in devices for part in device.mig_devices()]
    return {snapshot.uuid for snapshot in take_snapshots([*devices, *parts]).devices if snapshot.uuid.startswith("MIG-")}


def nvitop_same_facts() -> set[str]:
    """What of it a gpushare snapshot holds too."""
    seen = set()
    for device in Device.all():
        device.name(), device.uuid(), device.memory_used(), device.mig_mode(), device.processes()
        for part in device.mig_devices():
            seen.add(part.uuid())
            part.name(), part.gpu_instance_id(), part.compute_instance_id(), part.memory_used(), part.processes()
    return seen


# A MIG device: who it is, and how much of its memory is used.
Part = tuple[str, int, int, int]


def parts_in_columns(observer: gpushare.Observer) -> list[Part]:
    names = ["uuid", "gpu_instance", "compute_instance", "memory_used_bytes"]
    return list(zip(*observer.snapshot().columns("mig_devices", names).values()))


def parts_by_nvidia_ml_py() -> list[Part]:
    parts = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        gpu = pynvml.nvmlDeviceGetHandleByIndex(index)
        for number in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(gpu)):
            try:
                device = pynvml.nvmlDeviceGetMigDeviceHandleByIndex(gpu, number)
            except pynvml.NVMLError_NotFound:
                continue
            ids = pynvml.nvmlDeviceGetGpuInstanceId(device), pynvml.nvmlDeviceGetComputeInstanceId(device)
            parts.append((pynvml.nvmlDeviceGetUUID(device), *ids, pynvml.nvmlDeviceGetMemoryInfo(device).used))
    return parts


def main() -> None:
    bench = Bench(__doc__)
    with node() as machine, machine.nvml() as nvml:
        observer = nvml.observer()
        pynvml.nvmlInit()
        first = nvidia_ml_py()
        assert len(first) == GPUS * PARTS
        walks: dict[str, Walk] = {
            OURS: lambda: gpushare_observer(observer),
            "nvidia-ml-py": nvidia_ml_py,
            "nvitop, these facts": nvitop_same_facts,
            "nvitop, its snapshot": nvitop_snapshots,
        }
        traces: dict[str, list[Any]] = {}
        for name, walk in walks.items():
            # What is warm has looked before.
            walk()
            seen, traces[name] = machine.trace(walk)
            assert seen == first, f"{name} saw something else"
        bench.keep("walks", "warm, calls", "calls", {name: [len(calls)] for name, calls in traces.items()})
        costs = {name: [sum(call.cost or 0 for call in calls) * 1e3] for name, calls in traces.items()}
        bench.keep("walks", "warm, recorded costs of the calls", "ms", costs)
        for charge, cost in (False, "free calls"), (True, "calls as on an H200"):
            machine.set_charge(charge)
            contenders = {name: ms_of(walk) for name, walk in walks.items()}
            bench.compare("walks", f"warm, {cost}", "ms", 20, contenders)
        machine.set_charge(False)
        for gpu in observer.snapshot().gpus:
            for process in gpu.processes:
                machine.remove_process(gpu.index, process.pid)
        # What the driver reserves nvidia-ml-py counts as used.
        identities = [[part[:3] for part in parts] for parts in (parts_in_columns(observer), parts_by_nvidia_ml_py())]
        assert identities[0] == identities[1] and len(identities[0]) == GPUS * PARTS
        statements = {OURS: "parts_in_columns(observer)", "nvidia-ml-py": "parts_by_nvidia_ml_py()"}
        names = {**globals(), "observer": observer}
        parts = {name: ns_of(statement, bench.times(50), names) for name, statement in statements.items()}
        bench.compare("walks", "MIG devices alone, free calls, one after the other", "ns", 101, parts)


if __name__ == "__main__":
    main()
