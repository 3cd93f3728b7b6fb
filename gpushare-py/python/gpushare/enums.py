"""The enums of gpushare. Those that name NVML's numbers are open: a newer driver's numbers become members without a name of their own."""

from __future__ import annotations

import enum
from typing import TypeVar

__all__ = [
    "Access",
    "Architecture",
    "CdiDeviceName",
    "ComputeMode",
    "DeviceOrder",
    "Engine",
    "EventKinds",
    "InitFlags",
    "MigEnumeration",
    "MigModeNeed",
    "MpsClientPriority",
    "MpsLogRole",
    "MpsServerStatus",
    "NvmlReturn",
    "ProcessKind",
    "ProcessKinds",
    "ProfileAttributes",
    "Recovery",
    "SnapshotFact",
    "TimeSlice",
]

_Open = TypeVar("_Open", bound="_OpenIntEnum")


class _OpenIntEnum(enum.IntEnum):
    @classmethod
    def _missing_(cls: type[_Open], value: object) -> _Open | None:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}"
        member._value_ = value
        return cls._value2member_map_.setdefault(value, member)  # type: ignore[return-value]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})" if self._is_unknown() else f"{type(self).__name__}.{self.name}"

    def __str__(self) -> str:
        return self.name

    def _is_unknown(self) -> bool:
        return self.name not in type(self).__members__


class _WordEnum(enum.Enum):
    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __str__(self) -> str:
        return str(self.value)


class Access(_WordEnum):
    """What the calling process may do to a simulated GPU that is in MIG mode."""

    ADMIN = "admin"
    """Root: everything."""
    MONITOR = "monitor"
    """What every user of a host may: sees everything, changes nothing."""
    UNPRIVILEGED = "unprivileged"
    """As in a container: does not see the whole GPU once a GPU instance exists."""


class Architecture(_OpenIntEnum):
    """The architecture of a GPU: NVML's ``NVML_DEVICE_ARCH_*``."""

    KEPLER = 2
    MAXWELL = 3
    PASCAL = 4
    VOLTA = 5
    TURING = 6
    AMPERE = 7
    ADA = 8
    HOPPER = 9
    BLACKWELL = 10


class CdiDeviceName(_WordEnum):
    """What devices of a CDI specification are called. These are the strategies of ``nvidia-ctk cdi generate``."""

    INDEX = "index"
    """By index: ``0`` a GPU, ``0:1`` a MIG device."""
    TYPE_INDEX = "type_index"
    """By kind and index: ``gpu0``, ``mig0:1``. Runtimes that know no newer version of the format than 0.4.0 need it."""
    UUID = "uuid"
    """By UUID: ``GPU-9e4aeb94-…``, ``MIG-c42101f0-…``."""


class ComputeMode(_OpenIntEnum):
    """How many processes may have contexts on a GPU: NVML's ``NVML_COMPUTEMODE_*``."""

    DEFAULT = 0
    """Any number: what time-slicing and MPS with a fallback need."""
    PROHIBITED = 2
    """None."""
    EXCLUSIVE_PROCESS = 3
    """One. An MPS server is one for all its clients, so that a client which does not reach it fails, and does not run beside it."""


class DeviceOrder(_WordEnum):
    """The order in which CUDA numbers GPUs: ``CUDA_DEVICE_ORDER``, for which CUDA takes these two words and no other."""

    FASTEST_FIRST = "FASTEST_FIRST"
    """By speed, which is what CUDA does where the variable is not set. How it compares models is not documented."""
    PCI_BUS_ID = "PCI_BUS_ID"
    """By the address on the PCI bus, as NVML and nvidia-smi do."""


class Engine(_WordEnum):
    """A kind of engine of which a GPU has a fixed number."""

    DECODER = "decoder"
    ENCODER = "encoder"
    JPEG = "jpeg"
    OPTICAL_FLOW = "optical_flow"


