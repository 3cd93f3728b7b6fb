"""Tests of your_program.py on the simulated driver, which `LD_LIBRARY_PATH` leads to."""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("your_program.py")


def run(*arguments, **environment):
    program = [sys.executable, PROGRAM, *map(str, arguments)]
    return subprocess.run(program, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60)


def control(command, **values):
    """Does something to the machine that NVML has no calls for."""
    nvml = ctypes.CDLL("libnvidia-ml.so.1")
    table = ctypes.POINTER(ctypes.c_void_p)()
    assert nvml.nvmlInternalGetExportTable(ctypes.byref(table), b"gpushare-sim/ctl") == 0, "not the simulated driver"
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)(table[1])
    reply = ctypes.create_string_buffer(1 << 20)
    call(json.dumps({"command": command, **values}).encode(), reply, len(reply))
    answer = json.loads(reply.value)
    assert "error" not in answer, answer["error"]
    return answer["ok"]


@pytest.fixture(scope="module", autouse=True)
def state(tmp_path_factory):
    """One machine for this process and those that it starts."""
    folder = tmp_path_factory.mktemp("machine")
    os.environ["GPUSHARE_SIM_STATE"] = str(folder)
    yield
    del os.environ["GPUSHARE_SIM_STATE"]


@pytest.fixture(autouse=True)
def machine(state):
    """A new machine for each test, in the place of the last one's."""
    control("configure", config={"gpu": [{"model": "A100-SXM4-40GB"}]})


def instances():
    return control("state")["machine"]["gpus"][0]["gpu_instances"]


def test_default_machine():
    assert run(9, 2).stdout == "NVIDIA A100-SXM4-40GB: GPU instance 1, compute instance 0\n"


def test_another_machine(tmp_path):
    done = run(14, 1, GPUSHARE_SIM_MACHINE="2xH100-SXM5-80GB", GPUSHARE_SIM_STATE=str(tmp_path))
    assert done.stdout == "NVIDIA H100 80GB HBM3: GPU instance 3, compute instance 0\n"
    done = run(14, 1, GPUSHARE_SIM_MACHINE="1xT4", GPUSHARE_SIM_STATE="")
    assert (done.returncode, done.stderr) == (1, "Not Supported\n")


def test_two_processes_share_the_machine():
    assert run(9, 2).returncode == 0
    assert run(9, 2).stdout == "NVIDIA A100-SXM4-40GB: GPU instance 2, compute instance 0\n"
    assert run(9, 2).stderr == "Insufficient Resources\n"


def test_nothing_is_left_when_the_second_step_fails():
    done = run(9, 2, GPUSHARE_SIM_FAULTS="nvmlGpuInstanceCreateComputeInstance#1=INSUFFICIENT_RESOURCES")
    assert (done.returncode, done.stderr) == (1, "Insufficient Resources\n")
    assert instances() == {}


def test_something_is_left_when_the_program_is_killed():
    done = run(9, 2, GPUSHARE_SIM_FAULTS="nvmlGpuInstanceCreateComputeInstance#1=kill")
    assert done.returncode == -9
    assert list(instances()) == ["1"]


def test_gpu_in_use():
    process = {"pid": 4711, "name": "python3", "kind": "compute", "used_memory": 1 << 30, "instance": None}
    control("add_process", gpu=0, process=process)
    assert run(9, 2).stderr == "In use by another client\n"
    control("remove_process", gpu=0, pid=4711)
    assert run(9, 2).returncode == 0


def test_calls(tmp_path):
    trace = tmp_path / "trace"
    run(9, 2, GPUSHARE_SIM_TRACE=str(trace))
    calls = [line.split(" ", 1)[1] for line in trace.read_text().splitlines()]
    assert "nvmlDeviceCreateGpuInstance(gpu0, 9, out) = SUCCESS" in calls
    assert calls[-1] == "nvmlShutdown() = SUCCESS"
