"""The package as it is installed: what it exports, carries and needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import gpushare
import pytest
from gpushare import _gpushare
from gpushare.sim import simulate

MODULE = Path(_gpushare.__file__)
PACKAGE = Path(gpushare.__file__).parent
WHEEL = os.environ.get("GPUSHARE_WHEEL")
needs_wheel = pytest.mark.skipif(WHEEL is None, reason="gpushare-py/check builds the wheel")


def exports(library: Path) -> set[str]:
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in listed.splitlines()}


def test_the_module_exports_none_of_nvmls_names() -> None:
    names = exports(MODULE)
    assert "PyInit__gpushare" in names
    assert [name for name in names if name.startswith("nvml")] == []


def test_the_module_is_not_taken_for_the_drivers_library() -> None:
    # RTLD_NOLOAD: whatever is already loaded under the name.
    code = "import ctypes, gpushare; ctypes.CDLL('libnvidia-ml.so.1', mode=4)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].startswith("OSError: libnvidia-ml.so.1: cannot open shared object file"), done.stderr


def test_the_simulated_driver_exports_them() -> None:
    assert "nvmlDeviceCreateGpuInstance" in exports(PACKAGE / "_lib/libnvidia-ml.so.1")


def test_importing_loads_no_driver() -> None:
    code = "import gpushare, gpushare.pytest_plugin, pathlib; print('nvidia' in pathlib.Path('/proc/self/maps').read_text())"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_importing_loads_nothing_of_the_network() -> None:
    # Of the standard library as well: it is most of what an import costs.
    code = "import gpushare, sys; print(sorted({'ssl', 'http.client', 'urllib.request', 'email', 'asyncio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_types_are_part_of_the_package() -> None:
    assert (PACKAGE / "py.typed").is_file() and (PACKAGE / "_gpushare.pyi").is_file()


@needs_wheel
def test_the_wheel() -> None:
    wheel = Path(str(WHEEL))
    assert wheel.name.split("-")[2:4] == ["cp310", "abi3"]
    assert wheel.stat().st_size <= 8 << 20
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert [name for name in names if name.endswith((".rs", ".toml", "Cargo.lock"))] == []
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        said = Parser().parsestr(archive.read(metadata).decode())
    assert (said["Name"], said["Version"], said["Requires-Python"]) == ("gpushare-py", gpushare.__version__, ">=3.10")
    assert said["License-Expression"] == "MIT OR Apache-2.0"
    assert said.get_all("Requires-Dist") is None
    for licence in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert any(name.endswith(f".dist-info/licenses/{licence}") for name in names)


@needs_wheel
def test_the_wheel_runs_on_the_linuxes_that_its_name_says() -> None:
    done = subprocess.run([sys.executable, "-m", "auditwheel", "show", str(WHEEL)], capture_output=True, text=True)
    tag = Path(str(WHEEL)).stem.split("-")[4]
    assert tag.startswith("manylinux_2_")
    assert f'following platform tag: "{tag}".' in " ".join(done.stdout.split()), done.stdout + done.stderr


@needs_wheel
def test_the_wheel_keeps_to_the_stable_abi() -> None:
    done = subprocess.run([sys.executable, "-m", "abi3audit", "--strict", str(WHEEL)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


FRESH = """
import pathlib, shutil, sys, tempfile
import gpushare
assert shutil.which("cargo") is None and pathlib.Path(gpushare.__file__).is_relative_to(sys.prefix)
with gpushare.simulate("2xH100-SXM5-80GB") as machine, tempfile.TemporaryDirectory(dir="/tmp") as folder:
    first, second = machine.nvml().gpus()
    print([device.name() for device in second.apply_layout("4g.40gb, 1g.10gb", directory=folder).made])
    control = gpushare.sim.programs() / "nvidia-cuda-mps-control"
    with gpushare.mps_session(first, active_thread_percentage=50, directory=folder, program=control) as session:
        print(session.daemon.default_active_thread_percentage())
"""
EXAMPLES = Path(__file__).parents[2] / "examples/python"


@needs_wheel
def test_the_wheel_is_enough(tmp_path: Path) -> None:
    python = tmp_path / "fresh/bin/python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "fresh"], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", str(WHEEL)], check=True)
    environment = {"PATH": str(python.parent), "TMPDIR": str(tmp_path)}
    done = subprocess.run([python, "-I", "-W", "error", "-c", FRESH], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("['4g.40gb', '1g.10gb']\n50.0\n", "")
    # Those that bring a machine of their own.
    for name in ("walkthrough.py", "worker_pool.py"):
        done = subprocess.run([python, "-I", "-W", "error", EXAMPLES / name], env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "") and "MIG-" in done.stdout



def test_a_package_without_the_simulated_driver_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpushare.sim._LIBRARY", tmp_path / "absent.so")
    with pytest.raises(gpushare.SimulatorError, match="absent.so"):
        simulate()
