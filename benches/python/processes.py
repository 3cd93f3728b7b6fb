"""What is paid in a new process: memory and time of a library that is imported, and commands that show the node.

NVIDIA's nvidia-smi takes part where GPUSHARE_NVIDIA_TOOLS names a folder that `.ci/fetch-nvidia-tools` has filled.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gpushare
from measure import OURS, Bench, ms_of
from node import node

IMPORTS = {
    OURS: "import gpushare; nvml = gpushare.Nvml(); nvml.gpu_count()",
    "nvidia-ml-py": "import pynvml; pynvml.nvmlInit(); pynvml.nvmlDeviceGetCount()",
    "cuda-bindings": "from cuda.bindings import nvml; nvml.init_v2(); nvml.device_get_count_v2()",
    "nvitop": "import nvitop; nvitop.Device.count()",
}
# Prints by how many KiB the process grew, and how many ms that took.
MEASURED = """
import time
def resident():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))
before, begin = resident(), time.perf_counter()
{}
took = time.perf_counter() - begin
print(resident() - before, took * 1e3)
"""


def run(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout


def imports(bench: Bench) -> None:
    environment = gpushare.sim.env("8xH200")

    def sample(statement: str, which: int) -> Callable[[], float]:
        command = [sys.executable, "-c", MEASURED.format(statement)]
        return lambda: float(run(command, environment).split()[which])

    for which, (case, unit) in enumerate([("resident memory", "KiB"), ("importing and initialising", "ms")]):
        bench.compare("imports", case, unit, 10, {name: sample(code, which) for name, code in IMPORTS.items()})


def commands(bench: Bench) -> None:
    with node(shared=True) as machine:
        environment = machine.env(GPUSHARE_SIM_CHARGE="1", TERM="dumb", COLUMNS="120", LC_ALL="C.UTF-8")
        shows = {
            "python -m gpushare": [sys.executable, "-m", "gpushare"],
            "nvitop --once": [str(Path(sys.executable).with_name("nvitop")), "--once"],
        }
        if tools := os.environ.get("GPUSHARE_NVIDIA_TOOLS"):
            shows["nvidia-smi"] = [str(max(Path(tools).glob("nvidia-smi-*")))]
        else:
            print("commands: nvidia-smi is left out: GPUSHARE_NVIDIA_TOOLS is not set")
        contenders = {name: ms_of(lambda command=command: run(command, environment)) for name, command in shows.items()}
        bench.compare("commands", "calls as on an H200", "ms", 10, contenders)


def main() -> None:
    bench = Bench(__doc__)
    imports(bench)
    commands(bench)


if __name__ == "__main__":
    main()
