"""Every test is a process of its own with a simulated machine of its own.

The clients find the simulator as they find the driver: the dynamic linker looks for `libnvidia-ml.so.1` along
`LD_LIBRARY_PATH`, which has to be set before the interpreter starts. `--forked` gives each test a fresh process, in
which nothing has loaded the library yet.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import a100
import pynvml
import pytest

SONAME = "libnvidia-ml.so.1"


def pytest_sessionstart() -> None:
    """Refuses to run on a real driver: the tests create and destroy what they please."""
    found = next(
        (file for path in os.environ.get("LD_LIBRARY_PATH", "").split(":") if (file := Path(path, SONAME)).is_file()),
        None,
    )
    if found is None or b"GPUSHARE_SIM_MACHINE" not in found.read_bytes():
        pytest.exit(f"the {SONAME} that LD_LIBRARY_PATH leads to is no simulator: {found}", returncode=4)


@pytest.fixture(autouse=True)
def machine(request, monkeypatch):
    """A machine that the processes of this test share. The marker `machine` describes it: `2xA30`, say, or TOML."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder, "state")
        state.mkdir()
        monkeypatch.setenv("GPUSHARE_SIM_STATE", str(state))
        if marker := request.node.get_closest_marker("machine"):
            (description,) = marker.args
            if "=" in description:
                file = Path(folder, "machine.toml")
                file.write_text(description)
                description = str(file)
            monkeypatch.setenv("GPUSHARE_SIM_MACHINE", description)
        yield


@pytest.fixture
def split():
    """GPU 0 split as the recorded one."""
    pynvml.nvmlInit()
    gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
    assert pynvml.nvmlDeviceSetMigMode(gpu, pynvml.NVML_DEVICE_MIG_ENABLE) == pynvml.NVML_SUCCESS
    instances = {gi: pynvml.nvmlDeviceCreateGpuInstance(gpu, profile) for profile, gi, _, _ in a100.GPU_INSTANCES}
    for gi, profile, *_ in a100.COMPUTE_INSTANCES:
        pynvml.nvmlGpuInstanceCreateComputeInstance(instances[gi], profile)
    yield gpu
    pynvml.nvmlShutdown()


@pytest.fixture
def run():
    """Runs a program to its end, without a terminal; what it prints comes back as one text, errors included."""

    def run(program: str | Path, *arguments: str) -> subprocess.CompletedProcess:
        if not isinstance(program, Path):
            program = Path(sys.executable).with_name(program)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "120", "TERM": "dumb", "PYTHONWARNINGS": "error"}
        return subprocess.run(
            [program, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )

    return run
