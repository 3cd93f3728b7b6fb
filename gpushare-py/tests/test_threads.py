"""Threads: the interpreter is not held while the driver works."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gpushare

SOURCES = Path(__file__).parents[1] / "src"


HANGING = """
import os, threading
import gpushare

machine = gpushare.simulate("1xA100-SXM4-40GB")
gpu = machine.nvml().gpu(0)
machine.set_faults("nvmlDeviceGetMigMode#1=sleep:3600000")
threading.Thread(target=gpu.mig_mode, daemon=True).start()
while machine.faults()[0].calls == 0:
    pass
print("runs while another thread is in the driver", flush=True)
"""


def test_other_threads_run_and_the_interpreter_exits_while_a_call_hangs() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "runs while another thread is in the driver\n", "")


def test_one_function_gives_up_the_interpreter() -> None:
    users = [path.name for path in SOURCES.rglob("*.rs") if re.search(r"\bdetach\b|allow_threads", path.read_text())]
    assert users == ["enter.rs"]


def test_threads_share_a_gpu() -> None:
    with gpushare.simulate("1xA100-SXM4-40GB") as machine, machine.nvml() as nvml:
        gpu = nvml.gpu(0)
        gpu.set_mig_mode(True)
        start = threading.Barrier(32)

        def work(_: int) -> int:
            start.wait()
            made = 0
            for _ in range(20):
                try:
                    with gpu.create_gpu_instance("1g.5gb") as gi, gi.create_default_compute_instance() as ci:
                        device = ci.mig_device()
                        assert device.compute_instance() == ci and device.name() == "1g.5gb"
                        made += 1
                except gpushare.InsufficientResourcesError:
                    pass
                gpu.gpu_instances()
            return made

        with ThreadPoolExecutor(32) as pool:
            assert sum(pool.map(work, range(32))) > 0
        assert gpu.gpu_instances() == []


INTERRUPTED = """
import os, signal, threading
import gpushare

machine = gpushare.simulate("1xA100-SXM4-40GB")
gpu = machine.nvml().gpu(0)
gpu.set_mig_mode(True)
stop = threading.Event()

def work():
    while not stop.is_set():
        gpu.mig_state()

threads = [threading.Thread(target=work) for _ in range(32)]
for thread in threads:
    thread.start()
try:
    print("ready", flush=True)
    while True:
        gpu.mig_mode()
except KeyboardInterrupt:
    stop.set()
    for thread in threads:
        thread.join()
    with gpu.create_gpu_instance("1g.5gb") as gi:
        print("interrupted, and still", len(gpu.gpu_instances()))
"""


def test_ctrl_c_among_32_threads() -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()
    assert (child.returncode, out, err) == (0, "interrupted, and still 1\n", "")

