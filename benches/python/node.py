"""The node that is looked at: that of benches/compare/node.rs."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import gpushare

GPUS, PARTS = 8, 7


@contextmanager
def node(*, shared: bool = False) -> Iterator[gpushare.sim.Machine]:
    """Eight H200, each with seven MIG devices, and a process on every seventh of these, until the end of the `with`."""
    workers: list[subprocess.Popen[bytes]] = []
    # The first machine of a process is what others find there when they look for libnvidia-ml.so.1.
    with gpushare.simulate(f"{GPUS}xH200", shared=shared) as machine, tempfile.TemporaryDirectory() as folder:
        try:
            with machine.nvml() as nvml:
                for index, gpu in enumerate(nvml.gpus()):
                    part = gpu.apply_layout(f"{PARTS}x1g.18gb", directory=folder).made[index % PARTS]
                    # Somebody whom procfs knows, as it knows real clients.
                    workers.append(subprocess.Popen(["sleep", "3600"]))
                    instance = part.gpu_instance_id, part.compute_instance_id
                    machine.add_process(index, workers[-1].pid, name="sleep", used_memory=1 << 30, instance=instance)
            yield machine
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
