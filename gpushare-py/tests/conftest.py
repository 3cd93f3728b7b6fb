from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import gpushare
import pytest

pytest_plugins = ["pytester"]

# Nothing of the caller's reaches the tests.
for name in ("GPUSHARE_NVML_LIBRARY", "GPUSHARE_SIM_FAULTS", "GPUSHARE_SIM_MACHINE", "GPUSHARE_SIM_STATE", "GPUSHARE_SIM_ROOT"):
    os.environ.pop(name, None)


# What runs the tests as a background job may have them, and so their children, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def machine() -> Iterator[gpushare.Machine]:
    with gpushare.simulate() as machine:
        yield machine


@pytest.fixture
def procfs(tmp_path: Path) -> Path:
    """A folder in the place of `/proc`, without processes."""
    path = tmp_path / "proc"
    path.mkdir()
    return path


@pytest.fixture
def nvml(machine: gpushare.Machine, procfs: Path) -> Iterator[gpushare.Nvml]:
    with machine.nvml(procfs=procfs) as nvml:
        yield nvml


@pytest.fixture
def gpu(nvml: gpushare.Nvml) -> gpushare.Gpu:
    return nvml.gpu(0)


@pytest.fixture
def mig(gpu: gpushare.Gpu) -> gpushare.Gpu:
    gpu.set_mig_mode(True)
    return gpu


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journals"
