"""multiprocessing, however it starts its processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import multiprocessing, os, sys
import gpushare

def work(uuid):
    with gpushare.Nvml() as nvml:
        return os.getpid(), nvml.mig_device(uuid).name()

def inherited(_):
    return [gi.id for gi in gpu.gpu_instances()], gpu.mig_mode().current

if __name__ == "__main__":
    with gpushare.simulate("1xA100-SXM4-40GB", shared=True) as machine:
        os.environ.update(machine.environment())
        nvml = gpushare.Nvml()
        gpu = nvml.gpu(0)
        devices = gpu.apply_layout("4g.20gb, 2g.10gb, 1g.5gb", directory=sys.argv[2]).made
        context = multiprocessing.get_context(sys.argv[1])
        with context.Pool(3) as pool:
            answers = pool.map(work, [device.uuid for device in devices], chunksize=1)
            assert [name for _, name in answers] == ["4g.20gb", "2g.10gb", "1g.5gb"], answers
            assert os.getpid() not in [pid for pid, _ in answers]
            if sys.argv[1] == "fork":
                expected = inherited(None)
                assert pool.map(inherited, range(6)) == [expected] * 6 and expected == ([2, 3, 9], True)
        assert [device.name() for device in devices] == ["4g.20gb", "2g.10gb", "1g.5gb"]
        print("done")
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(tmp_path: Path, method: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program), method, str(tmp_path / "journals")], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


STATE = """
import os
import gpushare

machine = gpushare.simulate("1xA100-SXM4-40GB")
gpu = machine.nvml().gpu(0)
gpu.set_mig_mode(True)
child = os.fork()
if child == 0:
    assert gpu.gpu_instances() == []
    gi = gpu.create_gpu_instance("1g.5gb")
    os._exit(0 if len(gpu.gpu_instances()) == 1 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert gpu.gpu_instances() == [], "what is not shared is the child's own"
assert machine.library_path.exists(), "the child's end does not take the files along"
"""


def test_a_child_has_its_own_copy_of_a_machine_that_is_not_shared() -> None:
    done = subprocess.run([sys.executable, "-c", STATE], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# What brings a machine of its own; test_containers, test_mps_daemon and test_time_slice have the others.
OTHERS = {"containers.py", "mps.py", "time_slicing.py"}
EXAMPLES = sorted({path.name for path in (Path(__file__).parents[2] / "examples/python").glob("*.py")} - OTHERS)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples(tmp_path: Path, example: str) -> None:
    path = Path(__file__).parents[2] / "examples/python" / example
    done = subprocess.run([sys.executable, "-W", "error", str(path)], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "MIG-" in done.stdout
