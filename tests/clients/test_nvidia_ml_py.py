"""nvidia-ml-py, NVIDIA's own binding: the recorded walk call by call, and what the driver refuses."""

from contextlib import contextmanager
from ctypes import byref, c_uint

import a100
import pytest
from pynvml import *

MIB = 1024 * 1024


@contextmanager
def refused(code):
    """The block raises NVML's error `code`."""
    with pytest.raises(NVMLError) as error:
        yield
    assert error.value.value == code


@pytest.fixture(autouse=True)
def nvml():
    nvmlInit()
    yield
    nvmlShutdown()


@pytest.fixture
def off():
    """A GPU with MIG mode off."""
    return nvmlDeviceGetHandleByIndex(0)


@pytest.fixture
def gpu(off):
    """A GPU with MIG mode on, and nothing on it."""
    assert nvmlDeviceSetMigMode(off, NVML_DEVICE_MIG_ENABLE) == NVML_SUCCESS
    return off


def placement(start, size):
    return byref(c_nvmlGpuInstancePlacement_t(start, size))


def placements(query, instance, profile, kind):
    count = c_uint(0)
    query(instance, profile, None, byref(count))
    found = (kind * count.value)()
    query(instance, profile, found, byref(count))
    assert count.value == len(found)
    return [(each.start, each.size) for each in found]


def gpu_instances(gpu, profile):
    count = c_uint(7)
    found = (c_nvmlGpuInstance_t * count.value)()
    nvmlDeviceGetGpuInstances(gpu, profile, found, byref(count))
    return [found[index] for index in range(count.value)]


def compute_instances(instance, profile):
    count = c_uint(7)
    found = (c_nvmlComputeInstance_t * count.value)()
    nvmlGpuInstanceGetComputeInstances(instance, profile, found, byref(count))
    return [found[index] for index in range(count.value)]


def gpu_instance_row(instance):
    info = nvmlGpuInstanceGetInfo(instance)
    return info.profileId, info.id, info.placement.start, info.placement.size


def compute_instance_row(instance):
    info = nvmlComputeInstanceGetInfo_v2(instance)
    # The GPU, not the MIG device: nvidia-smi prints the device's index in its GPU column.
    assert nvmlDeviceGetUUID(info.device) == a100.UUIDS[0]
    gpu_instance = nvmlGpuInstanceGetInfo(info.gpuInstance).id
    return gpu_instance, info.profileId, info.id, info.placement.start, info.placement.size


def free(gpu):
    return [nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, profile.id) for profile in a100.GPU_INSTANCE_PROFILES]


def free_after(step):
    return [profile.free[step] for profile in a100.GPU_INSTANCE_PROFILES]


def test_machine():
    assert nvmlSystemGetDriverVersion() == a100.DRIVER
    assert nvmlSystemGetCudaDriverVersion() == 13000
    gpus = [nvmlDeviceGetHandleByIndex(index) for index in range(nvmlDeviceGetCount())]
    assert [nvmlDeviceGetUUID(gpu) for gpu in gpus] == a100.UUIDS
    assert {nvmlDeviceGetName(gpu) for gpu in gpus} == {a100.NAME}
    assert {nvmlDeviceGetMemoryInfo(gpu).total for gpu in gpus} == {a100.MEMORY_MIB * MIB}
    assert [nvmlDeviceGetIndex(gpu) for gpu in gpus] == list(range(8))
    assert [nvmlDeviceGetMinorNumber(gpu) for gpu in gpus] == list(range(8))
    assert nvmlDeviceGetPciInfo(gpus[0]).busId == a100.BUS_ID


def test_gpu_is_found_by_each_of_its_names():
    for handle in (nvmlDeviceGetHandleByUUID(a100.UUIDS[0]), nvmlDeviceGetHandleByPciBusId(a100.BUS_ID.encode())):
        assert nvmlDeviceGetUUID(handle) == a100.UUIDS[0]
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlDeviceGetHandleByIndex(8)
    with refused(NVML_ERROR_NOT_FOUND):
        nvmlDeviceGetHandleByUUID("GPU-00000000-0000-0000-0000-000000000000")
    with refused(NVML_ERROR_NOT_FOUND):
        nvmlDeviceGetHandleByPciBusId(b"00000000:7F:00.0")