class EventKinds(enum.IntFlag):
    """Kinds of events. Those of newer drivers pass through."""

    SINGLE_BIT_ECC = 0x1
    """An ECC error of one bit, which was corrected."""
    DOUBLE_BIT_ECC = 0x2
    """An ECC error of two bits, which could not be corrected."""
    PSTATE = 0x4
    """Another performance state."""
    XID = 0x8
    """An error that the driver also writes into the kernel's log, with a number that says which."""
    CLOCK = 0x10
    """Other clocks; Kepler only."""
    POWER_SOURCE = 0x80
    """Another source of power, mains or battery."""
    MIG_CONFIG_CHANGE = 0x100
    """A GPU instance or compute instance was created or destroyed."""
    SINGLE_BIT_ECC_STORM = 0x200
    """Many ECC errors of one bit in a short time."""
    DRAM_RETIREMENT = 0x400
    """A part of the memory was taken out of use."""
    DRAM_RETIREMENT_FAILURE = 0x800
    """A part of the memory could not be taken out of use."""
    NON_FATAL_POISON = 0x1000
    """Poisoned data were met, which harm no more than the program that uses them."""
    FATAL_POISON = 0x2000
    """Poisoned data were met, which the GPU does not survive."""
    GPU_UNAVAILABLE = 0x4000
    """The GPU cannot be used."""
    GPU_RECOVERY_ACTION = 0x8000
    """Another step is needed for the GPU to recover, such as a reset."""


class InitFlags(enum.IntFlag):
    """How to initialise NVML."""

    NO_GPUS = 1
    """Do not fail when there is no GPU."""
    NO_ATTACH = 2
    """Do not attach the GPUs."""


class MigEnumeration(_WordEnum):
    """How many MIG devices one process is given. Source: MIG User Guide, "CUDA Device Enumeration"."""

    ONE_PER_PROCESS = "one_per_process"
    """One, and no whole GPU beside it: drivers before R570."""
    ONE_PER_GPU_INSTANCE = "one_per_gpu_instance"
    """One compute instance of each GPU instance, 64 in all, and whole GPUs beside them: drivers from R570 on."""


class MigModeNeed(_WordEnum):
    """What a change of the MIG mode still needs."""

    NO_CLIENTS = "no_clients"
    """The GPU's clients must end, and then the GPU must be reset."""
    RESET = "reset"
    """The GPU must be reset, or the machine rebooted."""
    OTHER = "other"
    """What the driver says: see the error's ``nvml_return``."""


class MpsClientPriority(_WordEnum):
    """How urgent the work of an MPS client is to the GPU: ``CUDA_MPS_CLIENT_PRIORITY``."""

    NORMAL = "normal"
    """0: as urgent as work without MPS."""
    BELOW_NORMAL = "below_normal"
    """1: after that of normal priority."""


class MpsLogRole(_WordEnum):
    """Who wrote a record of the logs of MPS."""

    CONTROL = "control"
    """The control daemon."""
    SERVER = "server"
    """A server."""
    OTHER = "other"
    """A process that is about to become one of these."""


class MpsServerStatus(_WordEnum):
    """What an MPS server is doing."""

    INITIALIZING = "initializing"
    """It starts, and its clients wait."""
    ACTIVE = "active"
    """It serves."""
    FAULT = "fault"
    """A client met a fatal fault: new clients are refused until those that it touched have left."""


