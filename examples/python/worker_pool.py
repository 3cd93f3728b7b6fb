"""Hands one MIG device to each worker of a pool, by CUDA_VISIBLE_DEVICES.

Runs on a simulated GPU; on a real one, ``gpushare.Nvml()`` takes the place of ``machine.nvml()``, and everything about the machine goes.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from multiprocessing.queues import SimpleQueue

import gpushare

LAYOUT = "3g.20gb, 2x2g.10gb"
BATCHES = range(12)


def take_device(devices: SimpleQueue[str]) -> None:
    """Runs once in each worker, before CUDA is initialised there."""
    os.environ[gpushare.CUDA_VISIBLE_DEVICES] = devices.get()


def train(batch: int) -> tuple[int, str, str]:
    # A real worker imports its framework here, which then sees one device.
    uuid = os.environ[gpushare.CUDA_VISIBLE_DEVICES]
    with gpushare.Nvml() as nvml:
        return batch, uuid, nvml.mig_device(uuid).name()


def main() -> None:
    # Shared, so that the workers find the same GPU.
    with gpushare.simulate("1xA100-SXM4-40GB", shared=True) as machine, tempfile.TemporaryDirectory() as folder:
        os.environ.update(machine.environment())
        gpu = machine.nvml().gpu(0)
        made = gpu.apply_layout(LAYOUT, directory=folder).made
        context = multiprocessing.get_context("spawn")
        devices: SimpleQueue[str] = context.SimpleQueue()
        for device in made:
            devices.put(device.uuid)
        with context.Pool(len(made), initializer=take_device, initargs=(devices,)) as pool:
            for batch, uuid, name in pool.imap(train, BATCHES, chunksize=1):
                print(f"batch {batch:2} on {name:8} {uuid}")
        gpu.apply_layout("off", directory=folder)
        print(f"left on the GPU: {gpu.layout()}")


if __name__ == "__main__":
    main()
