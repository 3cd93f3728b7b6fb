"""cuda.bindings.nvml, which asks for the third version of the profile structs."""

import a100
import pytest
from cuda.bindings import nvml

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def init():
    nvml.init_v2()
    yield
    nvml.shutdown()


@pytest.fixture
def gpu():
    gpu = nvml.device_get_handle_by_index_v2(0)
    assert nvml.device_set_mig_mode(gpu, 1) == nvml.Return.SUCCESS
    return gpu


def row(value, names):
    return tuple(getattr(value, name) for name in names.split())


def spans(found):
    """Start and size of each placement; the binding's arrays hand out columns."""
    return sorted(zip(found.start, found.size_, strict=True)) if len(found) > 1 else [(found.start, found.size_)]


def test_machine():
    gpus = [nvml.device_get_handle_by_index_v2(index) for index in range(nvml.device_get_count_v2())]
    assert [nvml.device_get_uuid(gpu) for gpu in gpus] == a100.UUIDS
    assert nvml.system_get_driver_version() == a100.DRIVER
    assert nvml.device_get_mig_mode(gpus[0]) == (0, 0)


def test_gpu_instance_profiles(gpu):
    known = {profile.kind: profile for profile in a100.GPU_INSTANCE_PROFILES}
    for kind in range(17):
        if kind not in known:
            with pytest.raises(nvml.NotSupportedError):
                nvml.device_get_gpu_instance_profile_info_v(gpu, kind)
            continue
        info = nvml.device_get_gpu_instance_profile_info_v(gpu, kind)
        fields = "id name slice_count instance_count memory_size_mb multiprocessor_count"
        engines = "copy_engine_count decoder_count encoder_count jpeg_count ofa_count"
        assert row(info, f"{fields} {engines}") == known[kind][1:12]
        found = nvml.device_get_gpu_instance_possible_placements_v2(gpu, info.id)
        assert spans(found) == [(start, known[kind].size) for start in known[kind].starts]
    with pytest.raises(nvml.InvalidArgumentError):
        nvml.device_get_gpu_instance_profile_info_v(gpu, 17)


def test_walk(gpu):
    instances = {}
    for profile, gi, start, size in a100.GPU_INSTANCES:
        instances[gi] = nvml.device_create_gpu_instance(gpu, profile)
        info = nvml.gpu_instance_get_info(instances[gi])
        assert (info.profile_id, info.id, info.placement.start, info.placement.size_) == (profile, gi, start, size)
        assert list(nvml.device_get_gpu_instances(gpu, profile)) == [instances[gi]]
        for known in a100.COMPUTE_INSTANCE_PROFILES[profile]:
            info = nvml.gpu_instance_get_compute_instance_profile_info_v(instances[gi], known.id, 0)
            engines = row(
                info,
                "shared_copy_engine_count shared_decoder_count shared_encoder_count shared_jpeg_count shared_ofa_count",
            )
            assert row(info, "id name instance_count multiprocessor_count") + engines == known
    for gi, profile, ci, start, size in a100.COMPUTE_INSTANCES:
        info = nvml.compute_instance_get_info_v2(nvml.gpu_instance_create_compute_instance(instances[gi], profile))
        assert (info.gpu_instance, info.profile_id, info.id) == (instances[gi], profile, ci)
        assert (info.placement.start, info.placement.size_) == (start, size)
        # The GPU, not the MIG device.
        assert nvml.device_get_uuid(info.device_) == a100.UUIDS[0]
    for index, known in enumerate(a100.MIG_DEVICES):
        device = nvml.device_get_mig_device_handle_by_index(gpu, index)
        assert nvml.device_get_name(device) == f"{a100.NAME} MIG {known.profile}"
        attributes = nvml.device_get_attributes_v2(device)
        assert row(attributes, "memory_size_mb multiprocessor_count") == (known.memory_mib, known.sm)
        assert row(attributes, "shared_copy_engine_count shared_decoder_count") == (known.ce, known.dec)
        slices = row(attributes, "gpu_instance_slice_count compute_instance_slice_count")
        assert slices == (known.gi_slices, known.ci_slices)
        memory = nvml.device_get_memory_info_v2(device)
        assert (memory.total // MIB, memory.used // MIB) == (known.memory_mib, known.used_mib)


def test_refusals(gpu):
    with pytest.raises(nvml.InvalidArgumentError):
        nvml.device_create_gpu_instance(gpu, 33)
    instance = nvml.device_create_gpu_instance(gpu, 0)
    compute = nvml.gpu_instance_create_compute_instance(instance, 4)
    with pytest.raises(nvml.InsufficientResourcesError):
        nvml.device_create_gpu_instance(gpu, 19)
    with pytest.raises(nvml.InUseError, match="In use by another client"):
        nvml.gpu_instance_destroy(instance)
    nvml.compute_instance_destroy(compute)
    nvml.gpu_instance_destroy(instance)
    with pytest.raises(nvml.NotFoundError, match="Not Found"):
        nvml.device_get_mig_device_handle_by_index(gpu, 0)
    with pytest.raises(nvml.NotFoundError):
        nvml.device_get_gpu_instance_by_id(gpu, 0)