class NvmlReturn(_OpenIntEnum):
    """The code that an NVML function returned: NVML's ``nvmlReturn_t``.

    >>> gpushare.NvmlReturn(19)
    NvmlReturn.IN_USE
    """

    SUCCESS = 0
    UNINITIALIZED = 1
    INVALID_ARGUMENT = 2
    NOT_SUPPORTED = 3
    NO_PERMISSION = 4
    ALREADY_INITIALIZED = 5
    NOT_FOUND = 6
    INSUFFICIENT_SIZE = 7
    INSUFFICIENT_POWER = 8
    DRIVER_NOT_LOADED = 9
    TIMEOUT = 10
    IRQ_ISSUE = 11
    LIBRARY_NOT_FOUND = 12
    FUNCTION_NOT_FOUND = 13
    CORRUPTED_INFOROM = 14
    GPU_IS_LOST = 15
    RESET_REQUIRED = 16
    OPERATING_SYSTEM = 17
    LIB_RM_VERSION_MISMATCH = 18
    IN_USE = 19
    MEMORY = 20
    NO_DATA = 21
    VGPU_ECC_NOT_SUPPORTED = 22
    INSUFFICIENT_RESOURCES = 23
    FREQ_NOT_SUPPORTED = 24
    ARGUMENT_VERSION_MISMATCH = 25
    DEPRECATED = 26
    NOT_READY = 27
    GPU_NOT_FOUND = 28
    INVALID_STATE = 29
    UNKNOWN = 999

    @property
    def nvml_name(self) -> str | None:
        """NVML's name of the code, such as ``NVML_ERROR_IN_USE``; ``None`` for one that this version of gpushare does not know."""
        from ._gpushare import nvml_return_name

        return nvml_return_name(self.value)

    @property
    def description(self) -> str:
        """What the code means, in words that need no driver."""
        from ._gpushare import nvml_return_description

        return nvml_return_description(self.value)


class ProcessKind(_WordEnum):
    """How a process uses a simulated GPU."""

    COMPUTE = "compute"
    """A CUDA program."""
    GRAPHICS = "graphics"
    """A graphics program."""
    MPS_CLIENT = "mps-client"
    """A CUDA program through MPS."""
    MPS_SERVER = "mps-server"
    """``nvidia-cuda-mps-server``."""


class ProcessKinds(enum.IntFlag):
    """How a process uses a GPU."""

    COMPUTE = 1
    """It computes; a client of MPS and its server do, too."""
    GRAPHICS = 2
    """It draws."""
    MPS_CLIENT = 4
    """It computes through MPS."""


class ProfileAttributes(enum.IntFlag):
    """What a GPU-instance profile has beyond, or without, the media engines of its size."""

    MEDIA_EXTENSIONS = 1
    """``+me``: with media extensions (decoders, JPEG, optical flow); one such instance per GPU."""
    ALL_MEDIA_ENGINES = 2
    """``+me.all``: with all media engines of the GPU."""
    NO_MEDIA_ENGINES = 4
    """``-me``: without media engines."""
    GRAPHICS = 8
    """``+gfx``: able to run graphics."""


class Recovery(_WordEnum):
    """What ``Gpu.recover`` found and did."""

    NOTHING = "nothing"
    """No change was left half-done."""
    FINISHED = "finished"
    """The change had reached its end, and only the journal was left."""
    ROLLED_BACK = "rolled_back"
    """The layout before the change is there again."""
    ROLLED_FORWARD = "rolled_forward"
    """The layout before could not be had again, so the change was completed."""


class SnapshotFact(_WordEnum):
    """A part of a ``GpuSnapshot``, by its word in JSON."""

    MINOR_NUMBER = "minor-number"
    PCI_ADDRESS = "pci-address"
    MEMORY = "memory"
    """``memory``, or that of a MIG device."""
    UTILIZATION = "utilization"
    COMPUTE_MODE = "compute-mode"
    MIG_MODE = "mig-mode"
    """``mig_enabled``, and with it everything of MIG."""
    GPU_INSTANCES = "gpu-instances"
    """``gpu_instances``, and with it the capacity."""
    MIG_DEVICES = "mig-devices"
    PROCESSES = "processes"
    """``processes``, all or some."""


class TimeSlice(_WordEnum):
    """How long a process has a GPU to itself while others wait for it. The policy is of the whole GPU.

    The driver keeps it until it is set again, is unloaded, or the machine reboots. What each policy is in milliseconds NVIDIA does not
    publish. Contexts that exist keep, as far as is known, what they were made with: set it before the programs start.
    """

    DEFAULT = "default"
    """What the driver has unasked."""
    SHORT = "short"
    """The shortest."""
    MEDIUM = "medium"
    """Between the two."""
    LONG = "long"
    """The longest."""
