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
from fake_procfs import appear
from gpushare.sim import Access, ProcessKind


def run(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    program = [sys.executable, "-W", "error", "-m", "gpushare", *arguments]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


TABLE = """\
driver 580.126.09, NVML 13.580.126.09, CUDA 13.0

Device  Name                   MIG, placement  MiB used / total  Busy  UUID                                      Room for
GPU 0   NVIDIA A100-SXM4-40GB  disabled        0 / 40960         0 %   GPU-999ee0ea-cda7-c730-7013-4cbeb7a3879d
GPU 1   Tesla T4               not supported   0 / 15360         0 %   GPU-5bcd18cb-6e4c-dc21-5e02-b8f5cfb8884c
"""


def test_the_table() -> None:
    code, out, err = run("--simulate", "1xA100-SXM4-40GB+1xT4")
    assert (code, err) == (0, "")
    assert [line.split("GPU-")[0].rstrip() for line in out.splitlines()] == [line.split("GPU-")[0].rstrip() for line in TABLE.splitlines()]


@dataclass
class Divided:
    """A machine that has instances and processes."""

    machine: gpushare.Machine
    nvml: gpushare.Nvml
    devices: list[gpushare.MigDevice]
    procfs: str

    def run(self, *arguments: str) -> tuple[int, str, str]:
        return run("--procfs", self.procfs, *arguments, environment=self.machine.env())


@pytest.fixture
def divided(folder: Path, procfs: Path) -> Iterator[Divided]:
    with gpushare.simulate("2xA100-SXM4-40GB", shared=True) as machine, machine.nvml(procfs=procfs) as nvml:
        made = nvml.gpu(0).apply_layout("4g.20gb, 2g.10gb[2x1c]", directory=folder).made
        appear(procfs, 4711, "python3\x1b[2J", uid=1000, group=f"/docker/{'0123456789abcdef' * 4}")
        machine.add_process(0, 4711, used_memory=1 << 30, instance=(2, 0))
        appear(procfs, 70, "nvidia-cuda-mps-control")
        appear(procfs, 71, "nvidia-cuda-mps-server", parent=70, directory="/run/mps\x1b")
        machine.add_process(1, 71, kind=ProcessKind.MPS_SERVER, used_memory=None)
        machine.add_process(1, 72, name="trainer", kind=ProcessKind.MPS_CLIENT, used_memory=2 << 20)
        yield Divided(machine, nvml, made, str(procfs))


def cells(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def test_the_table_of_a_divided_gpu(divided: Divided) -> None:
    code, out, err = divided.run()
    assert (code, err) == (0, "")
    whole, first, second = (device.uuid for device in divided.devices)
    uuids = [gpu.uuid for gpu in divided.nvml.gpus()]
    _, devices, processes, mps = out.split("\n\n")
    assert cells(devices.splitlines()[1:]) == [
        # What the driver takes on each GPU instance, as recorded, and the process; one slice is left.
        ["GPU 0", "NVIDIA A100-SXM4-40GB", "enabled", "1237 / 40960", uuids[0], "1x1g.5gb, 1x1g.5gb+me, 1x1g.10gb"],
        ["GI 2", "4g.20gb", "0:4"],
        ["CI 0", "4g.20gb", "0:4", "1166 / 20096", whole],
        ["GI 3", "2g.10gb", "4:2"],
        ["CI 0", "1c.2g.10gb", "0:1", "71 / 9984", first],
        ["CI 1", "1c.2g.10gb", "1:1", "71 / 9984", second],
        ["GPU 1", "NVIDIA A100-SXM4-40GB", "disabled", "2 / 40960", "0 %", uuids[1]],
    ]
    assert cells(processes.splitlines()) == [
        ["Process", "Name", "On", "Type", "MiB", "User", "Container", "MPS"],
        ["4711", "python3\ufffd[2J", "GPU 0 GI 2 CI 0", "C", "1024", "1000", "0123456789ab"],
        ["71", "nvidia-cuda-mps-server", "GPU 1", "C", "?", "0", "server of 70"],
        ["72", "trainer", "GPU 1", "M+C", "2", "?", "client of 71"],
    ]
    assert mps == "MPS daemon 70 in /run/mps\ufffd\n  server 71: clients 72\n"


CONTAINER = """
access = "unprivileged"
[[gpu]]
model = "A100-SXM4-40GB"
"""


def test_what_this_user_may_not_see_has_its_reason(folder: Path) -> None:
    with gpushare.simulate(config=CONTAINER, shared=True) as machine, machine.nvml() as nvml:
        machine.set_access(Access.ADMIN)
        nvml.gpu(0).apply_layout("4g.20gb, 2g.10gb[2x1c]", directory=folder)
        code, out, err = run(environment=machine.env())
    assert (code, err) == (0, "")
    gpu, *devices = cells(out.splitlines()[3:7])
    assert gpu[:4] == ["GPU 0", "NVIDIA A100-SXM4-40GB", "enabled", "?"]
    assert [device[:2] for device in devices] == [["GI 2 CI 0", "4g.20gb"], ["GI 3 CI 0", "1c.2g.10gb"], ["GI 3 CI 1", "1c.2g.10gb"]]
    reasons = [line for line in out.splitlines() if line.startswith("GPU 0: not known: ")]
    assert len(reasons) == 3 and all("NVML_ERROR_NO_PERMISSION" in reason for reason in reasons)


def test_json_is_that_of_a_snapshot(divided: Divided) -> None:
    code, out, err = divided.run("--json")
    assert (code, err) == (0, "")
    assert gpushare.Snapshot.from_json(out) == divided.nvml.snapshot()
    node = json.loads(out)
    assert node["schema"] == 1
    assert (node["driver_version"], node["nvml_version"], node["cuda_driver_version"]) == ("580.126.09", "13.580.126.09", "13.0")
    assert [(gpu["mig_enabled"], gpu["mig_pending"]) for gpu in node["gpus"]] == [(True, True), (False, False)]


def test_a_mode_that_waits_for_a_reset(divided: Divided) -> None:
    with pytest.raises(gpushare.ResetRequiredError):
        divided.nvml.gpu(1).set_mig_mode(True)
    assert "  disabled, enabled after a reset  " in divided.run()[1]
    assert json.loads(divided.run("--json")[1])["gpus"][1]["mig_pending"] is True


def test_what_is_not_there_is_null() -> None:
    _, out, _ = run("--json", "--simulate", "1xT4")
    [gpu] = json.loads(out)["gpus"]
    assert (gpu["mig_enabled"], gpu["mig_pending"], gpu["gpu_instances"], gpu["processes"]) == (None, None, [], [])


def test_a_drawing(tmp_path: Path, divided: Divided) -> None:
    path = tmp_path / "node.svg"
    assert divided.run("--svg", str(path)) == (0, "", "")
    code, out, err = divided.run("--svg", "-")
    assert (code, err) == (0, "")
    assert out == path.read_text(encoding="utf-8")
    assert ElementTree.fromstring(out).get("aria-label") == "GPU 0, GPU 1"


def test_another_library(divided: Divided) -> None:
    whole = divided.machine.env()
    environment = {name: value for name, value in whole.items() if name not in ("LD_LIBRARY_PATH", "GPUSHARE_NVML_LIBRARY")}
    assert run(environment=environment)[0] == 1
    assert run("--library", whole["GPUSHARE_NVML_LIBRARY"], environment=environment) == run(environment=whole)


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
