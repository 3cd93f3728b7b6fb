"""The session, and what it says of GPUs."""

from __future__ import annotations

from pathlib import Path

import gpushare
import pytest

UUID = "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9"


def test_versions(nvml: gpushare.Nvml) -> None:
    assert nvml.driver_version() == "580.126.09"
    assert nvml.nvml_version() == "13.580.126.09"
    assert nvml.cuda_driver_version() == (13, 0)


def test_gpus_are_found_by_every_name(nvml: gpushare.Nvml) -> None:
    gpus = nvml.gpus()
    assert nvml.gpu_count() == len(gpus) == len(set(gpus)) == 8
    for gpu in gpus:
        assert nvml.gpu(gpu.index) == gpu
        assert nvml.gpu_by_uuid(gpu.uuid) == gpu
        assert nvml.gpu_by_pci_address(gpu.pci_address()) == gpu
        assert nvml.gpu_by_pci_address(str(gpu.pci_address())) == gpu
        assert hash(nvml.gpu(gpu.index)) == hash(gpu)
    assert gpus[0] != gpus[1]


def test_a_gpu_says_who_it_is(gpu: gpushare.Gpu) -> None:
    assert (gpu.index, gpu.name, gpu.uuid) == (0, "NVIDIA A100-SXM4-40GB", UUID)
    assert gpu.minor_number() == 0
    assert gpu.pci_device_id() == 0x20B010DE
    assert gpu.pci_address() == gpushare.PciAddress("0000:10:1c.0")
    assert gpu.architecture() is gpushare.Architecture.AMPERE
    assert gpu.memory().total == 40960 << 20
    assert gpu.bar1_memory().total == 65536 << 20
    assert str(gpu.visible_device()) == UUID
    assert repr(gpu) == f"<Gpu 0 NVIDIA A100-SXM4-40GB {UUID}>"


def test_what_is_recorded_of_an_h200() -> None:
    with gpushare.simulate("1xH200") as machine:
        gpu = machine.nvml().gpu(0)
        assert gpu.architecture() is gpushare.Architecture.HOPPER
        gpu.set_mig_mode(True)
        profiles = {profile.name: profile for profile in gpu.gpu_instance_profiles()}
        assert (profiles["1g.18gb"].memory_mib, profiles["7g.141gb"].memory_mib) == (16384, 143360)
        assert [str(at) for at in gpu.possible_placements("3g.71gb")] == ["0:4", "4:4"]


def test_a_closed_session_is_stale_and_others_are_not(machine: gpushare.Machine, gpu: gpushare.Gpu) -> None:
    with gpushare.Nvml(library=machine) as other:
        handle = other.gpu(0)
        assert handle == gpu
    with pytest.raises(gpushare.StaleError):
        handle.memory()
    assert handle.uuid == UUID, "what was read once needs no session"
    other.close()
    assert gpu.memory().used == 0


def test_a_session_outlives_its_machine() -> None:
    machine = gpushare.simulate("1xA100-SXM4-40GB")
    nvml = machine.nvml()
    library = machine.library_path
    machine.close()
    machine.close()
    assert not library.exists()
    assert nvml.gpu_count() == 1
    with pytest.raises(RuntimeError, match="closed"):
        machine.nvml()


def test_the_library_can_be_a_path(machine: gpushare.Machine, tmp_path: Path) -> None:
    for path in (machine.library_path, str(machine.library_path)):
        with gpushare.Nvml(library=path, root=tmp_path) as nvml:
            assert (nvml.library, nvml.root) == (machine.library_path, tmp_path)
    with machine.nvml() as nvml:
        assert nvml.root == machine.root
    with gpushare.Nvml(library=machine, flags=gpushare.InitFlags.NO_ATTACH) as nvml:
        assert nvml.gpu_count() == 8


def test_the_environment_names_the_library(machine: gpushare.Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUSHARE_NVML_LIBRARY", str(machine.library_path))
    with gpushare.Nvml() as nvml:
        assert nvml.library == machine.library_path
    assert gpushare.Nvml.default_instance().gpu_count() == 8


def test_functions_can_be_asked_for(nvml: gpushare.Nvml) -> None:
    assert nvml.supports("nvmlDeviceGetMigMode")
    with pytest.raises(ValueError, match="nvmlNonsense"):
        nvml.supports("nvmlNonsense")


@pytest.mark.parametrize("index", [-1, 2**32, "0", None])
def test_wrong_indices_are_refused(nvml: gpushare.Nvml, index: object) -> None:
    with pytest.raises((OverflowError, TypeError)):
        nvml.gpu(index)  # type: ignore[arg-type]