def test_mode(off):
    assert nvmlDeviceGetMigMode(off) == [0, 0]
    assert nvmlDeviceGetMaxMigDeviceCount(off) == 0
    assert nvmlDeviceSetMigMode(off, NVML_DEVICE_MIG_ENABLE) == NVML_SUCCESS
    assert nvmlDeviceGetMigMode(off) == [1, 1]
    assert nvmlDeviceGetMaxMigDeviceCount(off) == 7
    assert nvmlDeviceGetMigMode(nvmlDeviceGetHandleByIndex(1)) == [0, 0]
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlDeviceSetMigMode(off, 2)
    assert nvmlDeviceSetMigMode(off, NVML_DEVICE_MIG_DISABLE) == NVML_SUCCESS
    assert nvmlDeviceGetMigMode(off) == [0, 0]


def test_mode_off_refuses(off):
    with refused(NVML_ERROR_NOT_SUPPORTED):
        nvmlDeviceCreateGpuInstance(off, 19)
    assert gpu_instances(off, 19) == []
    with refused(NVML_ERROR_NOT_FOUND):
        nvmlDeviceGetGpuInstanceById(off, 1)
    with refused(NVML_ERROR_NOT_FOUND):
        nvmlDeviceGetMigDeviceHandleByIndex(off, 0)


def test_mode_stays_while_instances_live(split):
    assert nvmlDeviceSetMigMode(split, NVML_DEVICE_MIG_DISABLE) == NVML_ERROR_IN_USE
    assert nvmlDeviceGetMigMode(split) == [1, 0]
    assert len(gpu_instances(split, 5)) == 1


@pytest.mark.parametrize("version", [1, 2])
def test_gpu_instance_profiles(gpu, version):
    known = {profile.kind: profile for profile in a100.GPU_INSTANCE_PROFILES}
    for kind in range(17):
        if kind not in known:
            with refused(NVML_ERROR_NOT_SUPPORTED):
                nvmlDeviceGetGpuInstanceProfileInfo(gpu, kind, version)
            continue
        info = nvmlDeviceGetGpuInstanceProfileInfo(gpu, kind, version)
        engines = info.copyEngineCount, info.decoderCount, info.encoderCount, info.jpegCount, info.ofaCount
        known_engines = known[kind][7:12]
        assert (info.id, info.sliceCount, info.instanceCount) == (known[kind].id, known[kind].slices, known[kind].total)
        assert (info.memorySizeMB, info.multiprocessorCount) == (known[kind].memory_mib, known[kind].sm)
        assert engines == known_engines
        assert info.isP2pSupported == 0
        if version == 2:
            assert info.name == known[kind].name
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlDeviceGetGpuInstanceProfileInfo(gpu, 17, version)


def test_gpu_instance_placements(gpu):
    for profile in a100.GPU_INSTANCE_PROFILES:
        found = placements(nvmlDeviceGetGpuInstancePossiblePlacements, gpu, profile.id, c_nvmlGpuInstancePlacement_t)
        assert sorted(found) == [(start, profile.size) for start in profile.starts]
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlDeviceGetGpuInstancePossiblePlacements(gpu, 33, None, byref(c_uint(0)))


def test_gpu_instances(gpu):
    assert free(gpu) == free_after(0)
    created = []
    for step, known in enumerate(a100.GPU_INSTANCES, start=1):
        created.append(nvmlDeviceCreateGpuInstance(gpu, known[0]))
        assert gpu_instance_row(created[-1]) == known
        assert free(gpu) == free_after(step)
    for known in a100.GPU_INSTANCES:
        assert [gpu_instance_row(instance) for instance in gpu_instances(gpu, known[0])] == [known]
        assert gpu_instance_row(nvmlDeviceGetGpuInstanceById(gpu, known[1])) == known
    for step in (2, 1, 0):
        nvmlGpuInstanceDestroy(created.pop())
        assert free(gpu) == free_after(step)


def test_gpu_instance_with_placement(gpu):
    instance = nvmlDeviceCreateGpuInstanceWithPlacement(gpu, 9, placement(0, 4))
    assert gpu_instance_row(instance) == (9, 2, 0, 4)
    with refused(NVML_ERROR_INSUFFICIENT_RESOURCES):
        nvmlDeviceCreateGpuInstanceWithPlacement(gpu, 19, placement(3, 1))
    for start, size in ((2, 4), (4, 2), (8, 4)):
        with refused(NVML_ERROR_INVALID_ARGUMENT):
            nvmlDeviceCreateGpuInstanceWithPlacement(gpu, 9, placement(start, size))
    assert [profile.id for profile, left in zip(a100.GPU_INSTANCE_PROFILES, free(gpu), strict=True) if left] == [
        19,
        20,
        15,
        14,
        9,
    ]


