"""What type checkers see: uses that must pass, and uses that must not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# What type checkers must find wrong, each in a line of its own.
WRONG = """\
import gpushare

gpu = gpushare.Nvml().gpu(0)
gpu.create_gpu_instance_at("1g.5gb", gpushare.ComputeInstancePlacement(0, 1))
gpu.set_mig_mode("on")
gpu.uuid = "GPU-1"
gpu.apply_layout("1g.5gb", reset="sometimes")
gpu.memory().totals
gpushare.Layout(5)
"""


def check(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MYPY_CACHE_DIR": os.devnull}
    return subprocess.run([sys.executable, "-m", tool, *arguments], capture_output=True, text=True, cwd=HERE.parent, env=environment)


CHECKERS = {"mypy": ("--strict", "--no-incremental"), "pyright": ("--warnings",)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tool", CHECKERS)
def test_right_uses_pass(tool: str) -> None:
    examples = HERE.parents[1] / "examples/python"
    done = check(tool, *CHECKERS[tool], str(HERE / "typing_uses.py"), str(examples), "python/gpushare")
    assert done.returncode == 0, done.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tool", CHECKERS)
def test_wrong_uses_do_not(tool: str, tmp_path: Path) -> None:
    program = tmp_path / "wrong.py"
    program.write_text(WRONG)
    done = check(tool, *CHECKERS[tool], str(program))
    found = {int(line.split("wrong.py:")[1].split(":")[0]) for line in done.stdout.splitlines() if "wrong.py:" in line and "error" in line}
    assert found == set(range(4, 10)), done.stdout


@pytest.mark.timeout(300)
def test_the_stubs_are_what_is_there() -> None:
    done = check("mypy.stubtest", "gpushare")
    assert done.returncode == 0, done.stdout
