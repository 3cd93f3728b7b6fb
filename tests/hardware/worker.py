"""A program that shares a GPU: ``worker.py WORKLOAD`` says that it is ready, waits for ``START SECONDS`` on its input, works, and says what it did.

Both answers are a line of JSON. START is a time of the system's monotonic clock, so that many workers begin at once;
one that is past is now. The workloads:

large   products of two 4096 x 4096 float32 matrices, as many as fit; one fills the GPU
small   eight layers of 512 x 512 in half precision on eight rows, waited for after each step, as a service answers requests
fifty   fifty products of 4096 x 4096, timed as one (SECONDS does not matter)
exact   half-precision products beside the same in float32: the greatest relative error of several shapes
memory  how much memory can be allocated, up to the first GiB that is refused
"""

import json
import sys
import time

import torch

DEVICE = torch.device("cuda:0")
SHAPES = [(16, 2048, 1000), (128, 4096, 4096), (512, 1024, 3000), (2048, 2048, 2048)]


def say(**answer: object) -> None:
    print(json.dumps(answer), flush=True)


def large(until: float) -> dict[str, object]:
    a, b = torch.randn(2, 4096, 4096, device=DEVICE)
    done = 0
    while time.monotonic() < until:
        for _ in range(4):
            a @ b
        torch.cuda.synchronize()
        done += 4
    return {"done": done}


def small(until: float) -> dict[str, object]:
    layers = [torch.randn(512, 512, device=DEVICE, dtype=torch.half) / 23 for _ in range(8)]
    first = torch.randn(8, 512, device=DEVICE, dtype=torch.half)
    latencies = []
    while (start := time.monotonic()) < until or not latencies:
        x = first
        for layer in layers:
            x = torch.relu(x @ layer)
        torch.cuda.synchronize()
        latencies.append(time.monotonic() - start)
    latencies.sort()
    percentiles = {f"p{p}_us": round(latencies[min(len(latencies) - 1, len(latencies) * p // 100)] * 1e6, 1) for p in (50, 90, 99)}
    return {"done": len(latencies)} | percentiles


def fifty(_until: float) -> dict[str, object]:
    a, b = torch.randn(2, 4096, 4096, device=DEVICE)
    torch.cuda.synchronize()
    start = time.monotonic()
    for _ in range(50):
        a @ b
    torch.cuda.synchronize()
    return {"seconds": round(time.monotonic() - start, 4)}


def exact(_until: float) -> dict[str, object]:
    torch.manual_seed(0)
    worst = 0.0
    for rows, inner, columns in SHAPES:
        a, b = torch.randn(rows, inner, device=DEVICE), torch.randn(inner, columns, device=DEVICE)
        wanted = a @ b
        for kind in (torch.half, torch.bfloat16):
            got = (a.to(kind) @ b.to(kind)).float()
            error = ((got - wanted).norm() / wanted.norm()).item()
            worst = max(worst, error if error == error else float("inf"))
    return {"relative_error": worst if worst < 1e30 else 1e30}


def memory(_until: float) -> dict[str, object]:
    held = []
    try:
        while True:
            held.append(torch.empty(1 << 30, dtype=torch.uint8, device=DEVICE))
    except torch.cuda.OutOfMemoryError as error:
        return {"gib": len(held), "refused": type(error).__name__}


def main() -> None:
    workload = {"large": large, "small": small, "fifty": fifty, "exact": exact, "memory": memory}[sys.argv[1]]
    # Without a first piece of work there is no context, and the daemon does not know the process.
    workload(time.monotonic() + 0.2) if workload in (large, small, fifty) else torch.zeros(1, device=DEVICE)
    torch.cuda.synchronize()
    say(ready=True, multiprocessors=torch.cuda.get_device_properties(DEVICE).multi_processor_count)
    start, seconds = map(float, sys.stdin.readline().split())
    start = max(start, time.monotonic())
    time.sleep(max(0.0, start - time.monotonic()))
    try:
        say(**workload(start + seconds))
    except torch.AcceleratorError as error:
        say(failed=str(error).splitlines()[0])


if __name__ == "__main__":
    main()