def test_gpu_instance_refusals(gpu):
    for unknown in (1, 33, 34):
        with refused(NVML_ERROR_INVALID_ARGUMENT):
            nvmlDeviceCreateGpuInstance(gpu, unknown)
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlDeviceGetGpuInstances(gpu, 19, None, byref(c_uint(7)))
    with refused(NVML_ERROR_NOT_FOUND):
        nvmlDeviceGetGpuInstanceById(gpu, 2)
    instance = nvmlDeviceCreateGpuInstance(gpu, 5)
    for profile in (5, 0):
        with refused(NVML_ERROR_INSUFFICIENT_RESOURCES):
            nvmlDeviceCreateGpuInstance(gpu, profile)
    assert free(gpu) == free_after(1)
    nvmlGpuInstanceDestroy(instance)
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlGpuInstanceGetInfo(instance)
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlGpuInstanceDestroy(instance)


@pytest.mark.parametrize("profile", a100.COMPUTE_INSTANCE_PROFILES)
@pytest.mark.parametrize("version", [1, 2])
def test_compute_instance_profiles(gpu, profile, version):
    instance = nvmlDeviceCreateGpuInstance(gpu, profile)
    known = {each.id: each for each in a100.COMPUTE_INSTANCE_PROFILES[profile]}
    for kind in range(8):
        if kind not in known:
            with refused(NVML_ERROR_NOT_SUPPORTED):
                nvmlGpuInstanceGetComputeInstanceProfileInfo(instance, kind, 0, version)
            continue
        info = nvmlGpuInstanceGetComputeInstanceProfileInfo(instance, kind, 0, version)
        engines = (
            info.sharedCopyEngineCount,
            info.sharedDecoderCount,
            info.sharedEncoderCount,
            info.sharedJpegCount,
            info.sharedOfaCount,
        )
        assert (info.id, info.instanceCount, info.multiprocessorCount) == (kind, known[kind].total, known[kind].sm)
        assert engines == known[kind][4:]
        if version == 2:
            assert info.name == known[kind].name
        assert nvmlGpuInstanceGetComputeInstanceRemainingCapacity(instance, kind) == known[kind].total


def test_compute_instances(gpu):
    instances = {gi: nvmlDeviceCreateGpuInstance(gpu, profile) for profile, gi, _, _ in a100.GPU_INSTANCES}
    created = []
    for known in a100.COMPUTE_INSTANCES:
        created.append(nvmlGpuInstanceCreateComputeInstance(instances[known[0]], known[1]))
        assert compute_instance_row(created[-1]) == known
    assert [compute_instance_row(each) for each in compute_instances(instances[3], 0)] == a100.COMPUTE_INSTANCES[1:3]
    assert compute_instance_row(nvmlGpuInstanceGetComputeInstanceById(instances[3], 1)) == a100.COMPUTE_INSTANCES[2]
    for instance in instances.values():
        with refused(NVML_ERROR_INSUFFICIENT_RESOURCES):
            nvmlGpuInstanceCreateComputeInstance(instance, 0)
        with refused(NVML_ERROR_IN_USE):
            nvmlGpuInstanceDestroy(instance)
    with refused(NVML_ERROR_NOT_FOUND):
        nvmlGpuInstanceGetComputeInstanceById(instances[3], 2)
    nvmlComputeInstanceDestroy(created[1])
    with refused(NVML_ERROR_INVALID_ARGUMENT):
        nvmlComputeInstanceDestroy(created[1])
    capacity = [nvmlGpuInstanceGetComputeInstanceRemainingCapacity(instances[3], profile) for profile in (0, 1)]
    assert capacity == [1, 0]
    assert compute_instance_row(nvmlGpuInstanceCreateComputeInstance(instances[3], 0)) == a100.COMPUTE_INSTANCES[1]


