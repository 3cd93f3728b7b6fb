"""Shares a real GPU through the Python package and records what came of it: ``sharing.py RECORD.json [PART...]``.

Needs a GPU, PyTorch, root (for the sessions' directories under /run) and NVIDIA's ``nvidia-cuda-mps-control``. It starts MPS sessions of its own
and ends them; MIG mode, compute mode, clocks and time-slice policy stay as they are.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gpushare
from gpushare import Gpu, MpsSession

WORKER = Path(__file__).with_name("worker.py")
PROCESSES = (1, 2, 4, 8)
PERCENTAGES = (100, 75, 50, 40, 30, 25, 20, 14, 12, 8)
SECONDS = 3.0
#: Every worker has read its line by then.
HEAD_START = 0.3

Record = dict[str, Any]


def answer(worker: subprocess.Popen[str]) -> Record:
    assert worker.stdout
    line = worker.stdout.readline()
    return json.loads(line) if line else {"failed": f"it ended with status {worker.wait()}"}


def type_in_nvidia_smi(pid: int) -> str | None:
    """What NVML takes a process for: ``M+C`` is a client of MPS that computes."""
    # `|    0   N/A  N/A             429    M+C   python3                  570MiB |`
    rows = [line.split() for line in subprocess.run(["nvidia-smi"], capture_output=True, text=True, check=True).stdout.splitlines()]
    return next((row[5] for row in rows if len(row) > 5 and row[4] == str(pid)), None)


def work(workload: str, count: int, session: MpsSession | None = None, seconds: float = SECONDS) -> list[Record]:
    """Runs workers together, and says what each was given and did."""
    environment = session.env() if session else None
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                subprocess.Popen([sys.executable, WORKER, workload], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
            )
            for _ in range(count)
        ]
        ready = [answer(worker) for worker in workers]
        if session:
            for worker, said in zip(workers, ready, strict=True):
                session.verify_client(worker.pid, 10.0)
                said["type"] = type_in_nvidia_smi(worker.pid)
        start = time.monotonic() + HEAD_START
        for worker in workers:
            assert worker.stdin
            worker.stdin.write(f"{start} {seconds}\n")
            worker.stdin.flush()
        return [said | answer(worker) for said, worker in zip(ready, workers, strict=True)]


def rate(workers: list[Record]) -> float:
    done: list[int] = [worker["done"] for worker in workers]
    return round(sum(done) / SECONDS, 1)


def latency(workers: list[Record], percentile: str) -> float:
    of_each: list[float] = [worker[percentile] for worker in workers]
    return max(of_each)


def side_by_side(gpu: Gpu) -> Record:
    """Time-slicing and MPS in turn, for each number of processes and each workload."""
    rows = []
    for workload in ("large", "small"):
        for count in PROCESSES:
            sliced = work(workload, count)
            with gpushare.mps_session(gpu) as session:
                shared = work(workload, count, session)
            row: Record = {"workload": workload, "processes": count, "time_slicing": {"per_second": rate(sliced)}, "mps": {"per_second": rate(shared)}}
            if workload == "small":
                for percentile in ("p50_us", "p90_us", "p99_us"):
                    row["time_slicing"][percentile] = latency(sliced, percentile)
                    row["mps"][percentile] = latency(shared, percentile)
            rows.append(row)
            print(row, flush=True)
    return {"side_by_side": rows}


def by_percentage(gpu: Gpu) -> Record:
    """What a client gets of the GPU at a percentage, and whether half-precision products come out right."""
    rows = []
    total = work("fifty", 1)[0]["multiprocessors"]
    for percent in PERCENTAGES:
        with gpushare.mps_session(gpu, active_thread_percentage=percent) as session:
            advised = [str(advisory) for advisory in session.advisories]
            large = work("large", 1, session)
            right = work("exact", 1, session)
        row = {
            "percentage": percent,
            "multiprocessors": large[0]["multiprocessors"],
            "predicted": gpushare.mps_multiprocessors(percent, total),
            "large_per_second": rate(large),
            "half_precision_relative_error": right[0].get("relative_error", right[0].get("failed")),
            "advised_against": bool(advised),
        }
        assert row["multiprocessors"] == row["predicted"], row
        rows.append(row)
        print(row, flush=True)
    return {"by_percentage": rows, "multiprocessors": total}


def limits_and_end(gpu: Gpu) -> Record:
    """A session from start to end: limits, clients in NVML's eyes, one of them terminated, and nothing left."""
    with gpushare.mps_session(gpu, active_thread_percentage=50, pinned_device_memory_limit_mib=8192) as session:
        memory = work("memory", 2, session)
        seen = sorted(client.name or "" for client in gpu.processes())
        started = time.monotonic()
        report = session.close()
    left = sorted(path.name for path in Path(session.daemon.pipe_directory.path).iterdir())
    return {
        "limit_8_gib": memory,
        "left_on_the_gpu_before_the_end": seen,
        "close_seconds": round(time.monotonic() - started, 3),
        "servers_ended": len(report.servers),
        "killed": list(report.killed),
        "left_in_pipe_directory": left,
        "compute_mode": gpu.compute_mode().name,
    }


def fifty(gpu: Gpu) -> Record:
    """Two workers of fifty products each, by turns and under MPS."""
    sliced = [worker["seconds"] for worker in work("fifty", 2)]
    with gpushare.mps_session(gpu) as session:
        shared = [worker["seconds"] for worker in work("fifty", 2, session)]
    return {"fifty_products": {"alone": work("fifty", 1)[0]["seconds"], "time_slicing": sliced, "mps": shared}}


def main() -> None:
    with gpushare.Nvml() as nvml:
        gpu = nvml.gpu(0)
        record: Record = {"gpu": gpu.name, "driver": nvml.driver_version(), "seconds_each": SECONDS}
        for part in (limits_and_end, fifty, by_percentage, side_by_side):
            if part.__name__ in sys.argv[2:] or not sys.argv[2:]:
                record |= part(gpu)
            Path(sys.argv[1]).write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
