"""What is known of an A100-SXM4-40GB that is split as in `tests/data/a100-walkthrough.txt`; every number is from there.

Two things are not: the placements and the kinds of the profiles are NVIDIA's documentation's.
"""

from typing import NamedTuple

NAME = "NVIDIA A100-SXM4-40GB"
DRIVER = "580.126.09"
MEMORY_MIB = 40960
UUIDS = [
    "GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9",
    "GPU-934e3c41-2e9a-efbf-5e75-a17cc8913c9e",
    "GPU-36441532-9ef4-0f3a-afb1-f844c3ab04bf",
    "GPU-ba4fa428-9d41-74cf-86e6-0824b0de1b09",
    "GPU-ab948b61-2346-9a55-872f-9c025479276d",
    "GPU-c634460f-e63f-6e47-e45a-2401ba173441",
    "GPU-9e9e32ec-1efc-2b7f-a94c-c985be7dcb8a",
    "GPU-e38bb82d-2bd3-41b0-1c6e-db7d90e6ae19",
]
BUS_ID = "00000000:10:1C.0"


class GpuInstanceProfile(NamedTuple):
    kind: int
    id: int
    name: str
    slices: int
    total: int
    memory_mib: int
    sm: int
    ce: int
    dec: int
    enc: int
    jpeg: int
    ofa: int
    starts: list[int]
    size: int
    # How many more there is room for: on the empty GPU, after the 4g.20gb, after the 2g.10gb, after the 1g.5gb.
    free: list[int]


GPU_INSTANCE_PROFILES = [
    GpuInstanceProfile(0, 19, "MIG 1g.5gb", 1, 7, 4864, 14, 1, 0, 0, 0, 0, [0, 1, 2, 3, 4, 5, 6], 1, [7, 3, 1, 0]),
    GpuInstanceProfile(7, 20, "MIG 1g.5gb+me", 1, 1, 4864, 14, 1, 1, 0, 1, 1, [0, 1, 2, 3, 4, 5, 6], 1, [1, 1, 1, 0]),
    GpuInstanceProfile(9, 15, "MIG 1g.10gb", 1, 4, 9984, 14, 1, 1, 0, 0, 0, [0, 2, 4, 6], 2, [4, 2, 1, 0]),
    GpuInstanceProfile(1, 14, "MIG 2g.10gb", 2, 3, 9984, 28, 2, 1, 0, 0, 0, [0, 2, 4], 2, [3, 1, 0, 0]),
    GpuInstanceProfile(2, 9, "MIG 3g.20gb", 3, 2, 20096, 42, 3, 2, 0, 0, 0, [0, 4], 4, [2, 1, 0, 0]),
    GpuInstanceProfile(3, 5, "MIG 4g.20gb", 4, 1, 20096, 56, 4, 2, 0, 0, 0, [0], 4, [1, 0, 0, 0]),
    GpuInstanceProfile(4, 0, "MIG 7g.40gb", 7, 1, 40320, 98, 7, 5, 0, 1, 1, [0], 8, [1, 0, 0, 0]),
]

# In the order of their creation: profile ID, instance ID, start, size.
GPU_INSTANCES = [(5, 2, 0, 4), (14, 3, 4, 2), (19, 9, 6, 1)]

# In the order of their creation: GPU instance ID, profile ID, instance ID, start, size.
COMPUTE_INSTANCES = [(2, 3, 0, 0, 4), (3, 0, 0, 0, 1), (3, 0, 1, 1, 1), (9, 0, 0, 0, 1)]


class ComputeInstanceProfile(NamedTuple):
    id: int
    name: str
    total: int
    sm: int
    ce: int
    dec: int
    enc: int
    jpeg: int
    ofa: int


# By the profile ID of the GPU instance. The kind of a compute instance profile is its ID.
COMPUTE_INSTANCE_PROFILES = {
    5: [
        ComputeInstanceProfile(0, "MIG 1c.4g.20gb", 4, 14, 4, 2, 0, 0, 0),
        ComputeInstanceProfile(1, "MIG 2c.4g.20gb", 2, 28, 4, 2, 0, 0, 0),
        ComputeInstanceProfile(3, "MIG 4g.20gb", 1, 56, 4, 2, 0, 0, 0),
    ],
    14: [
        ComputeInstanceProfile(0, "MIG 1c.2g.10gb", 2, 14, 2, 1, 0, 0, 0),
        ComputeInstanceProfile(1, "MIG 2g.10gb", 1, 28, 2, 1, 0, 0, 0),
    ],
    19: [ComputeInstanceProfile(0, "MIG 1g.5gb", 1, 14, 1, 0, 0, 0, 0)],
}


class MigDevice(NamedTuple):
    gi: int
    ci: int
    profile: str
    memory_mib: int
    used_mib: int
    bar1_mib: int
    sm: int
    ce: int
    dec: int
    gi_slices: int
    ci_slices: int


# By index.
MIG_DEVICES = [
    MigDevice(2, 0, "4g.20gb", 20096, 142, 12211, 56, 4, 2, 4, 4),
    MigDevice(3, 0, "1c.2g.10gb", 9984, 71, 6105, 14, 2, 1, 2, 1),
    MigDevice(3, 1, "1c.2g.10gb", 9984, 71, 6105, 14, 2, 1, 2, 1),
    MigDevice(9, 0, "1g.5gb", 4864, 36, 3052, 14, 1, 0, 1, 1),
]
# All of the above: used memory of the whole GPU, as its GPU instances have it.
USED_MIB = 249