def test_mig_devices(split):
    handles = [nvmlDeviceGetMigDeviceHandleByIndex(split, index) for index in range(len(a100.MIG_DEVICES))]
    for index, (device, known) in enumerate(zip(handles, a100.MIG_DEVICES, strict=True)):
        assert nvmlDeviceIsMigDeviceHandle(device).value == 1
        assert nvmlDeviceGetIndex(device) == index
        assert (nvmlDeviceGetGpuInstanceId(device), nvmlDeviceGetComputeInstanceId(device)) == known[:2]
        assert nvmlDeviceGetName(device) == f"{a100.NAME} MIG {known.profile}"
        attributes = nvmlDeviceGetAttributes(device)
        assert [getattr(attributes, name) for name, *_ in attributes._fields_] == [
            *(known.sm, known.ce, known.dec, 0, 0, 0),
            *(known.gi_slices, known.ci_slices, known.memory_mib),
        ]
        memory = nvmlDeviceGetMemoryInfo(device)
        assert (memory.total // MIB, memory.used // MIB) == (known.memory_mib, known.used_mib)
        assert memory.free + memory.used == memory.total
        bar1 = nvmlDeviceGetBAR1MemoryInfo(device)
        assert (bar1.bar1Total // MIB, bar1.bar1Used) == (known.bar1_mib, 0)
        assert nvmlDeviceGetComputeRunningProcesses(device) == []
        parent = nvmlDeviceGetDeviceHandleFromMigDeviceHandle(device)
        assert nvmlDeviceGetUUID(parent) == a100.UUIDS[0]
    for beyond in (4, 6):
        with refused(NVML_ERROR_NOT_FOUND):
            nvmlDeviceGetMigDeviceHandleByIndex(split, beyond)


def test_mig_device_uuids(split):
    handles = [nvmlDeviceGetMigDeviceHandleByIndex(split, index) for index in range(4)]
    uuids = [nvmlDeviceGetUUID(device) for device in handles]
    assert len(set(uuids)) == 4
    for uuid, known in zip(uuids, a100.MIG_DEVICES, strict=True):
        # A name-based UUID: version 5, variant 1.
        assert uuid[:4] == "MIG-" and uuid[18] == "5" and uuid[23] in "89ab"
        for name in (uuid, f"MIG-{a100.UUIDS[0]}/{known.gi}/{known.ci}"):
            found = nvmlDeviceGetHandleByUUID(name)
            assert nvmlDeviceGetUUID(found) == uuid
            assert (nvmlDeviceGetGpuInstanceId(found), nvmlDeviceGetComputeInstanceId(found)) == known[:2]
    with refused(NVML_ERROR_NOT_FOUND):
        nvmlDeviceGetHandleByUUID("MIG-00000000-0000-5000-8000-000000000000")


def test_mig_device_stays_the_same_when_it_is_made_again(gpu):
    uuids = []
    for _ in range(2):
        instance = nvmlDeviceCreateGpuInstance(gpu, 19)
        compute = nvmlGpuInstanceCreateComputeInstance(instance, 0)
        uuids.append(nvmlDeviceGetUUID(nvmlDeviceGetMigDeviceHandleByIndex(gpu, 0)))
        nvmlComputeInstanceDestroy(compute)
        nvmlGpuInstanceDestroy(instance)
    assert uuids[0] == uuids[1]


def test_split_gpu(split):
    memory = nvmlDeviceGetMemoryInfo(split, nvmlMemory_v2)
    assert (memory.total // MIB, memory.used // MIB) == (a100.MEMORY_MIB, a100.USED_MIB)
    assert nvmlDeviceIsMigDeviceHandle(split).value == 0
    for query in (
        nvmlDeviceGetGpuInstanceId,
        nvmlDeviceGetComputeInstanceId,
        nvmlDeviceGetDeviceHandleFromMigDeviceHandle,
    ):
        with refused(NVML_ERROR_INVALID_ARGUMENT):
            query(split)
    for query in (nvmlDeviceGetAttributes, nvmlDeviceGetUtilizationRates):
        with refused(NVML_ERROR_NOT_SUPPORTED):
            query(split)


@pytest.mark.machine("1xT4")
def test_gpu_without_mig():
    assert nvmlDeviceGetCount() == 1
    gpu = nvmlDeviceGetHandleByIndex(0)
    assert nvmlDeviceGetName(gpu) == "Tesla T4"
    assert nvmlDeviceGetMaxMigDeviceCount(gpu) == 0
    for call in (
        nvmlDeviceGetMigMode,
        lambda gpu: nvmlDeviceSetMigMode(gpu, 1),
        lambda gpu: nvmlDeviceGetGpuInstanceProfileInfo(gpu, 0),
    ):
        with refused(NVML_ERROR_NOT_SUPPORTED):
            call(gpu)


@pytest.mark.machine("""
access = "monitor"
[[gpu]]
model = "A100-SXM4-40GB"
mig = true
""")
def test_user_sees_all_and_changes_nothing():
    gpu = nvmlDeviceGetHandleByIndex(0)
    assert nvmlDeviceGetMigMode(gpu) == [1, 1]
    for change in (lambda: nvmlDeviceSetMigMode(gpu, 0), lambda: nvmlDeviceCreateGpuInstance(gpu, 19)):
        with refused(NVML_ERROR_NO_PERMISSION):
            change()
    assert nvmlDeviceGetMigMode(gpu) == [1, 1]
    assert gpu_instances(gpu, 19) == []
    assert nvmlDeviceGetMemoryInfo(gpu).total == a100.MEMORY_MIB * MIB


def test_calls_before_init_and_after_shutdown():
    nvmlShutdown()
    with refused(NVML_ERROR_UNINITIALIZED):
        nvmlDeviceGetCount()
    nvmlInit()
    assert nvmlDeviceGetCount() == 8
