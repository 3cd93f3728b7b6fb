"""Several processes and one machine: what one changes the others see, and each change happens once."""

import os
import signal
import subprocess
import sys
from multiprocessing import get_context

import pynvml
import pytest

CREATE = """
import pynvml
pynvml.nvmlInit()
gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
try:
    print(pynvml.nvmlGpuInstanceGetInfo(pynvml.nvmlDeviceCreateGpuInstance(gpu, 19)).id, flush=True)
except pynvml.NVMLError_InsufficientResources:
    print("full", flush=True)
"""
WAIT = "import time; time.sleep(600)"

# The IDs of the seven 1g.5gb, as recorded on GPUs of this kind.
IDS = [7, 8, 9, 11, 12, 13, 14]


def start(script):
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)


def answers(processes):
    return sorted(
        (process.communicate(timeout=60)[0].strip() for process in processes),
        key=lambda text: (not text.isdigit(), len(text), text),
    )


@pytest.fixture
def gpu():
    pynvml.nvmlInit()
    gpu = pynvml.nvmlDeviceGetHandleByIndex(0)
    pynvml.nvmlDeviceSetMigMode(gpu, pynvml.NVML_DEVICE_MIG_ENABLE)
    yield gpu
    pynvml.nvmlShutdown()


def create(gpu):
    return pynvml.nvmlGpuInstanceGetInfo(pynvml.nvmlDeviceCreateGpuInstance(gpu, 19)).id


def test_others_see_a_change_at_once(gpu):
    assert pynvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, 19) == 7
    assert answers([start(CREATE)]) == ["9"]
    assert pynvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, 19) == 6
    theirs = pynvml.nvmlDeviceGetGpuInstanceById(gpu, 9)
    pynvml.nvmlGpuInstanceDestroy(theirs)
    assert pynvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, 19) == 7


def test_instance_outlives_a_killed_process(gpu):
    process = start(CREATE + WAIT)
    assert process.stdout.readline() == "9\n"
    process.kill()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    assert pynvml.nvmlGpuInstanceGetInfo(pynvml.nvmlDeviceGetGpuInstanceById(gpu, 9)).profileId == 19


def test_no_place_is_given_twice(gpu):
    created = answers([start(CREATE) for _ in range(12)])
    assert created == [str(each) for each in IDS] + ["full"] * 5


def test_forked_children_are_processes_of_their_own(gpu):
    """The children inherit the initialised library, as those of Python's multiprocessing do."""
    assert create(gpu) == 9
    context = get_context("fork")

    def child(barrier, results):
        barrier.wait()
        try:
            results.put(create(gpu))
        except pynvml.NVMLError_InsufficientResources:
            results.put(None)

    barrier, results = context.Barrier(8), context.SimpleQueue()
    children = [context.Process(target=child, args=(barrier, results)) for _ in range(8)]
    for each in children:
        each.start()
    created = [results.get() for _ in children]
    for each in children:
        each.join()
    assert sorted(each for each in created if each is not None) == [each for each in IDS if each != 9]
    assert created.count(None) == 2
    assert pynvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, 19) == 0


def test_machine_is_that_of_its_state_folder(gpu, monkeypatch, tmp_path):
    assert create(gpu) == 9
    monkeypatch.setenv("GPUSHARE_SIM_STATE", str(tmp_path))
    elsewhere = start(
        f"{CREATE}\nprint(pynvml.nvmlDeviceGetMigMode(gpu)[0])".replace(
            "try:", "pynvml.nvmlDeviceSetMigMode(gpu, 1)\ntry:"
        )
    )
    assert answers([elsewhere]) == ["9\n1"]
    assert os.listdir(tmp_path)
