"""gpustat, which knows GPUs and nothing of MIG."""

import json

import a100


def test_json(run):
    shown = run("gpustat", "--json")
    assert shown.returncode == 0
    answer = json.loads(shown.stdout)
    assert answer["driver_version"] == a100.DRIVER
    assert [gpu["uuid"] for gpu in answer["gpus"]] == a100.UUIDS
    assert [gpu["index"] for gpu in answer["gpus"]] == list(range(8))
    for gpu in answer["gpus"]:
        assert (gpu["name"], gpu["memory.total"], gpu["memory.used"]) == (a100.NAME, a100.MEMORY_MIB, 0)
        assert gpu["utilization.gpu"] == 0
        assert gpu["processes"] == []


def test_split_gpu(split, run):
    gpu = json.loads(run("gpustat", "--json").stdout)["gpus"][0]
    assert (gpu["memory.total"], gpu["memory.used"]) == (a100.MEMORY_MIB, a100.USED_MIB)
    # The driver has no utilization of a GPU in MIG mode.
    assert gpu["utilization.gpu"] is None


def test_rows(run):
    rows = run("gpustat", "--no-color", "--no-header").stdout.splitlines()
    assert len(rows) == 8
    assert rows[7].startswith(f"[7] {a100.NAME} |") and "|     0 / 40960 MB |" in rows[7]
