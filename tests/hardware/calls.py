"""What a snapshot of a real node costs beside other libraries: ``calls.py RECORD.json [ROUNDS]``.

Needs a GPU, nvidia-ml-py and nvitop. It only reads. Each round asks in turn for the same facts of every GPU: identity, memory, use, MIG mode,
compute mode and processes. Written are the microseconds of the rounds' median, and of their middle half how far it spreads.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gpushare
import nvitop
import pynvml

ROUNDS = 101
#: Of one contender in a row.
CALLS = 10
#: nvidia-smi and whatever begins by loading the driver's library takes milliseconds, so a few rounds tell.
FEW = 11


def ours(observer: gpushare.Observer) -> list[Any]:
    return [
        (gpu.uuid, gpu.name, gpu.memory, gpu.utilization, gpu.mig_enabled, gpu.compute_mode, gpu.processes) for gpu in observer.snapshot().gpus
    ]


def nvidia_ml_py() -> list[Any]:
    rows = []
    for index in range(pynvml.nvmlDeviceGetCount()):
        gpu = pynvml.nvmlDeviceGetHandleByIndex(index)
        processes = [*pynvml.nvmlDeviceGetComputeRunningProcesses(gpu), *pynvml.nvmlDeviceGetGraphicsRunningProcesses(gpu)]
        rows.append(
            (
                pynvml.nvmlDeviceGetUUID(gpu),
                pynvml.nvmlDeviceGetName(gpu),
                pynvml.nvmlDeviceGetMemoryInfo(gpu),
                pynvml.nvmlDeviceGetUtilizationRates(gpu),
                pynvml.nvmlDeviceGetMigMode(gpu),
                pynvml.nvmlDeviceGetComputeMode(gpu),
                [(process.pid, process.usedGpuMemory, pynvml.nvmlSystemGetProcessName(process.pid)) for process in processes],
            )
        )
    return rows


def nvitop_facts() -> list[Any]:
    return [
        (
            gpu.uuid(),
            gpu.name(),
            gpu.memory_info(),
            gpu.utilization_rates(),
            gpu.mig_mode(),
            gpu.compute_mode(),
            [process.name() for process in gpu.processes().values()],
        )
        for gpu in nvitop.Device.all()
    ]


def nvitop_snapshot() -> list[Any]:
    return [gpu.as_snapshot() for gpu in nvitop.Device.all()]


def nvidia_smi() -> None:
    fields = "uuid,name,memory.used,utilization.gpu,mig.mode.current,compute_mode"
    subprocess.run(["nvidia-smi", f"--query-gpu={fields}", "--format=csv"], check=True, capture_output=True)


def cold_ours() -> None:
    with gpushare.Nvml() as nvml:
        ours(nvml.observer())


def cold_nvidia_ml_py() -> None:
    pynvml.nvmlInit()
    nvidia_ml_py()
    pynvml.nvmlShutdown()


def measure(contenders: dict[str, Callable[[], Any]], rounds: int, calls: int = 1) -> dict[str, dict[str, float]]:
    """In turn, in another order in each round, so many calls in a row, of which the first does not count where there are several."""
    chance = random.Random(1)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(-2, rounds):
        for name in chance.sample(list(contenders), len(contenders)):
            work = contenders[name]
            if calls > 1:
                work()
            start = time.perf_counter_ns()
            for _ in range(calls):
                work()
            if number >= 0:
                times[name].append((time.perf_counter_ns() - start) / 1e3 / calls)
    found = {}
    for name, values in times.items():
        low, middle, high = statistics.quantiles(values, n=4)
        found[name] = {"us": round(middle, 1), "spread": round((high - low) / 2 / middle, 3)}
    return found


def main() -> None:
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS
    # Before another library keeps the driver's open, which would make it begin faster.
    cold = measure({"gpushare": cold_ours, "nvidia-ml-py": cold_nvidia_ml_py, "nvidia-smi": nvidia_smi}, FEW)
    pynvml.nvmlInit()
    with gpushare.Nvml() as nvml:
        observer = nvml.observer()
        warm = measure(
            {"gpushare": lambda: ours(observer), "nvidia-ml-py": nvidia_ml_py, "nvitop, the same facts": nvitop_facts}, rounds, CALLS
        )
        # It waits 20 ms for each of some counters.
        warm["nvitop, its snapshot"] = measure({"": nvitop_snapshot}, FEW)[""]
        processes = sum(len(gpu.processes) for gpu in observer.snapshot().gpus)
        record = {"gpu": nvml.gpu(0).name, "gpus": nvml.gpu_count(), "driver": nvml.driver_version(), "processes": processes}
        record |= {"cold": cold, "warm": warm}
    Path(sys.argv[1]).write_text(json.dumps(record, indent=1) + "\n")
    for part in ("cold", "warm"):
        for name, found in record[part].items():
            print(f"{part} {name:24} {found['us']:10.1f} us, {found['us'] / record[part]['gpushare']['us']:7.1f} times gpushare")


if __name__ == "__main__":
    main()
