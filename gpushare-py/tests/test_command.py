"""`python -m gpushare`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import gpushare
import pytest


def run(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    program = [sys.executable, "-W", "error", "-m", "gpushare", *arguments]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


TABLE = """\
driver 580.126.09, NVML 13.580.126.09, CUDA 13.0

Device  Name                   MIG, placement  MiB used / total  UUID                                      Processes
GPU 0   NVIDIA A100-SXM4-40GB  disabled        0 / 40960         GPU-999ee0ea-cda7-c730-7013-4cbeb7a3879d
GPU 1   Tesla T4               not supported   0 / 15360         GPU-5bcd18cb-6e4c-dc21-5e02-b8f5cfb8884c
"""


def test_the_table() -> None:
    code, out, err = run("--simulate", "1xA100-SXM4-40GB+1xT4")
    assert (code, err) == (0, "")
    assert [line.split("GPU-")[0].rstrip() for line in out.splitlines()] == [line.split("GPU-")[0].rstrip() for line in TABLE.splitlines()]


@dataclass
class Divided:
    """A machine that has instances and a process."""

    environment: dict[str, str]
    uuids: list[str]
    procfs: str


@pytest.fixture
def divided(folder: Path, procfs: Path) -> Iterator[Divided]:
    with gpushare.simulate("1xA100-SXM4-40GB", shared=True) as machine, machine.nvml() as nvml:
        made = nvml.gpu(0).apply_layout("4g.20gb, 2g.10gb[2x1c]", directory=folder).made
        machine.add_process(0, 4711, name="python3\x1b[2J", used_memory=1 << 30, instance=(made[0].gpu_instance_id, 0))
        yield Divided(machine.env(), [device.uuid for device in made], str(procfs))


def test_the_table_of_a_divided_gpu(divided: Divided) -> None:
    code, out, err = run("--procfs", divided.procfs, environment=divided.environment)
    assert (code, err) == (0, "")
    rows = [line.split("  ") for line in out.splitlines()[3:]]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    whole, first, second = divided.uuids
    gpu, *instances = cells
    assert gpu[:4] == ["GPU 0", "NVIDIA A100-SXM4-40GB", "enabled", gpu[3]] and gpu[3].endswith("/ 40960")
    assert instances == [
        ["GI 2", "4g.20gb", "0:4", "20096"],
        ["CI 0", "4g.20gb", "0:4", whole, "4711 python3\ufffd[2J"],
        ["GI 3", "2g.10gb", "4:2", "9984"],
        ["CI 0", "1c.2g.10gb", "0:1", first],
        ["CI 1", "1c.2g.10gb", "1:1", second],
    ]


def test_json(divided: Divided) -> None:
    code, out, err = run("--json", "--procfs", divided.procfs, environment=divided.environment)
    assert (code, err) == (0, "")
    node = json.loads(out)
    [gpu] = node.pop("gpus")
    assert node == {"version": 1, "driver_version": "580.126.09", "nvml_version": "13.580.126.09", "cuda_driver_version": "13.0"}
    instances = gpu.pop("gpu_instances")
    memory = gpu.pop("memory")
    assert memory["total"] == 40960 << 20 and set(memory) == {"total", "used", "free", "reserved"}
    uuid = gpu.pop("uuid")
    assert uuid.startswith("GPU-")
    address = gpu.pop("pci_address")
    assert gpushare.PciAddress(address)
    assert gpu == {
        "index": 0,
        "name": "NVIDIA A100-SXM4-40GB",
        "mig_mode": {"current": True, "pending": True},
        "memory_slices": 8,
        "processes": [],
    }
    assert instances[0] == {
        "id": 2,
        "profile": "4g.20gb",
        "profile_id": 5,
        "memory_mib": 20096,
        "placement": {"start": 0, "size": 4},
        "compute_instances": [
            {
                "id": 0,
                "profile": "4g.20gb",
                "profile_id": instances[0]["compute_instances"][0]["profile_id"],
                "placement": {"start": 0, "size": 4},
                "uuid": divided.uuids[0],
                "processes": [
                    {
                        "pid": 4711,
                        "kinds": "COMPUTE",
                        "used_memory": 1 << 30,
                        "gpu_instance": 2,
                        "compute_instance": 0,
                        "name": "python3\x1b[2J",
                        "uid": None,
                        "container": None,
                        "mps": None,
                    }
                ],
            }
        ],
    }
    assert [part["uuid"] for part in instances[1]["compute_instances"]] == divided.uuids[1:]


def test_what_is_not_there_is_null() -> None:
    _, out, _ = run("--json", "--simulate", "1xT4")
    [gpu] = json.loads(out)["gpus"]
    assert (gpu["mig_mode"], gpu["memory_slices"], gpu["gpu_instances"], gpu["processes"]) == (None, None, [], [])


def test_a_drawing(tmp_path: Path, divided: Divided) -> None:
    path = tmp_path / "node.svg"
    assert run("--svg", str(path), environment=divided.environment) == (0, "", "")
    code, out, err = run("--svg", "-", environment=divided.environment)
    assert (code, err) == (0, "")
    assert out == path.read_text(encoding="utf-8")
    assert ElementTree.fromstring(out).get("aria-label") == "GPU 0"


def test_another_library(divided: Divided) -> None:
    library = divided.environment["GPUSHARE_NVML_LIBRARY"]
    environment = {name: value for name, value in divided.environment.items() if name not in ("LD_LIBRARY_PATH", "GPUSHARE_NVML_LIBRARY")}
    assert run(environment=environment)[0] == 1
    assert run("--library", library, environment=environment) == run(environment=divided.environment)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--library", "/absent.so"], "/absent.so"),
        (["--simulate", "1xT4", "--svg", "/absent/node.svg"], "/absent/node.svg"),
    ],
)
def test_failures_are_one_line(arguments: list[str], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (1, "")
    [line] = err.splitlines()
    assert line.startswith("gpushare: ") and said in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--simulate", "2xNothing"], 'no GPU model "Nothing"'),
        (["--json", "--svg", "node.svg"], "not allowed with"),
        (["--simulate", "1xT4", "--library", "x"], "not allowed with"),
        (["extra"], "unrecognized arguments: extra"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err.splitlines()[-1] and "Traceback" not in err


@pytest.mark.parametrize("spec", ["1xT4", "32xT4"])
def test_a_reader_that_has_enough(spec: str) -> None:
    program = [sys.executable, "-W", "error", "-m", "gpushare", "--simulate", spec, "--svg", "-"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_help_and_version() -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert all(option in out for option in ("--json", "--svg", "--simulate", "--library", "--version"))
    assert run("--version") == (0, f"gpushare {gpushare.__version__}\n", "")
