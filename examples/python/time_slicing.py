"""Runs several workers on one GPU by time-slicing, with another policy while they run, as root:

    time_slicing.py --policy short --workers 3 -- python3 worker.py

Sharing itself takes no step: programs that use one GPU take turns on it, as long as its compute mode is DEFAULT. The policy says how long
a turn is; it is that of the whole GPU, holds for programs that start from then on, and is put back at the end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import gpushare
from gpushare import ComputeMode, Gpu, TimeSlice


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Shares a GPU by time-slicing.")
    parser.add_argument("--gpu", type=int, default=0, help="the GPU's index (default: 0)")
    parser.add_argument("--policy", type=TimeSlice, default=TimeSlice.SHORT, help="default, short, medium or long (default: short)")
    parser.add_argument("--workers", type=int, default=3, help="how many run at the same time (default: 3)")
    parser.add_argument("--program", help="the nvidia-smi to use, by an absolute path (default: the one on the path)")
    parser.add_argument("command", nargs="+", help="the worker")
    return parser.parse_args()


@contextmanager
def policy(gpu: Gpu, wanted: TimeSlice, program: str | None) -> Generator[None]:
    """Another policy, and the one that there was whatever comes of it."""
    before = gpu.time_slice(program=program)
    print(f"GPU {gpu.index} ({gpu.name}): the policy is {before}", flush=True)
    # By hand: nvidia-smi compute-policy -i GPU-… --set-timeslice=1. Without -i it would be the policy of every GPU.
    gpu.set_time_slice(wanted, program=program)
    print(f"GPU {gpu.index}: it is now {wanted}, for programs that start from here on", flush=True)
    try:
        yield
    finally:
        gpu.set_time_slice(before, program=program)
        print(f"GPU {gpu.index}: the policy is {before} again", flush=True)


def run(gpu: Gpu, chosen: argparse.Namespace) -> int:
    if gpu.compute_mode() is not ComputeMode.DEFAULT:
        sys.exit(f"the compute mode is {gpu.compute_mode()}: only one process may use the GPU, or none")
    with policy(gpu, chosen.policy, chosen.program), ExitStack() as stack:
        # The UUID names the GPU, whatever else is visible.
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": gpu.uuid}
        workers = [stack.enter_context(subprocess.Popen(chosen.command, env=environment)) for _ in range(chosen.workers)]
        return max(abs(worker.wait()) for worker in workers)


def main() -> int:
    chosen = arguments()
    with gpushare.Nvml() as nvml:
        return run(nvml.gpu(chosen.gpu), chosen)


if __name__ == "__main__":
    sys.exit(main())
