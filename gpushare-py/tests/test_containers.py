"""What containers and schedulers are told: device files, CDI specifications and lines for Slurm."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import gpushare
import jsonschema
import pytest
import referencing
import referencing.jsonschema
from gpushare import CdiDeviceName

EXAMPLE = Path(__file__).parents[2] / "examples/python/containers.py"
CAPS = "/dev/nvidia-caps/nvidia-cap"


@pytest.fixture
def divided(mig: gpushare.Gpu, folder: Path) -> gpushare.Gpu:
    mig.apply_layout("4g.20gb@0, 2g.10gb@4[1c,1c], 1g.5gb@6", directory=folder)
    return mig


def test_a_mig_device_has_the_recorded_nodes(divided: gpushare.Gpu) -> None:
    for device, minors in zip(divided.mig_devices(), [(21, 22), (30, 31), (30, 32), (84, 85)], strict=True):
        files = device.device_files()
        assert [str(node.path) for node in files.nodes()[3:]] == ["/dev/nvidia0", *(f"{CAPS}{minor}" for minor in minors)]
        assert [node.cgroup_rule() for node in files.nodes()[4:]] == [f"c 242:{minor} rw" for minor in minors]
        entry = files.gpus[0].mig_devices[0]
        assert (entry.index, entry.uuid, entry.name) == (device.index(), device.uuid, device.name())
    assert files.nodes()[3].below("/run/nvidia/driver") == Path("/run/nvidia/driver/dev/nvidia0")


def test_files_are_data(nvml: gpushare.Nvml, divided: gpushare.Gpu) -> None:
    files = nvml.device_files()
    assert files.root == nvml.root and files.driver_version == "580.126.09"
    assert len(files.nodes()) == 3 + 8 + 7 and files.gpus[0].mig_enabled and not files.gpus[1].mig_enabled
    for copied in (pickle.loads(pickle.dumps(files)), gpushare.DeviceFiles.from_json(files.to_json())):
        assert copied == files and hash(copied) == hash(files)
    assert eval(repr(files), {**vars(gpushare), "PosixPath": Path}) == files
    assert divided.device_files().gpus == files.gpus[:1]
    with pytest.raises(gpushare.InvalidArgumentError, match="not a UUID"):
        gpushare.GpuFiles(0, "0", "NVIDIA H200", files.gpus[0].node)


def test_mig_minors(nvml: gpushare.Nvml) -> None:
    minors = nvml.mig_minors()
    assert (minors.config(), minors.monitor(), minors.minor(0, 2), minors.minor(0, 2, 0)) == (1, 2, 21, 22)
    assert minors.minor(0, 15) is None and minors == nvml.mig_minors()
    (nvml.root / "proc/driver/nvidia-caps/mig-minors").unlink()
    with pytest.raises(gpushare.NotFoundError):
        nvml.mig_minors()


def test_a_specification_as_objects_and_as_text(nvml: gpushare.Nvml, divided: gpushare.Gpu) -> None:
    spec = nvml.cdi_spec(vendor="example.com", device_class="slice", names=[CdiDeviceName.TYPE_INDEX], all=False, host_root="/")
    assert (spec.kind, spec.version(), spec.annotations) == ("example.com/slice", "0.3.0", {})
    assert [device.name for device in spec.devices[:5]] == ["mig0:0", "mig0:1", "mig0:2", "mig0:3", "gpu1"]
    assert [node.path for node in spec.devices[3].container_edits.device_nodes] == ["/dev/nvidia0", f"{CAPS}84", f"{CAPS}85"]
    assert spec.container_edits.env == ["NVIDIA_VISIBLE_DEVICES=void"] and spec.container_edits.hooks == []
    text = json.loads(spec.to_json())
    assert text["devices"][0]["name"] == "mig0:0" and text["containerEdits"]["env"] == spec.container_edits.env
    assert spec.to_yaml().startswith("cdiVersion: 0.3.0\nkind: example.com/slice\ndevices:\n- name: mig0:0\n")
    assert spec == nvml.device_files().cdi_spec(
        vendor="example.com", device_class="slice", names=[CdiDeviceName.TYPE_INDEX], all=False, host_root="/"
    )
    numbered = nvml.cdi_spec(device_numbers=True).devices[0].container_edits.device_nodes[0]
    assert (numbered.device_type, numbered.major, numbered.minor) == ("c", 195, 0)
    assert numbered.host_path == str(nvml.root / "dev/nvidia0")
    assert repr(numbered).startswith("CdiDeviceNode(path='/dev/nvidia0', host_path='")


def test_what_cannot_be_specified_is_named(nvml: gpushare.Nvml, mig: gpushare.Gpu) -> None:
    with pytest.raises(gpushare.NotFoundError, match="there is none: 1 GPUs"):
        mig.device_files().cdi_spec()
    with pytest.raises(gpushare.InvalidArgumentError, match="not a CDI vendor") as caught:
        nvml.cdi_spec(vendor="9")
    assert caught.value.text == "9"
    with pytest.raises(gpushare.NotFoundError, match="libcuda.so.580.126.09"):
        nvml.cdi_spec(hook="/usr/bin/nvidia-cdi-hook")
    with pytest.raises(TypeError, match="is not a CdiDeviceName"):
        nvml.cdi_spec(names=["index"])  # type: ignore[list-item]


def driver_files(root: Path) -> None:
    libraries = root / "usr/lib64"
    libraries.mkdir(parents=True)
    (libraries / "libcuda.so.580.126.09").touch()
    (libraries / "libcuda.so.1").symlink_to("libcuda.so.580.126.09")


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema as runtimes apply it, which refuse members that they do not know."""
    schema = copy.deepcopy(schema)
    if "devices" in schema.get("properties", {}):
        # The schema of 0.8 lacks it, which that of 1.1 has.
        schema["properties"].setdefault("containerEdits", {"$ref": "defs.json#/definitions/containerEdits"})

    def close(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") == "object" and "properties" in part:
                part["additionalProperties"] = False
            for inner in part.values():
                close(inner)

    close(schema)
    return schema


@pytest.fixture
def validator() -> jsonschema.protocols.Validator:
    tools = os.environ.get("GPUSHARE_CONTAINER_TOOLS")
    if not tools:
        pytest.skip("GPUSHARE_CONTAINER_TOOLS is not set; .ci/fetch-container-tools fetches the schema")
    schema, definitions = (closed(json.loads((Path(tools) / name).read_text())) for name in ("schema.json", "defs.json"))
    resource = referencing.Resource.from_contents(definitions, referencing.jsonschema.DRAFT7)
    return jsonschema.Draft7Validator(schema, registry=referencing.Registry().with_resource("defs.json", resource))


def test_specifications_are_what_the_schema_says(
    nvml: gpushare.Nvml, divided: gpushare.Gpu, validator: jsonschema.protocols.Validator
) -> None:
    driver_files(nvml.root)
    for spec in (
        nvml.cdi_spec(),
        nvml.cdi_spec(device_numbers=True, host_root="/run/nvidia/driver"),
        nvml.cdi_spec(driver_files=True, names=[CdiDeviceName.TYPE_INDEX], host_root="/"),
        divided.mig_devices()[0].device_files().cdi_spec(hook="/usr/bin/nvidia-cdi-hook", vendor="k8s.example.com", device_class="claim.1"),
    ):
        written = json.loads(spec.to_json())
        validator.validate(written)
        assert len(written["devices"]) == len(spec.devices)
    # It would say if there were something wrong.
    for path, value in (("path", 1), ("majr", 195)):
        broken = copy.deepcopy(written)
        broken["devices"][0]["containerEdits"]["deviceNodes"][0][path] = value
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(broken)


def test_lines_for_slurm(nvml: gpushare.Nvml, divided: gpushare.Gpu) -> None:
    gres = nvml.slurm_gres(host_root="/", node_name="tux1", cores={0: "0-15"}, count=True)
    assert len(gres.lines) == 4 + 7 and str(gres).splitlines() == [str(line) for line in gres.lines]
    files = f"/dev/nvidia0,{CAPS}30,{CAPS}32"
    assert str(gres.lines[2]) == f"NodeName=tux1 Name=gpu Type=nvidia_a100_1c.2g.10gb MultipleFiles={files} Count=1 Cores=0-15"
    assert (gres.lines[2].files, gres.lines[2].cores, gres.lines[4].cores) == (files.split(","), "0-15", None)
    assert gres.node_gres().startswith("Gres=gpu:nvidia_a100_4g.20gb:1,gpu:nvidia_a100_1c.2g.10gb:2,")
    assert divided.device_files().slurm_gres().lines[0].files[0] == str(nvml.root / "dev/nvidia0")
    with pytest.raises(gpushare.InvalidArgumentError, match="not a list of cores for Slurm"):
        nvml.slurm_gres(cores={0: "all"})


def test_the_example(tmp_path: Path) -> None:
    with gpushare.simulate("2xA100-SXM4-40GB", shared=True) as machine, machine.nvml() as nvml:
        nvml.gpu(0).apply_layout("4g.20gb", directory=tmp_path / "journals")

        def run(*arguments: str | Path) -> str:
            command: list[str | Path] = [sys.executable, "-W", "error", EXAMPLE, "--root", machine.root, *arguments]
            done = subprocess.run(command, env=machine.env(), capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            assert done.stderr.startswith("slurm.conf: GresTypes=gpu, and for the node Gres=gpu:nvidia_a100_4g.20gb:1,")
            return done.stdout

        cdi, gres = tmp_path / "cdi/nvidia.json", tmp_path / "slurm/gres.conf"
        assert run("--cdi", cdi, "--gres", gres) == ""
        assert json.loads(cdi.read_text()) == json.loads(nvml.cdi_spec().to_json())
        assert gres.read_text() == str(nvml.slurm_gres()) and cdi.stat().st_mode & 0o777 == 0o644
        assert list(cdi.parent.iterdir()) == [cdi]
        assert run() == f"{nvml.cdi_spec().to_yaml()}\n{nvml.slurm_gres()}"
