"""
What `gpushare` and `gpushare.sim` are made of.
"""

from gpushare._events import AsyncEvents
import os
import typing

import gpushare.enums
from gpushare.enums import Architecture, ComputeMode, DeviceOrder, Engine, EventKinds, MigEnumeration, MpsClientPriority, MpsLogRole, MpsServerStatus, NvmlReturn, ProcessKinds, ProfileAttributes, Recovery, SnapshotFact, TimeSlice
from gpushare.exceptions import GpuShareError
from os import PathLike
from pathlib import Path
from typing import Any, Final, SupportsFloat, SupportsIndex, final
from typing_extensions import disjoint_base

_T = typing.TypeVar("_T")

__all__ = ["CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES", "DEFAULT_DIRECTORY", "NVIDIA_VISIBLE_DEVICES", "VERSION", "Advisory", "Applied", "Bar1Memory", "Capability", "CdiContainerEdits", "CdiDevice", "CdiDeviceNode", "CdiHook", "CdiMount", "CdiSpec", "Change", "ComputeInstance", "ComputeInstanceLayout", "ComputeInstancePlacement", "ComputeInstanceProfile", "ComputeInstanceSize", "ComputeInstanceSnapshot", "ComputeInstanceState", "ComputeProfileGeometry", "CudaDevice", "CudaDevices", "CudaRules", "DaemonPresence", "DeviceFiles", "DeviceNode", "Drift", "Engines", "EntryFault", "EventSet", "FaultState", "Gpu", "GpuEvent", "GpuFiles", "GpuInstance", "GpuInstanceLayout", "GpuInstancePlacement", "GpuInstanceProfile", "GpuInstanceSnapshot", "GpuInstanceState", "GpuProcess", "GpuSnapshot", "HiddenDevice", "Holder", "Infeasible", "InfeasibleInside", "Layout", "ListEnd", "Machine", "Memory", "MigDevice", "MigDeviceAttributes", "MigDeviceCapabilities", "MigDeviceFiles", "MigDeviceSnapshot", "MigGeometry", "MigMinors", "MigMode", "MigPartedConfig", "MigPartedEntry", "MigState", "MpsClient", "MpsDaemon", "MpsDaemonSnapshot", "MpsLog", "MpsLogRecord", "MpsQuit", "MpsRole", "MpsServer", "MpsServerSnapshot", "MpsSession", "NvidiaVisibleDevices", "Nvml", "Observer", "PciAddress", "PipeDirectory", "Plan", "PlanStep", "PlannedComputeInstance", "PlannedGpuInstance", "ProcessUtilization", "ProfileCapacity", "ProfileGeometry", "ProfileName", "SlurmGres", "SlurmGresLine", "Snapshot", "Target", "TracedCall", "UnknownFact", "Utilization", "VisibleDevice", "VisibleDevices", "VisibleGpu", "VisibleMigDevice", "VisibleNode", "capability_minor", "check_spec", "mps_advisory", "mps_multiprocessors", "mps_recover", "mps_session", "nvml_return_description", "nvml_return_name"]

CUDA_DEVICE_ORDER: Final[str]
CUDA_VISIBLE_DEVICES: Final[str]
DEFAULT_DIRECTORY: Final[str]
NVIDIA_VISIBLE_DEVICES: Final[str]
VERSION: Final[str]

@disjoint_base
class Advisory:
    """
    Something that is allowed and known to go wrong. `str` of it says what.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @final
    class OtherVersion(Advisory):
        """
        The control daemon is of another driver than the one that is loaded: that of the daemon (`535.309.01`, or `CUDA 13.2` by its log)
        and that of the driver, in the same terms.
        """
        __match_args__: Final = ("daemon", "driver")
        def __new__(cls, /, daemon: str, driver: str) -> Advisory.OtherVersion: ...
        @property
        def daemon(self, /) -> str: ...
        @property
        def driver(self, /) -> str: ...
    @final
    class WrongHalfPrecisionProducts(Advisory):
        """
        Half-precision matrix products may be wrong in silence at this share: see `mps_advisory`.
        """
        __match_args__: Final = ("percentage",)
        def __new__(cls, /, percentage: SupportsFloat | SupportsIndex) -> Advisory.WrongHalfPrecisionProducts: ...
        @property
        def percentage(self, /) -> float: ...

@final
class Applied:
    """
    What came of a plan that was carried out.
    """
    def __repr__(self, /) -> str: ...
    @property
    def destroyed(self, /) -> list[str]:
        """
        The UUIDs of the MIG devices that are gone.
        """
    @property
    def kept(self, /) -> list[MigDevice]:
        """
        The MIG devices that were there before and stay.
        """
    @property
    def made(self, /) -> list[MigDevice]:
        """
        The MIG devices that were made.
        """

@final
class Bar1Memory:
    """
    The BAR1 memory of a GPU or of a MIG device, in bytes: the window through which the processor and other devices reach its memory.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int, int]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, total: SupportsIndex, free: SupportsIndex, used: SupportsIndex) -> Bar1Memory: ...
    def __repr__(self, /) -> str: ...
    @property
    def free(self, /) -> int:
        """
        What is not mapped, in bytes.
        """
    @property
    def total(self, /) -> int:
        """
        All of it, in bytes.
        """
    @property
    def used(self, /) -> int:
        """
        What is mapped, in bytes.
        """

@final
class Capability:
    """
    A capability of the driver: a file that describes it, and the device node that grants it to whoever may open it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def file(self, /) -> Path:
        """
        The driver's file that describes it, below the session's root.
        """
    @property
    def minor(self, /) -> int:
        """
        The minor number of the device node, as that file says.
        """
    @property
    def mode(self, /) -> int:
        """
        The permissions that the driver wants for the node, such as 0o444.
        """
    @property
    def node(self, /) -> Path:
        """
        The device node, as programs name it: `/dev/nvidia-caps/nvidia-cap21`. The session's root is not part of it.
        """

@final
class CdiContainerEdits:
    """
    What a container gets.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def device_nodes(self, /) -> list[CdiDeviceNode]:
        """
        Device nodes.
        """
    @property
    def env(self, /) -> list[str]:
        """
        Variables of the environment, as `NAME=value`.
        """
    @property
    def hooks(self, /) -> list[CdiHook]:
        """
        Programs that the runtime runs.
        """
    @property
    def mounts(self, /) -> list[CdiMount]:
        """
        Files and folders of the host.
        """

@final
class CdiDevice:
    """
    A device of a `CdiSpec`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def annotations(self, /) -> dict[str, str]:
        """
        Whatever readers may want to know.
        """
    @property
    def container_edits(self, /) -> CdiContainerEdits:
        """
        What a container gets with the device.
        """
    @property
    def name(self, /) -> str:
        """
        The name, such as `0:1`.
        """

@final
class CdiDeviceNode:
    """
    A device node that a container gets.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def device_type(self, /) -> str | None:
        """
        The kind of node, `c` for a character device. Where it and the numbers are `None`, the runtime takes them from the host's node.
        """
    @property
    def host_path(self, /) -> str | None:
        """
        The path on the host, where it is another.
        """
    @property
    def major(self, /) -> int | None:
        """
        The major number.
        """
    @property
    def minor(self, /) -> int | None:
        """
        The minor number.
        """
    @property
    def path(self, /) -> str:
        """
        The path in the container.
        """

@final
class CdiHook:
    """
    A program that the runtime runs.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def args(self, /) -> list[str]:
        """
        Its arguments, the first of which is its name.
        """
    @property
    def hook_name(self, /) -> str:
        """
        When: `createContainer` is after the container's namespaces were made and before it has its own root.
        """
    @property
    def path(self, /) -> str:
        """
        The program, by an absolute path of the host.
        """

@final
class CdiMount:
    """
    A file or folder of the host that a container gets.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def container_path(self, /) -> str:
        """
        The path in the container.
        """
    @property
    def host_path(self, /) -> str:
        """
        The path on the host.
        """
    @property
    def options(self, /) -> list[str]:
        """
        How it is mounted, such as `ro`.
        """

@final
class CdiSpec:
    """
    A specification of the Container Device Interface: devices that a container can be given by name, such as `nvidia.com/gpu=0:1`.

    Runtimes look for it in `/etc/cdi` and `/var/run/cdi`, in files whose names end in `.yaml` or `.json`; one that appears by a rename is
    never seen half.

    >>> gpu.apply_layout("4g.20gb", directory=folder).made[0].device_files().cdi_spec(host_root="/").devices[0].name
    '0:0'
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def annotations(self, /) -> dict[str, str]:
        """
        Whatever readers may want to know.
        """
    @property
    def container_edits(self, /) -> CdiContainerEdits:
        """
        What a container gets with whichever of the devices.
        """
    @property
    def devices(self, /) -> list[CdiDevice]:
        """
        The devices: at least one, each with a name of its own.
        """
    @property
    def kind(self, /) -> str:
        """
        The vendor and the class of the devices, such as `nvidia.com/gpu`.
        """
    def to_json(self, /) -> str:
        """
        The specification as JSON text.
        """
    def to_yaml(self, /) -> str:
        """
        The specification as YAML text.
        """
    def version(self, /) -> str:
        """
        The version of the format that it is written in: the oldest that has all that the specification uses, so that runtimes of every age
        read it.
        """

@disjoint_base
class Change:
    """
    One difference between two snapshots, from `Snapshot.changes_to`. `gpu` is the UUID of the GPU. Prints as a sentence.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> Change:
        """
        The change that `to_json` wrote.

        Raises:
            ValueError: The text is no change.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The change as plain dicts and lists: what `to_json` writes, read by `json.loads`.

        Raises:
            ValueError: As `to_json`.
        """
    def to_json(self, /) -> str:
        """
        The change as JSON text, which `from_json` reads.

        Raises:
            ValueError: It is an `Other`, or names a GPU by what is no UUID.
        """
    @final
    class ComputeMode(Change):
        """
        Another compute mode.
        """
        __match_args__: Final = ("gpu", "before", "after")
        def __new__(cls, /, gpu: str, before: ComputeMode | None, after: ComputeMode | None) -> Change.ComputeMode: ...
        @property
        def after(self, /) -> ComputeMode | None: ...
        @property
        def before(self, /) -> ComputeMode | None: ...
        @property
        def gpu(self, /) -> str: ...
    @final
    class GpuAppeared(Change):
        """
        A GPU that was not there before.
        """
        __match_args__: Final = ("gpu",)
        def __new__(cls, /, gpu: str) -> Change.GpuAppeared: ...
        @property
        def gpu(self, /) -> str: ...
    @final
    class GpuInstanceCreated(Change):
        """
        A GPU instance that was not there before. Its compute instances are told as MIG devices.
        """
        __match_args__: Final = ("gpu", "instance")
        def __new__(cls, /, gpu: str, instance: GpuInstanceSnapshot) -> Change.GpuInstanceCreated: ...
        @property
        def gpu(self, /) -> str: ...
        @property
        def instance(self, /) -> GpuInstanceSnapshot: ...
    @final
    class GpuInstanceDestroyed(Change):
        """
        A GPU instance that is no longer there, or no longer the same.
        """
        __match_args__: Final = ("gpu", "instance")
        def __new__(cls, /, gpu: str, instance: GpuInstanceSnapshot) -> Change.GpuInstanceDestroyed: ...
        @property
        def gpu(self, /) -> str: ...
        @property
        def instance(self, /) -> GpuInstanceSnapshot: ...
    @final
    class GpuVanished(Change):
        """
        A GPU that is no longer there.
        """
        __match_args__: Final = ("gpu",)
        def __new__(cls, /, gpu: str) -> Change.GpuVanished: ...
        @property
        def gpu(self, /) -> str: ...
    @final
    class Memory(Change):
        """
        More or less memory in use on a GPU.
        """
        __match_args__: Final = ("gpu", "before", "after")
        def __new__(cls, /, gpu: str, before: Memory | None, after: Memory | None) -> Change.Memory: ...
        @property
        def after(self, /) -> Memory | None: ...
        @property
        def before(self, /) -> Memory | None: ...
        @property
        def gpu(self, /) -> str: ...
    @final
    class MigDeviceCreated(Change):
        """
        A MIG device that was not there before.
        """
        __match_args__: Final = ("gpu", "device")
        def __new__(cls, /, gpu: str, device: MigDeviceSnapshot) -> Change.MigDeviceCreated: ...
        @property
        def device(self, /) -> MigDeviceSnapshot: ...
        @property
        def gpu(self, /) -> str: ...
    @final
    class MigDeviceDestroyed(Change):
        """
        A MIG device that is no longer there, or no longer the same.
        """
        __match_args__: Final = ("gpu", "device")
        def __new__(cls, /, gpu: str, device: MigDeviceSnapshot) -> Change.MigDeviceDestroyed: ...
        @property
        def device(self, /) -> MigDeviceSnapshot: ...
        @property
        def gpu(self, /) -> str: ...
    @final
    class MigMode(Change):
        """
        MIG was enabled or disabled, or whether it is became known or unknown.
        """
        __match_args__: Final = ("gpu", "before", "after")
        def __new__(cls, /, gpu: str, before: bool | None, after: bool | None) -> Change.MigMode: ...
        @property
        def after(self, /) -> bool | None: ...
        @property
        def before(self, /) -> bool | None: ...
        @property
        def gpu(self, /) -> str: ...
    @final
    class MpsDaemonEnded(Change):
        """
        An MPS daemon that no longer has servers on the node's GPUs.
        """
        __match_args__: Final = ("daemon",)
        def __new__(cls, /, daemon: MpsDaemonSnapshot) -> Change.MpsDaemonEnded: ...
        @property
        def daemon(self, /) -> MpsDaemonSnapshot: ...
    @final
    class MpsDaemonStarted(Change):
        """
        An MPS daemon that had none before.
        """
        __match_args__: Final = ("daemon",)
        def __new__(cls, /, daemon: MpsDaemonSnapshot) -> Change.MpsDaemonStarted: ...
        @property
        def daemon(self, /) -> MpsDaemonSnapshot: ...
    @final
    class Other(Change):
        """
        Another change, in words.
        """
        __match_args__: Final = ("text",)
        def __new__(cls, /, text: str) -> Change.Other: ...
        @property
        def text(self, /) -> str: ...
    @final
    class ProcessEnded(Change):
        """
        A process that no longer uses the GPU.
        """
        __match_args__: Final = ("gpu", "process")
        def __new__(cls, /, gpu: str, process: GpuProcess) -> Change.ProcessEnded: ...
        @property
        def gpu(self, /) -> str: ...
        @property
        def process(self, /) -> GpuProcess: ...
    @final
    class ProcessStarted(Change):
        """
        A process that did not use the GPU before.
        """
        __match_args__: Final = ("gpu", "process")
        def __new__(cls, /, gpu: str, process: GpuProcess) -> Change.ProcessStarted: ...
        @property
        def gpu(self, /) -> str: ...
        @property
        def process(self, /) -> GpuProcess: ...

@final
class ComputeInstance:
    """
    A compute instance: SMs of a GPU instance, on which programs run as a `MigDevice`.

    It outlives the process that made it; as the object of a `with`, it is destroyed at the end. Every use of the handle asks the
    driver whether the instance is still the same, and raises `StaleError` where it is not.
    """
    def __enter__(self, /) -> ComputeInstance: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __exit__(self, /, *exception: object) -> None: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def capability(self, /) -> Capability:
        """
        The capability that grants use of this compute instance, read from the driver's files.

        Raises:
            NotFoundError: The instance no longer exists, or the driver's files are not below the session's root; `path` is the file.
        """
    def destroy(self, /) -> None:
        """
        Destroys the instance. Needs root, or the MIG `config` capability.

        Raises:
            InUseError: Processes run on it; `holders` names them, as far as NVML tells.
            StaleError: The instance no longer exists.
            NoPermissionError: The caller may not manage MIG.
        """
    @property
    def gpu_instance(self, /) -> GpuInstance:
        """
        The GPU instance it is part of.
        """
    @property
    def id(self, /) -> int:
        """
        Its id in that GPU instance.
        """
    def mig_device(self, /) -> MigDevice:
        """
        The MIG device that this compute instance is.

        Raises:
            StaleError: The instance no longer exists.
        """
    @property
    def placement(self, /) -> ComputeInstancePlacement:
        """
        Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
        """
    @property
    def profile(self, /) -> ComputeInstanceProfile:
        """
        The profile it was created with.
        """

@final
class ComputeInstanceLayout:
    """
    One compute instance of a GPU instance in a layout.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, size: ComputeInstanceSize, start: SupportsIndex | None = None) -> ComputeInstanceLayout: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> ComputeInstanceLayout:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def size(self, /) -> ComputeInstanceSize:
        """
        How much of the GPU instance it takes.
        """
    @property
    def start(self, /) -> int | None:
        """
        The compute slice where it begins; `None` for wherever it fits.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class ComputeInstancePlacement:
    """
    Where a compute instance lies, in *compute slices* of its GPU instance.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ge__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int]: ...
    def __gt__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __le__(self, value: object, /) -> bool: ...
    def __lt__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, start: SupportsIndex, size: SupportsIndex) -> ComputeInstancePlacement: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def overlaps(self, /, other: ComputeInstancePlacement) -> bool:
        """
        Whether the two share a slice.
        """
    @classmethod
    def parse(cls, /, text: str) -> ComputeInstancePlacement:
        """
        The placement that a text names as nvidia-smi prints it: `start:size`.

        Raises:
            InvalidArgumentError: The text is not two numbers with a colon between them.
        """
    @property
    def size(self, /) -> int:
        """
        The number of slices.
        """
    def slices(self, /) -> range:
        """
        The slices it covers.
        """
    @property
    def start(self, /) -> int:
        """
        The first slice.
        """

@final
class ComputeInstanceProfile:
    """
    A compute-instance profile of one GPU instance: a share of its SMs.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> ComputeInstanceProfile:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def id(self, /) -> int:
        """
        The number that creation and placements take in this GPU instance.
        """
    @property
    def is_default(self, /) -> bool:
        """
        Whether it takes the whole GPU instance: what nvidia-smi marks with `*` and creates when no profile is named.
        """
    @property
    def kind(self, /) -> int:
        """
        The index under which NVML enumerates it: `NVML_COMPUTE_INSTANCE_PROFILE_*`.
        """
    @property
    def max_instances(self, /) -> int:
        """
        How many instances an empty GPU instance has room for.
        """
    @property
    def multiprocessor_count(self, /) -> int:
        """
        Streaming multiprocessors, for this compute instance alone.
        """
    @property
    def name(self, /) -> str:
        """
        Its name as the driver gives it, without `MIG `: `1c.2g.10gb`, or the GPU instance's own name for the whole of it.
        """
    @property
    def shared_engines(self, /) -> Engines:
        """
        Other engines, shared by all compute instances of the GPU instance.
        """
    @property
    def slice_count(self, /) -> int:
        """
        Compute slices: the number before the `c`.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@disjoint_base
class ComputeInstanceSize:
    """
    How much of its GPU instance a compute instance takes.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class Profile(ComputeInstanceSize):
        """
        The profile with an ID, where two have one size.
        """
        __match_args__: Final = ("id",)
        def __new__(cls, /, id: SupportsIndex) -> ComputeInstanceSize.Profile: ...
        @property
        def id(self, /) -> int: ...
    @final
    class Slices(ComputeInstanceSize):
        """
        A number of compute slices.
        """
        __match_args__: Final = ("count",)
        def __new__(cls, /, count: SupportsIndex) -> ComputeInstanceSize.Slices: ...
        @property
        def count(self, /) -> int: ...
    @final
    class Whole(ComputeInstanceSize):
        """
        All of it.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> ComputeInstanceSize.Whole: ...

@final
class ComputeInstanceSnapshot:
    """
    A compute instance of a `GpuInstanceSnapshot`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> ComputeInstanceSnapshot:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def id(self, /) -> int:
        """
        Its id.
        """
    @property
    def is_whole(self, /) -> bool:
        """
        Whether it takes all processors of its GPU instance.
        """
    @property
    def placement(self, /) -> ComputeInstancePlacement:
        """
        Where it lies, in compute slices of its GPU instance. The size is 0 on drivers that do not tell.
        """
    @property
    def profile_id(self, /) -> int:
        """
        The id of its profile.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class ComputeInstanceState:
    """
    A compute instance that exists.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> ComputeInstanceState:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def id(self, /) -> int:
        """
        Its id.
        """
    @property
    def in_use(self, /) -> bool:
        """
        Whether a process runs on it.
        """
    @property
    def placement(self, /) -> ComputeInstancePlacement:
        """
        Where it lies.
        """
    @property
    def processes(self, /) -> list[GpuProcess]:
        """
        The processes that run on it.
        """
    @property
    def profile(self, /) -> ComputeInstanceProfile:
        """
        Its profile.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID of the MIG device that it is.
        """

@final
class ComputeProfileGeometry:
    """
    A compute-instance profile and its places in one kind of GPU instance.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> ComputeProfileGeometry:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def placements(self, /) -> list[ComputeInstancePlacement]:
        """
        Every placement that it can have; empty on drivers before R525, which do not tell.
        """
    @property
    def profile(self, /) -> ComputeInstanceProfile:
        """
        The profile.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class CudaDevice:
    """
    A device that CUDA numbers, or that a container is given: a GPU or a MIG device.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def entry(self, /) -> int | None:
        """
        The place of the entry that names it, from 0; `None` where none does.
        """
    @classmethod
    def from_json(cls, /, text: str) -> CudaDevice:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu(self, /) -> int:
        """
        The NVML index of the GPU.
        """
    @property
    def gpu_uuid(self, /) -> str:
        """
        The UUID of the GPU.
        """
    @property
    def mig(self, /) -> VisibleMigDevice | None:
        """
        The MIG device; `None` for the whole GPU.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    def uuid(self, /) -> str:
        """
        The device's own UUID, as NVML gives it: `GPU-…` or `MIG-…`.
        """

@final
class CudaDevices:
    """
    The devices that CUDA numbers 0, 1, … in one process.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def cuda_error(self, /) -> int | None:
        """
        What `cuInit` answers where it fails: 100 (no device) without a device, 101 (invalid device) where an entry names a device again.
        `None` where it does not fail. Both are measured, not documented.
        """
    @property
    def devices(self, /) -> list[CudaDevice]:
        """
        The devices, in the order of their numbers.
        """
    @property
    def end(self, /) -> ListEnd:
        """
        Where the list ended, and why there.
        """
    @classmethod
    def from_json(cls, /, text: str) -> CudaDevices:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def hidden(self, /) -> list[HiddenDevice]:
        """
        Devices that entries name and that the process is not given all the same.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class CudaRules:
    """
    The rules by which CUDA reads `CUDA_VISIBLE_DEVICES`. Without arguments, those that hold for every driver.

    >>> gpushare.CudaRules.of_driver("580.126.09").mig
    MigEnumeration.ONE_PER_GPU_INSTANCE
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, order: gpushare.enums.DeviceOrder | None = None, mig: gpushare.enums.MigEnumeration | None = None) -> CudaRules: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> CudaRules:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def mig(self, /) -> MigEnumeration:
        """
        How many MIG devices a process is given.
        """
    @staticmethod
    def of_driver(version: str) -> CudaRules:
        """
        The rules of a driver by its version, where `CUDA_DEVICE_ORDER` is not set.
        """
    @property
    def order(self, /) -> DeviceOrder:
        """
        The order in which GPUs are numbered.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@disjoint_base
class DaemonPresence:
    """
    Whether a control daemon lives in a pipe directory; false as a condition where none does.
    """
    def __bool__(self, /) -> bool: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class Absent(DaemonPresence):
        """
        No. Sockets that are there all the same are left from one that died.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> DaemonPresence.Absent: ...
    @final
    class Present(DaemonPresence):
        """
        Yes, with this process id; `None` where it lives in a container whose processes are not seen here.
        """
        __match_args__: Final = ("pid",)
        def __new__(cls, /, pid: SupportsIndex | None) -> DaemonPresence.Present: ...
        @property
        def pid(self, /) -> int | None: ...

@final
class DeviceFiles:
    """
    The files of the driver that a container or a job needs for a node, a GPU or a MIG device: from `Nvml.device_files`,
    `Gpu.device_files` and `MigDevice.device_files`, or made by hand.

    >>> device = gpu.apply_layout("4g.20gb", directory=folder).made[0]
    >>> [str(node.path) for node in device.device_files().nodes()][3:]
    ['/dev/nvidia0', '/dev/nvidia-caps/nvidia-cap21', '/dev/nvidia-caps/nvidia-cap22']
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, root: str | os.PathLike[str], driver_version: str, shared: typing.Sequence[DeviceNode], gpus: typing.Sequence[GpuFiles]) -> DeviceFiles: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def cdi_spec(self, /, *, vendor: str = ..., device_class: str = ..., names: typing.Sequence[gpushare.enums.CdiDeviceName] | None = None, all: bool = True, host_root: str | os.PathLike[str] | None = None, device_numbers: bool = False, driver_files: bool = False, hook: str | os.PathLike[str] | None = None) -> CdiSpec:
        """
        The CDI specification by which container runtimes give these devices to containers.

        A GPU with MIG enabled is no device, because nothing runs on the whole of it. Devices are called by index and by UUID unless `names`
        says otherwise; `all` is whether there is a device `all`, which is all the others. `host_root` is the folder of the driver's files as
        the runtime sees it, where that is not `root`. With `device_numbers`, a runtime needs no node on the host, but the specification is
        wrong after a reboot. With `driver_files`, containers get the driver's libraries, programs, firmware and sockets; `hook` is NVIDIA's
        program `nvidia-cdi-hook` or `nvidia-ctk` on the host, which makes the libraries known in a container, and stands for
        `driver_files` too.

        Raises:
            NotFoundError: There is no device, or the driver's files are wanted and not found.
            InvalidArgumentError: The format cannot have the vendor, class, name or path `text`.
        """
    @property
    def driver_version(self, /) -> str:
        """
        The version of the driver, which its libraries have in their names.
        """
    @classmethod
    def from_json(cls, /, text: str) -> DeviceFiles:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpus(self, /) -> list[GpuFiles]:
        """
        The GPUs, in NVML's order.
        """
    def nodes(self, /) -> list[DeviceNode]:
        """
        All nodes, each once: those that are shared, then for each GPU its own and those of its MIG devices.
        """
    @property
    def root(self, /) -> Path:
        """
        The folder below which the driver's files are.
        """
    @property
    def shared(self, /) -> list[DeviceNode]:
        """
        The nodes that every process with a GPU needs.
        """
    def slurm_gres(self, /, *, node_name: str | None = None, cores: dict[int, str] | None = None, count: bool = False, host_root: str | os.PathLike[str] | None = None) -> SlurmGres:
        """
        The lines by which Slurm lets jobs have these devices. A GPU with MIG enabled is no device of its own; its MIG devices are.

        `node_name` says for which nodes they are, `cores` which cores are near a GPU, by its NVML index, as Slurm counts and writes them. With
        `count`, each line has the number of its devices. `host_root` is the folder of the driver's files as `slurmd` sees it, where that is
        not `root`.

        Raises:
            InvalidArgumentError: Slurm could not read the node name, cores or path `text`.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class DeviceNode:
    """
    A character device of the driver, which a process opens to use a GPU.

    >>> [node.cgroup_rule() for node in gpu.device_files().nodes()]
    ['c 195:255 rw', 'c 511:0 rw', 'c 511:1 rw', 'c 195:0 rw']
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, path: str | PathLike[str], major: SupportsIndex, minor: SupportsIndex) -> DeviceNode: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def below(self, /, root: str | os.PathLike[str]) -> Path:
        """
        Where the node is on a host that has the driver's files below this folder: `/run/nvidia/driver/dev/nvidia0`.
        """
    def cgroup_rule(self, /) -> str:
        """
        The rule that lets a control group read and write the device: `c 195:0 rw`, as the file `devices.allow` of control groups v1 and
        `docker run --device-cgroup-rule` take it.
        """
    @classmethod
    def from_json(cls, /, text: str) -> DeviceNode:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def major(self, /) -> int:
        """
        The major number. But for 195 the kernel gives it out anew at each boot.
        """
    @property
    def minor(self, /) -> int:
        """
        The minor number.
        """
    @property
    def path(self, /) -> Path:
        """
        The node, as programs name it: `/dev/nvidia0`. The session's root is not part of it.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class Drift:
    """
    In what a GPU differs from a wanted layout, with the plan that repairs it. Prints a line for each difference, or `none`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def changed(self, /) -> list[GpuInstanceState]:
        """
        The GPU instances that are wanted, and whose compute instances are not as wanted.
        """
    @classmethod
    def from_json(cls, /, text: str) -> Drift:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def is_empty(self, /) -> bool:
        """
        Whether there is none.
        """
    @property
    def missing(self, /) -> list[PlannedGpuInstance]:
        """
        The GPU instances that are wanted and not there.
        """
    @property
    def mode(self, /) -> MigMode | None:
        """
        The MIG mode, where it is not as wanted.
        """
    @property
    def orphans(self, /) -> list[GpuInstanceState]:
        """
        The unwanted GPU instances without compute instances: what failed creations and half-made clean-ups leave.
        """
    @property
    def plan(self, /) -> Plan:
        """
        What repairs it: the fewest changes, none of them to what is as wanted or in use.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def unwanted(self, /) -> list[GpuInstanceState]:
        """
        The GPU instances that are there and not wanted.
        """

@final
class Engines:
    """
    Engines beside the SMs, as counts.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int, int, int, int]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, copy: SupportsIndex = 0, decoder: SupportsIndex = 0, encoder: SupportsIndex = 0, jpeg: SupportsIndex = 0, optical_flow: SupportsIndex = 0) -> Engines: ...
    def __repr__(self, /) -> str: ...
    @property
    def copy(self, /) -> int:
        """
        Copy engines (CE).
        """
    @property
    def decoder(self, /) -> int:
        """
        Video decoders (NVDEC).
        """
    @property
    def encoder(self, /) -> int:
        """
        Video encoders (NVENC).
        """
    @property
    def jpeg(self, /) -> int:
        """
        JPEG decoders (NVJPG).
        """
    @property
    def optical_flow(self, /) -> int:
        """
        Optical-flow accelerators (OFA).
        """

@disjoint_base
class EntryFault:
    """
    Why an entry of `CUDA_VISIBLE_DEVICES` or `NVIDIA_VISIBLE_DEVICES` does not give a program a device.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class Ambiguous(EntryFault):
        """
        The UUIDs of several devices begin so.
        """
        __match_args__: Final = ("candidates",)
        def __new__(cls, /, candidates: typing.Sequence[str]) -> EntryFault.Ambiguous: ...
        @property
        def candidates(self, /) -> list[str]: ...
    @final
    class BesideMigDevice(EntryFault):
        """
        A process that has a MIG device has no whole GPU.
        """
        __match_args__: Final = ("mig",)
        def __new__(cls, /, mig: SupportsIndex) -> EntryFault.BesideMigDevice: ...
        @property
        def mig(self, /) -> int: ...
    @final
    class Duplicate(EntryFault):
        """
        An earlier entry names the same device.
        """
        __match_args__: Final = ("of",)
        def __new__(cls, /, of: SupportsIndex) -> EntryFault.Duplicate: ...
        @property
        def of(self, /) -> int: ...
    @final
    class Empty(EntryFault):
        """
        There is nothing between two commas.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> EntryFault.Empty: ...
    @final
    class Malformed(EntryFault):
        """
        It is neither an index nor a UUID nor a MIG device.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> EntryFault.Malformed: ...
    @final
    class Negative(EntryFault):
        """
        A negative index, which ends the list.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> EntryFault.Negative: ...
    @final
    class NoMigDevices(EntryFault):
        """
        The GPU is in MIG mode and has no MIG device.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> EntryFault.NoMigDevices: ...
    @final
    class NoSuchGpu(EntryFault):
        """
        No GPU has the index.
        """
        __match_args__: Final = ("gpus",)
        def __new__(cls, /, gpus: SupportsIndex) -> EntryFault.NoSuchGpu: ...
        @property
        def gpus(self, /) -> int: ...
    @final
    class NoSuchMigDevice(EntryFault):
        """
        The GPU has no MIG device of these ids or this number.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> EntryFault.NoSuchMigDevice: ...
    @final
    class NoSuchUuid(EntryFault):
        """
        No device has the UUID, or one that begins so.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> EntryFault.NoSuchUuid: ...
    @final
    class Other(EntryFault):
        """
        Another reason, in words.
        """
        __match_args__: Final = ("reason",)
        def __new__(cls, /, reason: str) -> EntryFault.Other: ...
        @property
        def reason(self, /) -> str: ...
    @final
    class OtherKind(EntryFault):
        """
        An index among UUIDs, or a UUID among indices; the first entry says which of the two a list has.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> EntryFault.OtherKind: ...
    @final
    class SameGpuInstance(EntryFault):
        """
        A process has one compute instance of a GPU instance, and an earlier entry names one.
        """
        __match_args__: Final = ("first",)
        def __new__(cls, /, first: SupportsIndex) -> EntryFault.SameGpuInstance: ...
        @property
        def first(self, /) -> int: ...
    @final
    class SecondMigDevice(EntryFault):
        """
        A process has one MIG device, and an earlier entry names one.
        """
        __match_args__: Final = ("first",)
        def __new__(cls, /, first: SupportsIndex) -> EntryFault.SecondMigDevice: ...
        @property
        def first(self, /) -> int: ...
    @final
    class TooLong(EntryFault):
        """
        The list is longer than CUDA reads, which then shows all devices.
        """
        __match_args__: Final = ("most",)
        def __new__(cls, /, most: SupportsIndex) -> EntryFault.TooLong: ...
        @property
        def most(self, /) -> int: ...
    @final
    class TooManyMigDevices(EntryFault):
        """
        A process has no more MIG devices than CUDA's limit.
        """
        __match_args__: Final = ("most",)
        def __new__(cls, /, most: SupportsIndex) -> EntryFault.TooManyMigDevices: ...
        @property
        def most(self, /) -> int: ...

@final
class EventSet:
    """
    GPUs that are watched: what happens to them from the making of the set on is kept until it is asked for.

    `Nvml.watch` makes one of all GPUs, and this one of some, all of one `Nvml`. Each is watched for those of the kinds that it supports,
    unless said XIDs and changes of the MIG configuration; one that supports none of them is left out.

    The driver keeps the events; nothing runs or queues up in this process. How much the driver keeps, NVIDIA does not document, so a set is
    to be asked often enough. Whoever follows a state makes the set first and looks at the state then, so that no change falls between.

    `for event in events` waits for each, until the set is stopped, and `async for event in events` does in a thread, so that the loop runs
    on. Threads may ask one set at the same time, and each event is given to one of them. At the end of a `with` it is closed. In a child
    made by `fork` it raises `StaleError`: its events are its parent's.

    Raises:
        InvalidArgumentError: There are no GPUs, or they are of several sessions.
        GpuLostError: One of them no longer answers.
        NotSupportedError: The driver has no events.

    >>> with gpushare.EventSet([gpu], gpushare.EventKinds.MIG_CONFIG_CHANGE) as events:
    ...     gpu.set_mig_mode(True)
    ...     with gpu.create_gpu_instance("1g.5gb"):
    ...         pass
    ...     events.wait(timeout=5).kind, events.poll().kind, events.poll()
    (<EventKinds.MIG_CONFIG_CHANGE: 256>, <EventKinds.MIG_CONFIG_CHANGE: 256>, None)
    """
    def __aiter__(self, /) -> AsyncEvents: ...
    def __enter__(self, /) -> EventSet: ...
    def __exit__(self, /, *_exception: object) -> None: ...
    def __iter__(self, /) -> EventSet: ...
    def __new__(cls, /, gpus: typing.Sequence[Gpu], kinds: gpushare.enums.EventKinds | int | None = None) -> EventSet: ...
    def __next__(self, /) -> GpuEvent: ...
    def __repr__(self, /) -> str: ...
    def _put_back(self, /, event: GpuEvent) -> None:
        """
        Gives an event back, which is then the next one.
        """
    def close(self, /) -> None:
        """
        Stops the set, and ends it in the driver once nobody waits. Closing twice is no error.
        """
    @property
    def is_stopped(self, /) -> bool:
        """
        Whether the set was stopped or closed.
        """
    def poll(self, /) -> GpuEvent | None:
        """
        The oldest event that was not given yet, or `None` where there is none now. It does not wait.

        Raises:
            StaleError: The set or its session was closed, or this is a child made by `fork`.
            GpuLostError: A GPU of the set no longer answers, on which a driver may insist as long as it is in the set.
        """
    @property
    def registered(self, /) -> list[tuple[Gpu, EventKinds]]:
        """
        The GPUs that are watched, and for what.
        """
    def stop(self, /) -> None:
        """
        Ends the waiting of every thread, within 100 ms and for good. What the driver kept can still be polled.
        """
    def wait(self, /, timeout: float | None = None) -> GpuEvent | None:
        """
        The oldest event that was not given yet, waiting for one up to `timeout` seconds, or without end. `None` when the time has run out,
        and once the set was stopped or closed. Ctrl-C ends a wait, as it ends anything.

        Raises:
            StaleError: The session was closed, or this is a child made by `fork`.
            GpuLostError: As `poll`.
            InvalidArgumentError: `timeout` is no time.
        """

@final
class FaultState:
    """
    A fault that is set, and how far it has counted.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def calls(self, /) -> int:
        """
        How many calls its target has counted in this process.
        """
    @property
    def fault(self, /) -> str:
        """
        The fault, as `TARGET#N=ACTION`.
        """

@final
class Gpu:
    """
    A physical GPU; never a MIG device, which is `MigDevice`. Two handles are equal when they name the same GPU.

    >>> gpu.name, gpu.uuid
    ('NVIDIA A100-SXM4-40GB', 'GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9')
    >>> gpu.memory().total // 2**20
    40960
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def _repr_svg_(self, /) -> str: ...
    def apply(self, /, plan: Plan, *, directory: str | os.PathLike[str] | None = None, journal: bool = True, replan: bool = False, reset: typing.Literal['nvidia-smi'] | typing.Callable[[Gpu], object] | None = None) -> Applied:
        """
        Carries out a plan.

        The GPU is locked against other processes that use the same `directory`, read again, changed step by step with each step verified,
        and compared with the plan at the end. A failing step is undone with all before it. A crash is repaired by `recover`, which the
        next apply does by itself.

        `directory` is the folder of the locks and journals, by default `/run/gpushare`; processes that change the same GPU must agree on
        it. Without `journal` a crash cannot be repaired. With `replan`, a GPU that has changed since the plan was made is planned anew.
        `reset` says how to reset the GPU where a change of the MIG mode needs it: not at all, by `"nvidia-smi"`, or by a function that is
        given the GPU. What that function raises is the cause of the error.

        Raises:
            StaleError: The GPU is no longer as the plan found it. Nothing was changed.
            GpuShareError: A step failed, with the class of the step's error, which is the `__cause__`; `restored` is whether the layout
                before is there again.
            NoPermissionError: The directory cannot be used. Nothing was changed.

        >>> applied = gpu.apply(gpu.plan("4g.20gb, 2g.10gb[1c,1c]"), directory=folder)
        >>> len(applied.made)
        3
        """
    def apply_layout(self, /, layout: Layout | str, *, directory: str | os.PathLike[str] | None = None, journal: bool = True, reset: typing.Literal['nvidia-smi'] | typing.Callable[[Gpu], object] | None = None) -> Applied:
        """
        Plans and applies in one: brings the GPU to a layout. The options are those of `apply`.

        Raises:
            GpuShareError: As `plan` and `apply`.
        """
    def architecture(self, /) -> Architecture:
        """
        The architecture.

        Raises:
            NotSupportedError: The driver is older than R450.

        >>> gpu.architecture()
        Architecture.AMPERE
        """
    def bar1_memory(self, /) -> Bar1Memory:
        """
        The BAR1 memory of the whole GPU, in bytes.

        Raises:
            NoPermissionError: As `memory`.
        """
    def compute_mode(self, /) -> ComputeMode:
        """
        How many processes may have contexts on the GPU.

        Raises:
            NotSupportedError: MIG is enabled.
        """
    def create_gpu_instance(self, /, profile: GpuInstanceProfile | str) -> GpuInstance:
        """
        Creates a GPU instance where the driver chooses. Needs root, or the MIG `config` capability.

        It lives until somebody destroys it, or until a reset; as the object of a `with`, until the end of that. The driver's choice can
        leave holes that no later instance fits; `create_gpu_instance_at` does not leave it to chance.

        Raises:
            InsufficientResourcesError: There is no room.
            NotSupportedError: MIG is disabled.
            NotFoundError: The profile is not one of this GPU.
            InUseError: Clients keep an undivided GPU busy.
            NoPermissionError: The caller may not manage MIG.

        >>> gpu.set_mig_mode(True)
        >>> with gpu.create_gpu_instance("1g.5gb") as gi:
        ...     len(gpu.gpu_instances())
        1
        >>> gpu.gpu_instances()
        []
        """
    def create_gpu_instance_at(self, /, profile: GpuInstanceProfile | str, placement: GpuInstancePlacement) -> GpuInstance:
        """
        Creates a GPU instance at a placement. Needs root, or the MIG `config` capability.

        Raises:
            InsufficientResourcesError: The placement is taken; `taken_by` is the id of the instance that is in the way.
            InvalidArgumentError: The profile cannot lie there; `possible` lists the placements that it can have.
            GpuShareError: As `create_gpu_instance`.

        >>> gpu.set_mig_mode(True)
        >>> gpu.create_gpu_instance_at("3g.20gb", gpushare.GpuInstancePlacement(start=4, size=4)).id
        1
        """
    def device_files(self, /) -> DeviceFiles:
        """
        The driver's files for this GPU and its MIG devices.

        Raises:
            GpuShareError: As `Nvml.device_files`.
        """
    def drift(self, /, layout: Layout | str) -> Drift:
        """
        In what this GPU differs from a layout. Changes nothing; `apply` of the drift's plan repairs it.

        Raises:
            GpuShareError: As `plan`: a layout that this GPU cannot have is no drift.

        >>> print(gpu.drift("4g.20gb[]"))
        MIG is disabled
        missing: 4g.20gb at 0:4
        """
    def gpu_instance(self, /, id: SupportsIndex) -> GpuInstance:
        """
        The GPU instance with an id.

        Raises:
            NotFoundError: None has it.
        """
    def gpu_instance_profile(self, /, name: str) -> GpuInstanceProfile:
        """
        The profile with a name, such as `4g.20gb` or `MIG 1g.5gb+me`.

        Raises:
            NotFoundError: The GPU has no such profile; `available` lists those that it has.
            InvalidArgumentError: The text is no profile name.
        """
    def gpu_instance_profiles(self, /) -> list[GpuInstanceProfile]:
        """
        The GPU-instance profiles of this GPU, in NVML's order. Asked of the driver once.

        Raises:
            NotSupportedError: The GPU has no MIG; on some GPUs and drivers also while MIG is disabled.

        >>> [profile.name for profile in gpu.gpu_instance_profiles()]
        ['1g.5gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb', '1g.5gb+me', '1g.10gb']
        """
    def gpu_instances(self, /) -> list[GpuInstance]:
        """
        The GPU instances that exist, by ascending id. Empty while MIG is disabled and on a GPU without it.

        Raises:
            NoPermissionError: The caller may not manage MIG while GPU instances exist.
        """
    def holders(self, /) -> list[Holder]:
        """
        Who keeps the GPU from a reset or a change of its MIG mode: the processes on it, the MPS daemons behind them, the persistence daemon,
        and whoever else has its device file or that of one of its instances open.

        All processes of the node are looked at: ask this where something was refused. What this user may not look into is not found, and
        this process is not told.
        """
    @property
    def index(self, /) -> int:
        """
        The NVML index of the GPU when the handle was made.
        """
    def layout(self, /) -> Layout:
        """
        The layout that the GPU has, with every place named. Applied to an equal GPU it gives the same.

        Raises:
            GpuShareError: As `mig_state`.

        >>> str(gpu.layout())
        'off'
        """
    def memory(self, /) -> Memory:
        """
        The memory of the whole GPU, in bytes; with GPU instances on it, the sum over them.

        Raises:
            NoPermissionError: The caller may not monitor the whole GPU while GPU instances exist.
        """
    def mig_device(self, /, index: SupportsIndex) -> MigDevice:
        """
        The MIG device at an index, from 0.

        Raises:
            NotFoundError: There is none.
            InvalidArgumentError: There can be none.
        """
    def mig_devices(self, /) -> list[MigDevice]:
        """
        The MIG devices of this GPU, in NVML's order: by GPU-instance id, then by compute-instance id. Empty while MIG is disabled.

        Raises:
            NotSupportedError: The driver is older than R450.
        """
    def mig_geometry(self, /) -> MigGeometry:
        """
        How this GPU can be divided. Profiles and placements are asked of the driver once; what a GPU instance can be divided into is
        learned from the instances that this handle has seen.

        Raises:
            NotSupportedError: As `gpu_instance_profiles`.
        """
    def mig_mode(self, /) -> MigMode:
        """
        The MIG mode, now and pending.

        Raises:
            NotSupportedError: The GPU has no MIG.
        """
    def mig_state(self, /) -> MigState:
        """
        How the GPU is divided at the moment, and who uses it.

        Raises:
            NotSupportedError: The GPU has no MIG.
            NoPermissionError: The caller may not manage MIG while GPU instances exist.
        """
    def minor_number(self, /) -> int:
        """
        The number N of `/dev/nvidiaN` and of `gpuN` in the driver's files; not always the index.

        Raises:
            GpuShareError: What the driver answers.
        """
    @property
    def name(self, /) -> str:
        """
        The product name, such as `NVIDIA A100-SXM4-40GB`.
        """
    def pci_address(self, /) -> PciAddress:
        """
        Where the GPU sits on the PCI bus.

        Raises:
            GpuShareError: What the driver answers.

        >>> str(gpu.pci_address())
        '00000000:10:1C.0'
        """
    def pci_device_id(self, /) -> int:
        """
        The model as the PCI bus knows it: device in the upper 16 bits, vendor in the lower, such as 0x20B010DE.

        Raises:
            GpuShareError: What the driver answers.
        """
    def plan(self, /, layout: Layout | str, *, destroy_in_use: bool = False) -> Plan:
        """
        The fewest changes that bring this GPU to a layout. Changes nothing.

        `destroy_in_use` allows the plan to destroy instances on which processes run; the driver still refuses it while they run.

        Raises:
            InfeasibleError: The GPU cannot have the layout; `reason` is the proof.
            InvalidArgumentError: The text is no layout.
            NotSupportedError: The GPU has no MIG, or does not describe its profiles while MIG is disabled.
            NoPermissionError: The caller may not manage MIG.

        >>> print(gpu.plan("4g.20gb[]"))
        before: off
          enable   MIG
          create   GPU instance 4g.20gb at 0:4
        after:  4g.20gb[]
        """
    def possible_placements(self, /, profile: GpuInstanceProfile | str) -> list[GpuInstancePlacement]:
        """
        Every placement that a profile can have on this GPU, free or not.

        Raises:
            NotFoundError: The profile is not one of this GPU.

        >>> [str(placement) for placement in gpu.possible_placements("3g.20gb")]
        ['0:4', '4:4']
        """
    def process_utilization(self, /, since_us: SupportsIndex = 0) -> list[ProcessUtilization]:
        """
        How busy each process kept the GPU, by ascending id, as far as the driver sampled it after a moment, in microseconds since 1970; 0
        for all that it has. Empty where it has nothing newer.

        To miss nothing and count nothing twice, give the greatest `timestamp_us` of the last answer.

        Raises:
            NotSupportedError: MIG is enabled, or the GPU is older than Maxwell.
        """
    def processes(self, /) -> list[GpuProcess]:
        """
        The processes that use the GPU or a part of it, by ascending id, each once for each instance on which it runs.

        Raises:
            NoPermissionError: The caller may not monitor the whole GPU while GPU instances exist, as in a container;
                `MigDevice.processes` answers there.
        """
    def recover(self, /, *, directory: str | os.PathLike[str] | None = None, reset: typing.Literal['nvidia-smi'] | typing.Callable[[Gpu], object] | None = None) -> Recovery:
        """
        Ends what an apply left half-done because its process died: the GPU gets back the layout that it had, or, where that cannot be,
        the one that was wanted. Doing it twice does no harm. `directory` and `reset` are those of `apply`.

        Raises:
            GpuShareError: The journal cannot be read, or neither layout can be had; the journal then stays for another try.

        >>> gpu.recover(directory=folder)
        Recovery.NOTHING
        """
    def remaining_capacity(self, /, profile: GpuInstanceProfile | str) -> int:
        """
        How many further instances of a profile the GPU has room for.

        Raises:
            NotFoundError: The profile is not one of this GPU.
            NoPermissionError: The caller may not manage MIG.
        """
    def set_compute_mode(self, /, mode: gpushare.enums.ComputeMode | int) -> None:
        """
        Sets how many processes may have contexts on the GPU. Needs root. It holds until it is set again or the machine reboots.

        Raises:
            NoPermissionError: The caller is not root.
            NotSupportedError: MIG is enabled.
            InvalidArgumentError: The driver has no such mode.

        >>> gpu.set_compute_mode(gpushare.ComputeMode.EXCLUSIVE_PROCESS)
        >>> gpu.compute_mode()
        ComputeMode.EXCLUSIVE_PROCESS
        """
    def set_mig_mode(self, /, enabled: bool) -> None:
        """
        Enables or disables MIG. Needs root.

        When it returns, the mode *is* what was asked for. On Ampere the driver has to reset the GPU for it, which clients of the GPU or a
        virtual machine prevent; from Hopper on the change is immediate, and lost at the next reset or reboot.

        Raises:
            ResetRequiredError: The change is stored but has not taken effect; `needs` says what it needs.
            NotSupportedError: The GPU has no MIG.
            NoPermissionError: The caller is not root.

        >>> gpu.set_mig_mode(True)
        >>> gpu.mig_mode()
        MigMode(current=True, pending=True)
        """
    def set_time_slice(self, /, policy: TimeSlice, *, program: str | os.PathLike[str] | None = None, patience: float | None = None, env: dict[str, str] | None = None) -> None:
        """
        Sets the policy of time-slicing through `nvidia-smi`, and reads it back. Needs root. `TimeSlice` says for whom it holds and for how
        long; `program`, `patience` and `env` are as for `time_slice`.

        Raises:
            NotSupportedError: The GPU is older than Turing, or MIG is enabled.
            NoPermissionError: The caller is not root.
            DriverError: The program succeeds and the policy is another.
            GpuShareError: As `time_slice`.
        """
    def supported_events(self, /) -> EventKinds:
        """
        The kinds of events that the driver tells of this GPU. A GPU without MIG has no `MIG_CONFIG_CHANGE`.

        Raises:
            GpuLostError: The GPU no longer answers.
        """
    def svg(self, /) -> str:
        """
        A drawing of the GPU as it is now, as the text of an SVG file: its memory slices, the instances on them and the processes that
        run there. Notebooks show it.

        Raises:
            GpuShareError: What the driver answers.

        >>> gpu.svg().startswith("<svg ")
        True
        """
    def time_slice(self, /, *, program: str | os.PathLike[str] | None = None, patience: float | None = None, env: dict[str, str] | None = None) -> TimeSlice:
        """
        The policy of time-slicing. NVML does not tell it; `nvidia-smi` does.

        The program is `program`, an absolute path, else the one that `GPUSHARE_NVIDIA_SMI` names, else the one on the path. `patience`, in
        seconds, is how long it may take: 10 unless said. Of this process's environment it has what it needs, and the variables of `env`.

        Raises:
            NoDriverError: There is no `nvidia-smi`.
            DriverTimeoutError: It did not end in time.
            InvalidArgumentError: The path is not absolute, or `patience` is no time.
            DriverError: It printed what gpushare does not understand, or failed in another way; `exit_status` and `output` say how.
        """
    def utilization(self, /) -> Utilization:
        """
        How busy the GPU was lately.

        Raises:
            NotSupportedError: MIG is enabled.

        >>> gpu.utilization()
        Utilization(gpu=0, memory=0)
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID, which never changes: `GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9`.
        """
    def visible_device(self, /) -> VisibleDevice:
        """
        The GPU as an entry of `CUDA_VISIBLE_DEVICES`.
        """

@final
class GpuEvent:
    """
    Something that happened to a GPU.

    >>> with nvml.watch() as events:
    ...     machine.inject_xid(0, 31)
    ...     event = events.wait(timeout=5)
    >>> event.kind, event.xid, str(event)
    (<EventKinds.XID: 8>, 31, 'XID 31 on GPU 0 (GPU-…)')
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def compute_instance(self, /) -> int | None:
        """
        The id of the compute instance in that GPU instance. `None` where it concerns the whole GPU instance.
        """
    @property
    def gpu(self, /) -> Gpu:
        """
        The GPU.
        """
    @property
    def gpu_instance(self, /) -> int | None:
        """
        The id of the GPU instance that it is attributed to, which the driver tells of an XID only. `None` where it concerns the whole GPU,
        and from drivers without `nvmlEventSetWait_v2`, which do not tell: then it may concern any instance.
        """
    @property
    def kind(self, /) -> EventKinds:
        """
        What happened. `MIG_CONFIG_CHANGE` says that the layout is another, and not how often it changed.
        """
    def mig_devices(self, /) -> list[MigDevice]:
        """
        Every MIG device that it concerns, of those that there are now: the one of its compute instance, all of its GPU instance, or all of
        the GPU. Empty where MIG is disabled, and where the instance is gone.

        An id that was given to a new instance since then is that of the new one.

        Raises:
            GpuLostError: The GPU no longer answers.
            GpuShareError: As `Gpu.mig_devices`.
        """
    @property
    def target(self, /) -> Target:
        """
        The smallest thing that it is attributed to: the compute instance, else the GPU instance, else the GPU.
        """
    @property
    def xid(self, /) -> int | None:
        """
        The number of an XID in NVIDIA's table of XIDs, 999 for one that NVML does not know; `None` of anything else.
        """

@final
class GpuFiles:
    """
    A GPU of `DeviceFiles`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, index: SupportsIndex, uuid: str, name: str, node: DeviceNode, mig_enabled: bool = False, mig_devices: typing.Sequence[MigDeviceFiles] = ...) -> GpuFiles: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> GpuFiles:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def index(self, /) -> int:
        """
        The NVML index.
        """
    @property
    def mig_devices(self, /) -> list[MigDeviceFiles]:
        """
        The MIG devices, in NVML's order.
        """
    @property
    def mig_enabled(self, /) -> bool:
        """
        Whether MIG is enabled, in which case the GPU as a whole runs nothing.
        """
    @property
    def name(self, /) -> str:
        """
        The product name.
        """
    @property
    def node(self, /) -> DeviceNode:
        """
        The GPU's own node, which its MIG devices need as well.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID.
        """

@final
class GpuInstance:
    """
    A GPU instance: memory slices and engines of a GPU, apart from all others.

    It outlives the process that made it; as the object of a `with`, it is destroyed at the end. Programs run on the compute instances
    in it. The handle names one instance: its GPU, id, profile and placement. Every use asks the driver whether that is still what is
    there, and raises `StaleError` where it is not.

    >>> gpu.set_mig_mode(True)
    >>> gi = gpu.create_gpu_instance("4g.20gb")
    >>> str(gi.placement), gi.profile.multiprocessor_count
    ('0:4', 56)
    >>> gi.destroy()
    """
    def __enter__(self, /) -> GpuInstance: ...
    def __eq__(self, value: object, /) -> bool: ...
    def __exit__(self, /, *exception: object) -> None: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def capability(self, /) -> Capability:
        """
        The capability that grants use of this GPU instance, read from the driver's files.

        Raises:
            NotFoundError: The instance no longer exists, or the driver's files are not below the session's root; `path` is the file.
        """
    def compute_instance(self, /, id: SupportsIndex) -> ComputeInstance:
        """
        The compute instance with an id.

        Raises:
            NotFoundError: None has it.
            StaleError: The GPU instance no longer exists.
        """
    def compute_instance_profile(self, /, name: str) -> ComputeInstanceProfile:
        """
        The compute-instance profile with a name, such as `1c.2g.10gb`; where several bear it, the first in NVML's order.

        Raises:
            NotFoundError: There is none; `available` lists those that there are.
            InvalidArgumentError: The text is no profile name.
        """
    def compute_instance_profiles(self, /) -> list[ComputeInstanceProfile]:
        """
        The compute-instance profiles of this GPU instance, in NVML's order. Asked of the driver once.

        Raises:
            StaleError: The instance no longer exists.
        """
    def compute_instances(self, /) -> list[ComputeInstance]:
        """
        The compute instances that exist in it, by ascending id.

        Raises:
            StaleError: The instance no longer exists.
            NoPermissionError: The caller may not manage MIG.
        """
    def create_compute_instance(self, /, profile: ComputeInstanceProfile | str) -> ComputeInstance:
        """
        Creates a compute instance in the first free slices. Needs root, or the MIG `config` capability.

        Raises:
            InsufficientResourcesError: There is no room.
            StaleError: The GPU instance no longer exists.
            NotFoundError: The profile is not one of this GPU instance.
            NoPermissionError: The caller may not manage MIG.

        >>> gpu.set_mig_mode(True)
        >>> gi = gpu.create_gpu_instance("2g.10gb")
        >>> [gi.create_compute_instance("1c.2g.10gb").id for _ in range(2)]
        [0, 1]
        """
    def create_compute_instance_at(self, /, profile: ComputeInstanceProfile | str, placement: ComputeInstancePlacement) -> ComputeInstance:
        """
        Creates a compute instance at a placement. Needs root, or the MIG `config` capability.

        Raises:
            InsufficientResourcesError: The placement is taken; `taken_by` is the id of the instance that is in the way.
            InvalidArgumentError: The profile cannot lie there; `possible` lists the placements that it can have.
            GpuShareError: As `create_compute_instance`.
        """
    def create_default_compute_instance(self, /) -> ComputeInstance:
        """
        Creates the compute instance that takes the whole GPU instance: what `nvidia-smi mig -cci` does without a profile.

        Raises:
            GpuShareError: As `create_compute_instance`.
        """
    def default_compute_instance_profile(self, /) -> ComputeInstanceProfile:
        """
        The profile of the compute instance that takes the whole GPU instance.

        Raises:
            StaleError: The instance no longer exists.
        """
    def destroy(self, /) -> None:
        """
        Destroys the instance. Its compute instances must be destroyed before. Needs root, or the MIG `config` capability.

        Raises:
            InUseError: Compute instances are left; `holders` names them.
            StaleError: The instance no longer exists.
            NoPermissionError: The caller may not manage MIG.
        """
    @property
    def gpu(self, /) -> Gpu:
        """
        The GPU it is part of.
        """
    def holders(self, /) -> list[Holder]:
        """
        Who keeps the GPU instance from being destroyed: its compute instances, the processes on them, and whoever has its device file or
        theirs open.

        Raises:
            StaleError: The instance no longer exists.
        """
    @property
    def id(self, /) -> int:
        """
        Its id on that GPU.
        """
    @property
    def placement(self, /) -> GpuInstancePlacement:
        """
        Where it lies, in memory slices.
        """
    def possible_compute_placements(self, /, profile: ComputeInstanceProfile | str) -> list[ComputeInstancePlacement]:
        """
        Every placement that a profile can have in this GPU instance, free or not.

        Raises:
            StaleError: The instance no longer exists.
            NotFoundError: The profile is not one of this GPU instance.
            NotSupportedError: The driver is older than R525.
        """
    @property
    def profile(self, /) -> GpuInstanceProfile:
        """
        The profile it was created with.
        """
    def remaining_compute_capacity(self, /, profile: ComputeInstanceProfile | str) -> int:
        """
        How many further compute instances of a profile the GPU instance has room for.

        Raises:
            StaleError: The instance no longer exists.
            NotFoundError: The profile is not one of this GPU instance.
        """

@final
class GpuInstanceLayout:
    """
    One GPU instance of a layout: by default wherever it fits best, with one compute instance that takes the whole of it.

    >>> part = gpushare.ComputeInstanceLayout(gpushare.ComputeInstanceSize.Slices(2))
    >>> str(gpushare.Layout([gpushare.GpuInstanceLayout("4g.20gb", compute_instances=[part, part])]))
    '4g.20gb[2x2c]'
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, profile: ProfileName | str, start: int | None = None, compute_instances: typing.Sequence[ComputeInstanceLayout] | None = None) -> GpuInstanceLayout: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def compute_instances(self, /) -> list[ComputeInstanceLayout]:
        """
        The compute instances in it.
        """
    @classmethod
    def from_json(cls, /, text: str) -> GpuInstanceLayout:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def profile(self, /) -> ProfileName:
        """
        Its profile.
        """
    @property
    def start(self, /) -> int | None:
        """
        The memory slice where it begins; `None` for wherever it fits best.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class GpuInstancePlacement:
    """
    Where a GPU instance lies, in *memory slices* of its GPU.

    >>> upper = gpushare.GpuInstancePlacement.parse("4:2")
    >>> upper.overlaps(gpushare.GpuInstancePlacement(start=5, size=1))
    True
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ge__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int]: ...
    def __gt__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __le__(self, value: object, /) -> bool: ...
    def __lt__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, start: SupportsIndex, size: SupportsIndex) -> GpuInstancePlacement: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def overlaps(self, /, other: GpuInstancePlacement) -> bool:
        """
        Whether the two share a slice.
        """
    @classmethod
    def parse(cls, /, text: str) -> GpuInstancePlacement:
        """
        The placement that a text names as nvidia-smi prints it: `start:size`.

        Raises:
            InvalidArgumentError: The text is not two numbers with a colon between them.
        """
    @property
    def size(self, /) -> int:
        """
        The number of slices.
        """
    def slices(self, /) -> range:
        """
        The slices it covers.
        """
    @property
    def start(self, /) -> int:
        """
        The first slice.
        """

@final
class GpuInstanceProfile:
    """
    A GPU-instance profile of one GPU: the size and content of a GPU instance, as the driver describes it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def attributes(self, /) -> ProfileAttributes:
        """
        What the kind adds to or takes from the plain profile of its size.
        """
    @property
    def engines(self, /) -> Engines:
        """
        Other engines.
        """
    @classmethod
    def from_json(cls, /, text: str) -> GpuInstanceProfile:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def id(self, /) -> int:
        """
        The number that creation and placements take on this GPU model, such as 19 for `1g.5gb` on an A100.
        """
    @property
    def kind(self, /) -> int:
        """
        The index under which NVML enumerates it: `NVML_GPU_INSTANCE_PROFILE_*`, the same on every GPU model.
        """
    @property
    def max_instances(self, /) -> int:
        """
        How many instances an empty GPU has room for.
        """
    @property
    def memory_mib(self, /) -> int:
        """
        Memory of one instance, in MiB.
        """
    @property
    def multiprocessor_count(self, /) -> int:
        """
        Streaming multiprocessors.
        """
    @property
    def name(self, /) -> str:
        """
        Its name as the driver gives it, without `MIG `: `1g.5gb+me`.
        """
    @property
    def p2p_supported(self, /) -> bool:
        """
        Whether peer-to-peer access works between such instances.
        """
    @property
    def slice_count(self, /) -> int:
        """
        GPU slices: the number before the `g`.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class GpuInstanceSnapshot:
    """
    A GPU instance of a `GpuSnapshot`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute_instances(self, /) -> list[ComputeInstanceSnapshot]:
        """
        The compute instances in it, by ascending id; where there is none, nothing can run on it.
        """
    @classmethod
    def from_json(cls, /, text: str) -> GpuInstanceSnapshot:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def id(self, /) -> int:
        """
        Its id.
        """
    @property
    def placement(self, /) -> GpuInstancePlacement:
        """
        Where it lies, in memory slices.
        """
    @property
    def profile(self, /) -> str:
        """
        The name of its profile, such as `4g.20gb`.
        """
    @property
    def profile_id(self, /) -> int:
        """
        The id of its profile.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class GpuInstanceState:
    """
    A GPU instance that exists.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute_instances(self, /) -> list[ComputeInstanceState]:
        """
        The compute instances in it, by ascending id.
        """
    @classmethod
    def from_json(cls, /, text: str) -> GpuInstanceState:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def id(self, /) -> int:
        """
        Its id.
        """
    @property
    def in_use(self, /) -> bool:
        """
        Whether a process runs on it.
        """
    @property
    def is_orphan(self, /) -> bool:
        """
        Whether there is no compute instance in it, so that nothing can run on it while it takes its place.
        """
    @property
    def placement(self, /) -> GpuInstancePlacement:
        """
        Where it lies.
        """
    @property
    def profile(self, /) -> GpuInstanceProfile:
        """
        Its profile.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class GpuProcess:
    """
    A process that uses a GPU or a part of it.

    What only the kernel knows is read from `/proc`, or from the folder that `Nvml(procfs=)` names. Of a process that is not there, such
    as one in another PID namespace, it is `None`; where two namespaces count apart, an id may name another process here than the
    driver means.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def compute_instance(self, /) -> int | None:
        """
        The id of the compute instance on which it runs; `None` outside of MIG.
        """
    @property
    def container(self, /) -> str | None:
        """
        The container in which it runs, by its id of 64 hexadecimal digits, or by its name with LXC and systemd-nspawn; `None` in none.
        """
    @classmethod
    def from_json(cls, /, text: str) -> GpuProcess:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu_instance(self, /) -> int | None:
        """
        The id of the GPU instance on which it runs; `None` outside of MIG.
        """
    @property
    def kinds(self, /) -> ProcessKinds:
        """
        How it uses the GPU.
        """
    @property
    def mps(self, /) -> MpsRole | None:
        """
        What it is to MPS; `None` where it has nothing to do with it.
        """
    @property
    def name(self, /) -> str | None:
        """
        The name of its program, or what the driver calls it; `None` where neither is known.
        """
    @property
    def pid(self, /) -> int:
        """
        Its process id, as the driver sees it.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uid(self, /) -> int | None:
        """
        The user whose rights it has.
        """
    @property
    def used_memory(self, /) -> int | None:
        """
        The GPU memory that it uses, in bytes; `None` where the driver does not tell.
        """

@final
class GpuSnapshot:
    """
    A GPU at one moment.

    What a GPU, driver or mode does not have is `None` or empty. What it has and this caller was not told is, too, and is listed in
    `unknown` with the reason.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def capacity(self, /) -> list[ProfileCapacity]:
        """
        What there is room for, per GPU-instance profile. Empty unless MIG is enabled and the GPU instances are known.
        """
    @property
    def compute_mode(self, /) -> ComputeMode | None:
        """
        How many processes may use it. While MIG is enabled each MIG device has its own, and this is `None`.
        """
    @classmethod
    def from_json(cls, /, text: str) -> GpuSnapshot:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu_instances(self, /) -> list[GpuInstanceSnapshot] | None:
        """
        The GPU instances, by ascending id; `None` for a caller that may not list them.
        """
    @property
    def index(self, /) -> int:
        """
        The NVML index.
        """
    def layout(self, /) -> Layout | None:
        """
        How the GPU is divided, with every place named; `None` on a GPU without MIG and where it is not known.
        """
    @property
    def memory(self, /) -> Memory | None:
        """
        Its memory, in bytes; with GPU instances, the sum over them.
        """
    def mig_device(self, /, uuid: str) -> MigDeviceSnapshot | None:
        """
        The MIG device with a UUID, in either form; `None` where there is none.

        Raises:
            InvalidArgumentError: The text is not the UUID of a MIG device.
        """
    @property
    def mig_devices(self, /) -> list[MigDeviceSnapshot]:
        """
        The MIG devices, in NVML's order.
        """
    @property
    def mig_enabled(self, /) -> bool | None:
        """
        Whether MIG is enabled; `None` on a GPU without MIG.
        """
    @property
    def minor_number(self, /) -> int | None:
        """
        The number N of `/dev/nvidiaN`.
        """
    @property
    def name(self, /) -> str:
        """
        The product name, such as `NVIDIA A100-SXM4-40GB`.
        """
    @property
    def pci_address(self, /) -> PciAddress | None:
        """
        Where it sits on the PCI bus.
        """
    @property
    def processes(self, /) -> list[GpuProcess]:
        """
        The processes that use it or a part of it, by ascending id. With `SnapshotFact.PROCESSES` among the unknown, some are missing.
        """
    def processes_on(self, /, device: MigDeviceSnapshot) -> list[GpuProcess]:
        """
        The processes on a MIG device of this GPU.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def unknown(self, /) -> list[UnknownFact]:
        """
        What the driver refused to tell, and why.
        """
    @property
    def utilization(self, /) -> Utilization | None:
        """
        How busy it is. NVML does not tell while MIG is enabled.
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID.
        """

@final
class HiddenDevice:
    """
    A device that an entry names and that the process is not given.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def device(self, /) -> CudaDevice:
        """
        The device.
        """
    @property
    def fault(self, /) -> EntryFault:
        """
        Why not.
        """
    @classmethod
    def from_json(cls, /, text: str) -> HiddenDevice:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@disjoint_base
class Holder:
    """
    Who keeps a GPU or an instance of it from being changed, destroyed or reset.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class ComputeInstance(Holder):
        """
        A compute instance that lives in the GPU instance.
        """
        __match_args__: Final = ("id",)
        def __new__(cls, /, id: SupportsIndex) -> Holder.ComputeInstance: ...
        @property
        def id(self, /) -> int: ...
    @final
    class MpsDaemon(Holder):
        """
        An MPS daemon, which starts another server for the next client: quit it. Its pipe directory is `None` where this user may not
        look at its environment.
        """
        __match_args__: Final = ("pid", "pipe_directory")
        def __new__(cls, /, pid: SupportsIndex, pipe_directory: str | PathLike[str] | None) -> Holder.MpsDaemon: ...
        @property
        def pid(self, /) -> int: ...
        @property
        def pipe_directory(self, /) -> Path | None: ...
    @final
    class OpenFile(Holder):
        """
        A process that has the device file open and does not run on it, as programs that watch GPUs do.
        """
        __match_args__: Final = ("pid", "name", "path")
        def __new__(cls, /, pid: SupportsIndex, name: str, path: str | PathLike[str]) -> Holder.OpenFile: ...
        @property
        def name(self, /) -> str: ...
        @property
        def path(self, /) -> Path: ...
        @property
        def pid(self, /) -> int: ...
    @final
    class Other(Holder):
        """
        Another one, in words.
        """
        __match_args__: Final = ("text",)
        def __new__(cls, /, text: str) -> Holder.Other: ...
        @property
        def text(self, /) -> str: ...
    @final
    class PersistenceDaemon(Holder):
        """
        `nvidia-persistenced`, which keeps GPUs initialised: stop its service.
        """
        __match_args__: Final = ("pid",)
        def __new__(cls, /, pid: SupportsIndex) -> Holder.PersistenceDaemon: ...
        @property
        def pid(self, /) -> int: ...
    @final
    class Process(Holder):
        """
        A process that runs on it.
        """
        __match_args__: Final = ("process",)
        def __new__(cls, /, process: GpuProcess) -> Holder.Process: ...
        @property
        def process(self, /) -> GpuProcess: ...

@disjoint_base
class Infeasible:
    """
    The proof that a GPU cannot have a layout.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class ComputeInstances(Infeasible):
        """
        A GPU instance of the profile cannot hold its compute instances.
        """
        __match_args__: Final = ("profile", "why")
        def __new__(cls, /, profile: str, why: InfeasibleInside) -> Infeasible.ComputeInstances: ...
        @property
        def profile(self, /) -> str: ...
        @property
        def why(self, /) -> InfeasibleInside: ...
    @final
    class Engines(Infeasible):
        """
        The instances need more engines of one kind than the GPU has.
        """
        __match_args__: Final = ("engine", "needed", "total", "by")
        def __new__(cls, /, engine: Engine, needed: SupportsIndex, total: SupportsIndex, by: typing.Sequence[str]) -> Infeasible.Engines: ...
        @property
        def by(self, /) -> list[str]: ...
        @property
        def engine(self, /) -> Engine: ...
        @property
        def needed(self, /) -> int: ...
        @property
        def total(self, /) -> int: ...
    @final
    class ImpossibleStart(Infeasible):
        """
        The profile cannot begin at the memory slice asked for.
        """
        __match_args__: Final = ("profile", "start", "possible")
        def __new__(cls, /, profile: str, start: SupportsIndex, possible: typing.Sequence[SupportsIndex]) -> Infeasible.ImpossibleStart: ...
        @property
        def possible(self, /) -> list[int]: ...
        @property
        def profile(self, /) -> str: ...
        @property
        def start(self, /) -> int: ...
    @final
    class InUse(Infeasible):
        """
        Instances that are in use would have to go: their ids and placements, and who uses them.
        """
        __match_args__: Final = ("instances", "by")
        def __new__(cls, /, instances: typing.Sequence[tuple[SupportsIndex, str]], by: typing.Sequence[str]) -> Infeasible.InUse: ...
        @property
        def by(self, /) -> list[str]: ...
        @property
        def instances(self, /) -> list[tuple[int, str]]: ...
    @final
    class MemorySlices(Infeasible):
        """
        The instances need more memory slices than the GPU has.
        """
        __match_args__: Final = ("needed", "total")
        def __new__(cls, /, needed: SupportsIndex, total: SupportsIndex) -> Infeasible.MemorySlices: ...
        @property
        def needed(self, /) -> int: ...
        @property
        def total(self, /) -> int: ...
    @final
    class NoArrangement(Infeasible):
        """
        These instances cannot lie side by side; each with the slices at which it can begin.
        """
        __match_args__: Final = ("instances",)
        def __new__(cls, /, instances: typing.Sequence[tuple[str, typing.Sequence[SupportsIndex]]]) -> Infeasible.NoArrangement: ...
        @property
        def instances(self, /) -> list[tuple[str, list[int]]]: ...
    @final
    class Other(Infeasible):
        """
        Another reason, in words.
        """
        __match_args__: Final = ("reason",)
        def __new__(cls, /, reason: str) -> Infeasible.Other: ...
        @property
        def reason(self, /) -> str: ...
    @final
    class TooMany(Infeasible):
        """
        The GPU never has that many instances of the profile.
        """
        __match_args__: Final = ("profile", "wanted", "most")
        def __new__(cls, /, profile: str, wanted: SupportsIndex, most: SupportsIndex) -> Infeasible.TooMany: ...
        @property
        def most(self, /) -> int: ...
        @property
        def profile(self, /) -> str: ...
        @property
        def wanted(self, /) -> int: ...
    @final
    class UnknownProfile(Infeasible):
        """
        The GPU has no such profile.
        """
        __match_args__: Final = ("profile", "available")
        def __new__(cls, /, profile: str, available: typing.Sequence[str]) -> Infeasible.UnknownProfile: ...
        @property
        def available(self, /) -> list[str]: ...
        @property
        def profile(self, /) -> str: ...
    @final
    class WithoutMig(Infeasible):
        """
        The layout has GPU instances and no MIG.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> Infeasible.WithoutMig: ...

@disjoint_base
class InfeasibleInside:
    """
    Why a GPU instance cannot hold compute instances.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class ComputeSlices(InfeasibleInside):
        """
        They need more compute slices than the GPU instance has.
        """
        __match_args__: Final = ("needed", "total")
        def __new__(cls, /, needed: SupportsIndex, total: SupportsIndex) -> InfeasibleInside.ComputeSlices: ...
        @property
        def needed(self, /) -> int: ...
        @property
        def total(self, /) -> int: ...
    @final
    class ImpossibleStart(InfeasibleInside):
        """
        A compute instance cannot begin at the compute slice asked for.
        """
        __match_args__: Final = ("size", "start", "possible")
        def __new__(cls, /, size: str, start: SupportsIndex, possible: typing.Sequence[SupportsIndex]) -> InfeasibleInside.ImpossibleStart: ...
        @property
        def possible(self, /) -> list[int]: ...
        @property
        def size(self, /) -> str: ...
        @property
        def start(self, /) -> int: ...
    @final
    class InUse(InfeasibleInside):
        """
        Compute instances that are in use would have to go.
        """
        __match_args__: Final = ("gpu_instance", "instances", "by")
        def __new__(cls, /, gpu_instance: SupportsIndex, instances: typing.Sequence[SupportsIndex], by: typing.Sequence[str]) -> InfeasibleInside.InUse: ...
        @property
        def by(self, /) -> list[str]: ...
        @property
        def gpu_instance(self, /) -> int: ...
        @property
        def instances(self, /) -> list[int]: ...
    @final
    class NoArrangement(InfeasibleInside):
        """
        There is no arrangement without overlap.
        """
        __match_args__: Final = ("sizes",)
        def __new__(cls, /, sizes: typing.Sequence[str]) -> InfeasibleInside.NoArrangement: ...
        @property
        def sizes(self, /) -> list[str]: ...
    @final
    class Other(InfeasibleInside):
        """
        Another reason, in words.
        """
        __match_args__: Final = ("reason",)
        def __new__(cls, /, reason: str) -> InfeasibleInside.Other: ...
        @property
        def reason(self, /) -> str: ...
    @final
    class UnknownSize(InfeasibleInside):
        """
        There is no compute-instance profile of the size.
        """
        __match_args__: Final = ("size", "available")
        def __new__(cls, /, size: str, available: typing.Sequence[str]) -> InfeasibleInside.UnknownSize: ...
        @property
        def available(self, /) -> list[str]: ...
        @property
        def size(self, /) -> str: ...

@final
class Layout:
    """
    How one GPU is to be divided, or is divided: its GPU instances, and the compute instances in each.

    As text, GPU instances separated by commas. Each is a profile name, perhaps with a count before it (`7x1g.5gb`), with the memory slice
    where it begins (`1g.5gb@6`), and with its compute instances in brackets: `*` for the whole, `2c` for two compute slices, `#7` for the
    compute-instance profile with ID 7, each perhaps with a count before it and the compute slice where it begins behind it. Without
    brackets, one compute instance takes the whole GPU instance; `[]` is none. The text `off` stands for disabled MIG, and the empty text
    for enabled MIG without any instance.

    Raises:
        InvalidArgumentError: The text is no layout; the error names the part that is wrong.

    >>> layout = gpushare.Layout("4g.20gb, 2g.10gb[1c,1c], 1g.5gb@6")
    >>> len(layout.gpu_instances), len(layout.gpu_instances[1].compute_instances)
    (3, 2)
    >>> str(layout)
    '4g.20gb, 2g.10gb[2x1c], 1g.5gb@6'
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, layout: str | typing.Sequence[GpuInstanceLayout]) -> Layout: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @classmethod
    def disabled(cls, /) -> Layout:
        """
        Disabled MIG.
        """
    @classmethod
    def from_json(cls, /, text: str) -> Layout:
        """
        The layout that `to_json` wrote.

        Raises:
            ValueError: The text is no such layout.
        """
    @property
    def gpu_instances(self, /) -> list[GpuInstanceLayout]:
        """
        The GPU instances, in any order.
        """
    @property
    def mig_enabled(self, /) -> bool:
        """
        Whether MIG is enabled.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The layout as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The layout as JSON text, which `from_json` reads.
        """

@disjoint_base
class ListEnd:
    """
    Where a list of devices ended.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class At(ListEnd):
        """
        An entry ended it: that one and those behind it do not count.
        """
        __match_args__: Final = ("position", "entry", "fault")
        def __new__(cls, /, position: SupportsIndex, entry: str, fault: EntryFault) -> ListEnd.At: ...
        @property
        def entry(self, /) -> str: ...
        @property
        def fault(self, /) -> EntryFault: ...
        @property
        def position(self, /) -> int: ...
    @final
    class Complete(ListEnd):
        """
        Every entry counts.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> ListEnd.Complete: ...
    @final
    class Ignored(ListEnd):
        """
        CUDA reads no list this long, and shows all devices.
        """
        __match_args__: Final = ("length", "most")
        def __new__(cls, /, length: SupportsIndex, most: SupportsIndex) -> ListEnd.Ignored: ...
        @property
        def length(self, /) -> int: ...
        @property
        def most(self, /) -> int: ...
    @final
    class Unset(ListEnd):
        """
        `CUDA_VISIBLE_DEVICES` is not set: all devices are visible.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> ListEnd.Unset: ...

@final
class Machine:
    """
    A simulated machine with GPUs of its own, and a `libnvidia-ml.so.1` of its own through which they are used.

    Several machines can live in one process. The state of a machine is that of the process; of a shared machine all processes see the same
    state that have its environment. `close()`, or the end of a `with`, removes the machine's files; sessions that are still open keep
    working. `gpushare.simulate` makes one.
    """
    def __enter__(self, /) -> Machine: ...
    def __exit__(self, /, *_exception: object) -> None: ...
    def __new__(cls, /, library: str | os.PathLike[str], *, spec: str | None = None, config: str | None = None, shared: bool = False) -> Machine: ...
    def __repr__(self, /) -> str: ...
    def add_process(self, /, gpu: SupportsIndex, pid: SupportsIndex, *, name: str = ..., kind: gpushare.enums.ProcessKind | None = None, used_memory: int | None = 0, instance: tuple[int, int] | None = None) -> None:
        """
        Lets a process begin to use a GPU, or a MIG device by the ids of its GPU instance and compute instance. `used_memory` is in bytes;
        `None` is what the driver does not tell. What the system knows of that process id is taken for known of it, so choose one that the
        system has not, or sessions with a `procfs` of their own.

        Raises:
            SimulatorError: The GPU would refuse it, by its mode, its instances or its memory.
        """
    def clear_faults(self, /) -> None:
        """
        Ends all faults of this process. What they did stays.
        """
    def close(self, /) -> None:
        """
        Removes the machine's files. Sessions that are open keep working. Closing twice is no error.
        """
    def configure(self, /, spec: str | None = None, *, config: str | None = None) -> None:
        """
        Puts another machine in the place of the present one, described as for `gpushare.simulate`.

        Raises:
            SimulatorError: NVML is initialised in this process, or the configuration describes no machine.
        """
    def env(self, /, **variables: str) -> dict[str, str]:
        """
        This process's environment with `environment()` and these variables: what `subprocess.run(..., env=)` takes.

        >>> import subprocess, sys
        >>> code = "import gpushare; print(gpushare.Nvml().gpu_count())"
        >>> subprocess.run([sys.executable, "-c", code], env=machine.env(), capture_output=True, text=True).stdout
        '8\\n'
        """
    def environment(self, /) -> dict[str, str]:
        """
        The variables that a child process needs to find this machine's library in place of the driver's. The child gets a machine of this
        configuration in its first state, or this very machine if it is shared.
        """
    def faults(self, /) -> list[FaultState]:
        """
        The faults of this process, and how many calls each has counted.
        """
    def inject_xid(self, /, gpu: SupportsIndex, xid: SupportsIndex, *, gpu_instance: SupportsIndex | None = None, compute_instance: SupportsIndex | None = None) -> None:
        """
        Makes the driver report an XID of a GPU, or of an instance on it by its ids.

        Raises:
            SimulatorError: The machine has no such GPU or instance.
        """
    @property
    def library_path(self, /) -> Path:
        """
        The machine's `libnvidia-ml.so.1`, for other programs and packages that use NVML. Beside it lies the link `libnvidia-ml.so`.
        """
    def lose_gpu(self, /, gpu: SupportsIndex) -> None:
        """
        Makes a GPU fall off the bus: until the machine reboots, every call on it raises `GpuLostError`.

        Raises:
            SimulatorError: The machine has no such GPU.
        """
    def nvml(self, /, *, root: str | os.PathLike[str] | None = None, procfs: str | os.PathLike[str] | None = None, flags: gpushare.enums.InitFlags | int = 0) -> Nvml:
        """
        The machine's NVML, initialised: `gpushare.Nvml(library=machine)`. The arguments are those of `gpushare.Nvml`.

        Raises:
            GpuShareError: What NVML answers.
        """
    def reboot(self, /) -> None:
        """
        Reboots the machine: processes and instances vanish. This process stays, and NVML stays initialised in it.
        """
    def remove_process(self, /, gpu: SupportsIndex, pid: SupportsIndex) -> None:
        """
        Ends a process.

        Raises:
            SimulatorError: The GPU has no such process.
        """
    def reset(self, /, gpu: SupportsIndex) -> None:
        """
        Resets a GPU, as `nvidia-smi --gpu-reset` does.

        Raises:
            SimulatorError: Processes use it.
        """
    @property
    def root(self, /) -> Path:
        """
        The folder with the machine's `proc/` and `dev/`. Its files appear when NVML is first initialised.
        """
    def sample_process(self, /, gpu: SupportsIndex, pid: SupportsIndex, timestamp_us: SupportsIndex, *, multiprocessors: SupportsIndex = 0, memory: SupportsIndex = 0, encoder: SupportsIndex = 0, decoder: SupportsIndex = 0) -> None:
        """
        Lets the driver sample how busy a process keeps a GPU: a moment in microseconds since 1970, and percentages.

        Raises:
            SimulatorError: The machine has no such GPU.
        """
    def set_access(self, /, access: gpushare.enums.Access) -> None:
        """
        Says who this process is to the driver from here on.

        Raises:
            ValueError: That is nobody.
        """
    def set_charge(self, /, charge: bool) -> None:
        """
        Says whether the calls of this process take the time that was recorded for them on a real machine.
        """
    def set_faults(self, /, faults: str) -> None:
        """
        Sets faults for this process in the place of those that were set; they count calls from here on.

        Each is `TARGET#N=ACTION`, or `TARGET#N+=ACTION` for the N-th call and all after it; several stand with `;` between them. TARGET is
        a function (`nvmlDeviceGetName`), a beginning of names (`nvmlDevice*`), `mutation` or `*`. ACTION is a code (`IN_USE`),
        `done-then:IN_USE`, `sleep:MILLISECONDS`, `kill`, `done-then:kill`, `gpu-lost:INDEX` or `count`.

        Raises:
            ValueError: The text is no list of faults.
            SimulatorError: A fault names a function that the driver does not have.

        >>> machine.set_faults("nvmlDeviceGetMigMode#1=UNKNOWN")
        >>> gpu.mig_mode()
        Traceback (most recent call last):
        ...
        gpushare.exceptions.DriverError: nvmlDeviceGetMigMode on GPU 0 (GPU-…): an internal driver error (NVML_ERROR_UNKNOWN, 999)
        """
    def state_json(self, /) -> str:
        """
        The machine as it is now, as JSON text: a copy to look at or to compare.
        """
    def trace(self, /, work: typing.Callable[[], _T]) -> tuple[_T, list[TracedCall]]:
        """
        Calls a function, and gives its result and the NVML calls that this process made of the machine meanwhile, on whichever thread.

        >>> _, calls = machine.trace(gpu.mig_mode)
        >>> [str(call) for call in calls]
        ['nvmlDeviceGetMigMode(gpu0, out, out) = SUCCESS']
        """

@final
class Memory:
    """
    The memory of a GPU or of a MIG device, in bytes.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int, int, int | None]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, total: SupportsIndex, free: SupportsIndex, used: SupportsIndex, reserved: SupportsIndex | None = None) -> Memory: ...
    def __repr__(self, /) -> str: ...
    @property
    def free(self, /) -> int:
        """
        What is not in use, in bytes.
        """
    @property
    def reserved(self, /) -> int | None:
        """
        What the driver keeps for itself, in bytes; `None` on drivers that do not tell.
        """
    @property
    def total(self, /) -> int:
        """
        All of it, in bytes.
        """
    @property
    def used(self, /) -> int:
        """
        What is in use, in bytes. Where `reserved` is `None`, the driver counts its own share here.
        """

@final
class MigDevice:
    """
    A MIG device: the compute instance in a GPU instance that a program is given.

    The handle names one device: its GPU, UUID, both instance ids and attributes. Every use asks the driver whether that is still what
    is there, and raises `StaleError` where it is not.

    >>> device = gpu.apply_layout("1g.5gb", directory=folder).made[0]
    >>> device.name(), device.memory().total // 2**20, device.uuid
    ('1g.5gb', 4864, 'MIG-…')
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def attributes(self, /) -> MigDeviceAttributes:
        """
        What it consists of.
        """
    def bar1_memory(self, /) -> Bar1Memory:
        """
        Its BAR1 memory, in bytes, which it shares with the other compute instances of its GPU instance.

        Raises:
            StaleError: The device no longer exists.
        """
    def capabilities(self, /) -> MigDeviceCapabilities:
        """
        Both capabilities that a process needs for this device, read from the driver's files.

        Raises:
            NotFoundError: The device no longer exists, or the driver's files are not below the session's root; `path` is the file.
        """
    def compute_instance(self, /) -> ComputeInstance:
        """
        Its compute instance.

        Raises:
            GpuShareError: As `gpu_instance`.
        """
    @property
    def compute_instance_id(self, /) -> int:
        """
        The id of its compute instance.
        """
    def device_files(self, /) -> DeviceFiles:
        """
        The driver's files for this device alone, among them those of its GPU.

        Raises:
            StaleError: The device no longer exists.
            GpuShareError: As `Nvml.device_files`.
        """
    @property
    def gpu(self, /) -> Gpu:
        """
        The physical GPU that it is part of.
        """
    def gpu_instance(self, /) -> GpuInstance:
        """
        Its GPU instance.

        Raises:
            StaleError: The device no longer exists.
            NoPermissionError: The caller may not manage MIG.
        """
    @property
    def gpu_instance_id(self, /) -> int:
        """
        The id of its GPU instance.
        """
    def holders(self, /) -> list[Holder]:
        """
        Who keeps the compute instance that this device is from being destroyed: the processes on it, and whoever has its device file open.

        Raises:
            StaleError: The device no longer exists.
        """
    def index(self, /) -> int:
        """
        Its index among the MIG devices of its GPU, which changes when others come and go.

        Raises:
            StaleError: The device no longer exists.
        """
    def memory(self, /) -> Memory:
        """
        Its memory, in bytes, which it shares with the other compute instances of its GPU instance.

        Raises:
            StaleError: The device no longer exists.
        """
    def name(self, /) -> str:
        """
        Its name as `nvidia-smi -L` prints it, without `MIG `: `4g.20gb`, or `1c.2g.10gb` for a part of a GPU instance.

        Raises:
            StaleError: The device no longer exists.
        """
    def processes(self, /) -> list[GpuProcess]:
        """
        The processes that run on it, each once, by ascending id.

        Raises:
            StaleError: The device no longer exists.
            NoPermissionError: The caller may not see them.
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID: what `CUDA_VISIBLE_DEVICES` takes. It depends on where the device lies, so a later device at the same place has it again.
        """
    def visible_device(self, /) -> VisibleDevice:
        """
        The device as an entry of `CUDA_VISIBLE_DEVICES`, by UUID.
        """
    def visible_device_forms(self, /) -> tuple[VisibleDevice, VisibleDevice, VisibleDevice]:
        """
        All forms in which `CUDA_VISIBLE_DEVICES` can name the device: by its UUID, by its GPU's UUID, by its GPU's index.
        """

@final
class MigDeviceAttributes:
    """
    What a MIG device consists of.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute_instance_slice_count(self, /) -> int:
        """
        Compute slices of its compute instance.
        """
    @property
    def gpu_instance_slice_count(self, /) -> int:
        """
        GPU slices of its GPU instance.
        """
    @property
    def memory_mib(self, /) -> int:
        """
        Memory of its GPU instance, which all its compute instances share, in MiB.
        """
    @property
    def multiprocessor_count(self, /) -> int:
        """
        Streaming multiprocessors, for this device alone.
        """
    @property
    def shared_engines(self, /) -> Engines:
        """
        Other engines, shared with the other compute instances of the GPU instance.
        """

@final
class MigDeviceCapabilities:
    """
    The two capabilities that a process needs for a MIG device, beside the GPU's own device nodes.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute_instance(self, /) -> Capability:
        """
        That of the compute instance.
        """
    @property
    def gpu_instance(self, /) -> Capability:
        """
        That of the GPU instance.
        """

@final
class MigDeviceFiles:
    """
    A MIG device of `GpuFiles`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, index: SupportsIndex, uuid: str, name: str, gpu_instance_id: SupportsIndex, compute_instance_id: SupportsIndex, gpu_instance: DeviceNode, compute_instance: DeviceNode) -> MigDeviceFiles: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute_instance(self, /) -> DeviceNode:
        """
        The node that grants use of its compute instance.
        """
    @property
    def compute_instance_id(self, /) -> int:
        """
        The id of its compute instance.
        """
    @classmethod
    def from_json(cls, /, text: str) -> MigDeviceFiles:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu_instance(self, /) -> DeviceNode:
        """
        The node that grants use of its GPU instance.
        """
    @property
    def gpu_instance_id(self, /) -> int:
        """
        The id of its GPU instance.
        """
    @property
    def index(self, /) -> int:
        """
        The index among the MIG devices of the GPU.
        """
    @property
    def name(self, /) -> str:
        """
        The name of its profile, such as `1c.2g.10gb`.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID.
        """

@final
class MigDeviceSnapshot:
    """
    A MIG device of a `GpuSnapshot`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def attributes(self, /) -> MigDeviceAttributes:
        """
        What it consists of.
        """
    @property
    def compute_instance(self, /) -> int:
        """
        The id of its compute instance.
        """
    @classmethod
    def from_json(cls, /, text: str) -> MigDeviceSnapshot:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu_instance(self, /) -> int:
        """
        The id of its GPU instance.
        """
    @property
    def index(self, /) -> int:
        """
        Its index among the MIG devices of its GPU.
        """
    @property
    def memory(self, /) -> Memory | None:
        """
        Its memory, in bytes, which it shares with the other compute instances of its GPU instance.
        """
    @property
    def name(self, /) -> str:
        """
        Its name, such as `4g.20gb` or `1c.2g.10gb`.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uuid(self, /) -> str:
        """
        Its UUID: what `CUDA_VISIBLE_DEVICES` takes.
        """

@final
class MigGeometry:
    """
    How one GPU can be divided. Everything a plan knows of a GPU model is in here.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> MigGeometry:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def memory_slices(self, /) -> int:
        """
        The number of memory slices that placements count.
        """
    @property
    def profiles(self, /) -> list[ProfileGeometry]:
        """
        The GPU-instance profiles, in NVML's order.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class MigMinors:
    """
    The driver's table of the minor numbers of MIG capabilities: of every instance that could be, whether or not it is.

    >>> minors = nvml.mig_minors()
    >>> minors.config(), minors.monitor(), minors.minor(0, 9), minors.minor(0, 9, compute_instance=0)
    (1, 2, 84, 85)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def config(self, /) -> int:
        """
        The minor of the capability to change MIG instances.
        """
    def minor(self, /, gpu_minor: SupportsIndex, gpu_instance: SupportsIndex, compute_instance: SupportsIndex | None = None) -> int | None:
        """
        The minor of the node that grants use of an instance; `None` where the driver numbers no such.

        `gpu_minor` is the GPU's `minor_number()`. Without `compute_instance`, the node is the GPU instance's own.
        """
    def monitor(self, /) -> int:
        """
        The minor of the capability to see the whole of a GPU that has MIG instances.
        """

@final
class MigMode:
    """
    The MIG mode of a GPU: what it is, and what it will be after the next reset.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[bool, bool]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, current: bool, pending: bool) -> MigMode: ...
    def __repr__(self, /) -> str: ...
    @property
    def current(self, /) -> bool:
        """
        Whether MIG is enabled now.
        """
    @property
    def is_pending(self, /) -> bool:
        """
        Whether a change waits to take effect.
        """
    @property
    def pending(self, /) -> bool:
        """
        Whether it will be after a reset.
        """

@final
class MigPartedConfig:
    """
    A configuration of `nvidia-mig-parted`, made from the text of its YAML file: named layouts for the GPUs of a node.

    Reading refuses what could not be honoured, with the line; `str` gives back the same configurations.

    Raises:
        InvalidArgumentError: With the `line` that cannot be honoured.

    >>> config = gpushare.MigPartedConfig('''
    ... version: v1
    ... mig-configs:
    ...   mixed:
    ...     - devices: [0]
    ...       mig-enabled: true
    ...       mig-devices: {1g.5gb: 2, 1c.3g.20gb: 3}
    ... ''')
    >>> str(config.layout("mixed", gpu))
    '2x1g.5gb, 3g.20gb[3x1c]'
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, text: str) -> MigPartedConfig: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def configs(self, /) -> dict[str, list[MigPartedEntry]]:
        """
        The configurations by name. For a GPU, the first entry counts that is meant for it.
        """
    def layout(self, /, name: str, gpu: Gpu) -> Layout | None:
        """
        The layout that the configuration of this name wants of a GPU; `None` where it does not speak of that GPU.

        Raises:
            NotFoundError: There is no such name; `available` lists those that there are.
        """

@final
class MigPartedEntry:
    """
    What a configuration wants of some GPUs.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def device_filter(self, /) -> list[int] | None:
        """
        The models it is for, by the 32 bits of PCI device and vendor, such as 0x20B010DE; `None` for all.
        """
    @property
    def devices(self, /) -> list[int] | None:
        """
        The NVML indices of the GPUs it is for; `None` for all.
        """
    def is_for(self, /, index: SupportsIndex, pci_device_id: SupportsIndex) -> bool:
        """
        Whether the entry is meant for the GPU with this index and these 32 bits of PCI device and vendor.
        """
    def layout(self, /) -> Layout:
        """
        The entry as a layout. Compute instances that are parts of equal GPU instances share as few of those as hold them.

        Raises:
            InvalidArgumentError: A compute instance is larger than its GPU instance.
        """
    @property
    def mig_devices(self, /) -> dict[str, int]:
        """
        How many MIG devices of each profile name.
        """
    @property
    def mig_enabled(self, /) -> bool:
        """
        Whether MIG is enabled.
        """

@final
class MigState:
    """
    How a GPU is divided at the moment, and who uses it. Prints as its layout.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> MigState:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu_instances(self, /) -> list[GpuInstanceState]:
        """
        The GPU instances, by ascending id.
        """
    def layout(self, /) -> Layout:
        """
        The layout of this state, with every place named.

        Raises:
            InvalidArgumentError: The driver's name of a profile is none that gpushare can read.
        """
    @property
    def mode(self, /) -> MigMode:
        """
        The MIG mode.
        """
    @property
    def processes(self, /) -> list[GpuProcess]:
        """
        The processes that use the GPU as a whole, which keep its MIG mode from changing.
        """
    def same_division(self, /, other: MigState) -> bool:
        """
        Whether the two are the same division, whoever uses it.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    def without_orphans(self, /) -> Layout:
        """
        The layout of this state without its orphans: planned and applied, it removes them and touches nothing else.

        Raises:
            InvalidArgumentError: As `layout`.
        """

@final
class MpsClient:
    """
    A client of MPS, as the daemon lists it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def command(self, /) -> str:
        """
        Its command.
        """
    @property
    def context(self, /) -> int:
        """
        The number of its context in the server.
        """
    @property
    def device(self, /) -> str:
        """
        The beginning of the UUID of the device that it uses, cut by the daemon.
        """
    @classmethod
    def from_json(cls, /, text: str) -> MpsClient:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def is_in_this_pid_namespace(self, /) -> bool:
        """
        Whether its process sees the same process ids as this one. The id that a client in another namespace, as in a container, has for itself
        is neither `pid` nor one by which the daemon finds it.
        """
    @property
    def namespace(self, /) -> int:
        """
        The inode of its namespace of process ids, that of `/proc/<pid>/ns/pid`.
        """
    @property
    def pid(self, /) -> int:
        """
        Its process id, in the daemon's namespace of process ids.
        """
    @property
    def server(self, /) -> int:
        """
        The process id of its server.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class MpsDaemon:
    """
    An MPS control daemon. The handle names it by its pipe directory; losing the handle leaves it running, and `quit` ends it.

    `MpsDaemon.start` starts one, `MpsDaemon.attach` finds one that runs. Its defaults hold for servers that start later, and those of a
    `MpsServer` for clients that come later: no value changes what runs already.

    Every method may be called from every thread; other threads run while the daemon works.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def attach(pipe_directory: str | os.PathLike[str], *, program: str | os.PathLike[str] | None = None, patience: float | None = None) -> MpsDaemon:
        """
        The daemon that runs in a pipe directory. `program` and `patience` are as for `start`.

        Raises:
            MpsNotRunningError: None runs there.
            MpsInvalidDirectoryError: As of `PipeDirectory`.
            InvalidArgumentError: `patience` is no time.
        """
    def clients(self, /) -> list[MpsClient]:
        """
        All clients of all servers.

        Raises:
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `servers`.
        """
    def default_active_thread_percentage(self, /) -> float:
        """
        The share of the SMs that clients of servers to come may have, in percent.

        Raises:
            MpsError: As `servers`.
        """
    def default_client_priority(self, /) -> MpsClientPriority:
        """
        The priority of clients to come that ask for none.

        Raises:
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `servers`.
        """
    def default_pinned_device_memory_limit(self, /, device: SupportsIndex = 0) -> str | None:
        """
        The limit on a device for clients of servers to come, as the daemon shows it: `2G`, in whole GiB rounded down from 1 GiB on; `None`
        where there is none.

        `device` is the daemon's number, from 0 to 31: the place among the devices that the daemon sees, so 0 where it sees one alone.

        Raises:
            MpsInvalidLimitError: There is no such number.
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `servers`.
        """
    def log(self, /) -> MpsLog | None:
        """
        What the daemon and its servers log; `None` where this handle did not start it.
        """
    def pid(self, /) -> int | None:
        """
        Its process id; `None` where it has ended or lives in a container whose processes are not seen here.

        Raises:
            MpsInvalidDirectoryError: As `PipeDirectory.presence`.
        """
    @property
    def pipe_directory(self, /) -> PipeDirectory:
        """
        The pipe directory.
        """
    def quit(self, /, grace: SupportsFloat | SupportsIndex = 1.0) -> MpsQuit:
        """
        Ends the daemon and its servers, and removes what they leave in the pipe directory. Clients have `grace`, in seconds, to leave by
        themselves; then the daemon ends the work of each, and what does not end by itself is killed.

        Raises:
            MpsNotRunningError: It has ended already.
            MpsNoPermissionError: The caller neither started the daemon nor is root.
            MpsWedgedError: It cannot be killed either.
            InvalidArgumentError: `grace` is no time.
        """
    def servers(self, /) -> list[MpsServer]:
        """
        Its servers, the starting ones included.

        Raises:
            MpsNotRunningError: The daemon has ended.
            MpsWedgedError: It does not answer in time: somebody keeps it busy, or it hangs.
            MpsNoPermissionError: It does not speak with this user.
            MpsError: What else went wrong.
        """
    def set_default_active_thread_percentage(self, /, percentage: SupportsFloat | SupportsIndex) -> None:
        """
        Sets the share of the SMs that clients of servers to come may have, in percent with one decimal, and reads it back.

        It is a cap and no reservation: clients may share an SM.

        Raises:
            MpsInvalidLimitError: It is not more than 0 and up to 100 with one decimal.
            MpsNotConfirmedError: Another value is in force.
            MpsNoPermissionError: The caller neither started the daemon nor is root.
            MpsError: As `servers`.
        """
    def set_default_client_priority(self, /, priority: gpushare.enums.MpsClientPriority) -> None:
        """
        Sets the priority of clients to come that ask for none, and reads it back.

        Raises:
            MpsNotConfirmedError: Another value is in force.
            MpsNoPermissionError: The caller neither started the daemon nor is root.
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `servers`.
        """
    def set_default_pinned_device_memory_limit(self, /, limit_mib: SupportsIndex, device: SupportsIndex = 0) -> None:
        """
        Sets the limit on a device for clients of servers to come, in MiB from 1 to 16777216, and reads back what the daemon shows of it.

        Raises:
            MpsInvalidLimitError: There is no such limit, or no such number of a device.
            MpsNotConfirmedError: Another value is in force.
            MpsNoPermissionError: The caller neither started the daemon nor is root.
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `servers`.
        """
    @staticmethod
    def start(pipe_directory: str | os.PathLike[str], *, devices: typing.Sequence[Gpu | MigDevice | VisibleDevice] | None = None, log_directory: str | os.PathLike[str] | None = None, all_users: bool = False, multi_user: bool = False, program: str | os.PathLike[str] | None = None, patience: float | None = None, env: dict[str, str] | None = None) -> MpsDaemon:
        """
        Starts a daemon in a pipe directory of its own, which is made where it does not exist. When this returns, it takes commands.

        It shares `devices`: one GPU, one MIG device, or several GPUs; without them, all. A daemon for each GPU keeps a fatal fault of one
        client from those on other GPUs. It logs into `log_directory`, which is made where it does not exist; else beside the pipe directory,
        with the ending `.log`. `program` takes the place of the `nvidia-cuda-mps-control` on the path. `patience`, in seconds, is how long
        the start and each exchange with the daemon may take: 10 unless said. The daemon and its servers have this process's environment and
        the variables of `env`.

        With `all_users`, clients of every user can reach the daemon, which serves one user at a time; else only those of this user, where
        its directory is made. Before driver 550, whoever reaches a daemon can change its defaults too. With `multi_user` it serves several
        users at the same time, which needs root, driver 555 or later, and a GPU of Volta or later.

        Raises:
            MpsAlreadyRunningError: A daemon runs in the pipe directory.
            MpsInvalidDirectoryError: A directory is one that others could change, or that MPS cannot use.
            MpsProgramNotFoundError: The program, or the server's beside it, is not there.
            MpsProgramError: The daemon did not start; `reason` is what it said.
            MpsUnknownCommandError: The driver is too old for `multi_user`; `command` is the option.
            MpsNoPermissionError: `multi_user` is for root.
            InvalidArgumentError: `devices` is empty or has a UUID that is none, or `patience` is no time.
        """
    def start_server(self, /, uid: SupportsIndex) -> None:
        """
        Asks for a server for a user; root may for anybody, others for themselves. It starts later, or never: the daemon does not say.

        Raises:
            MpsNoPermissionError: For another user, by one who is not root.
            MpsRefusedError: The daemon shuts down.
            MpsUncertainError: The connection was lost: it may or may not have been asked for.
            MpsError: As `servers`.
        """
    def verify_user(self, /, uid: SupportsIndex) -> None:
        """
        Looks whether a client of a user would be served. CUDA has no limit for the time that it would wait otherwise.

        A server without clients holds nobody back: the daemon replaces it. A daemon that was started for all users at once holds nobody back,
        and of one whose processes are not seen here, nothing can be told.

        Raises:
            MpsOtherUserError: It would wait for the clients of another user.
            MpsError: As `servers`.
        """
    def version_advisory(self, /, nvml: Nvml) -> Advisory | None:
        """
        Whether the daemon is of another driver than the one behind NVML: an `Advisory.OtherVersion`, or `None`, also where that cannot be
        told.

        Raises:
            GpuShareError: As `Nvml.driver_version` and `pid`.
        """

@final
class MpsDaemonSnapshot:
    """
    An MPS control daemon that has servers on the node's GPUs.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> MpsDaemonSnapshot:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def pid(self, /) -> int | None:
        """
        Its process id; `None` where the servers' parents are not seen here, as in another container.
        """
    @property
    def pipe_directory(self, /) -> Path | None:
        """
        Its pipe directory: the `CUDA_MPS_PIPE_DIRECTORY` of its clients. `None` where its environment may not be read.
        """
    @property
    def servers(self, /) -> list[MpsServerSnapshot]:
        """
        Its servers, by ascending process id.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class MpsLog:
    """
    The logs of a daemon and of its servers, read from their files.

    Whoever reads the fifo `log` in the pipe directory instead takes records from the daemon.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def control(self, /) -> list[MpsLogRecord]:
        """
        What the daemon wrote. Empty where there is no log yet.

        Raises:
            GpuShareError: The file cannot be read; `path` is the file.
        """
    @property
    def directory(self, /) -> Path:
        """
        The directory that holds `control.log` and `server.log`.
        """
    def server(self, /) -> list[MpsLogRecord]:
        """
        What the servers wrote. Empty where there is no log yet.

        Raises:
            GpuShareError: The file cannot be read; `path` is the file.
        """

@final
class MpsLogRecord:
    """
    One line of a log.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> MpsLogRecord:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def pid(self, /) -> int:
        """
        The writer's process id.
        """
    @property
    def role(self, /) -> MpsLogRole:
        """
        Who wrote it.
        """
    @property
    def text(self, /) -> str:
        """
        What it says.
        """
    @property
    def time(self, /) -> str:
        """
        When, in the local time of the daemon: `2026-11-22 10:36:26.508`.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class MpsQuit:
    """
    How a daemon ended.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    @property
    def daemon_killed(self, /) -> bool:
        """
        Whether the daemon itself had to be killed.
        """
    @property
    def killed(self, /) -> list[int]:
        """
        Those of the servers that had to be killed.
        """
    @property
    def servers(self, /) -> list[int]:
        """
        The process ids of the servers that it had.
        """
    @property
    def terminated(self, /) -> list[int]:
        """
        The process ids of the clients that did not leave by themselves, and whose work the daemon ended.
        """

@disjoint_base
class MpsRole:
    """
    What a process that uses a GPU is to MPS.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class Client(MpsRole):
        """
        It is a client: the process id of its server, `None` where it cannot be told which of several, and that of the server's daemon.
        """
        __match_args__: Final = ("server", "daemon")
        def __new__(cls, /, server: SupportsIndex | None, daemon: SupportsIndex | None) -> MpsRole.Client: ...
        @property
        def daemon(self, /) -> int | None: ...
        @property
        def server(self, /) -> int | None: ...
    @final
    class Server(MpsRole):
        """
        It is a server: the process id of its daemon, `None` where that has died or is not seen here, and the pipe directory of that,
        `None` where this user may not look at its environment.
        """
        __match_args__: Final = ("daemon", "pipe_directory")
        def __new__(cls, /, daemon: SupportsIndex | None, pipe_directory: str | PathLike[str] | None) -> MpsRole.Server: ...
        @property
        def daemon(self, /) -> int | None: ...
        @property
        def pipe_directory(self, /) -> Path | None: ...

@final
class MpsServer:
    """
    A server of a `MpsDaemon`. What is set on it holds for clients that come later.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def active_thread_percentage(self, /) -> float | None:
        """
        The share of the SMs that clients to come may have, in percent; `None` while the server is busy.

        Raises:
            MpsError: As `clients`.
        """
    def clients(self, /) -> list[int]:
        """
        The process ids of its clients, as the daemon sees them.

        Raises:
            MpsServerNotFoundError: It is gone.
            MpsError: As `MpsDaemon.servers`.
        """
    @property
    def pid(self, /) -> int:
        """
        Its process id, as the daemon sees it.
        """
    def pinned_device_memory_limit(self, /, device: SupportsIndex = 0) -> str | None:
        """
        The limit on a device for clients to come, as the daemon shows it: `2G`. `None` where there is none, and while the server is busy.

        `device` is the daemon's number, from 0 to 31: the place among the devices that the daemon sees.

        Raises:
            MpsInvalidLimitError: There is no such number.
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `clients`.
        """
    def set_active_thread_percentage(self, /, percentage: SupportsFloat | SupportsIndex) -> None:
        """
        Sets the share of the SMs that clients to come may have, in percent with one decimal, and reads it back.

        Raises:
            MpsInvalidLimitError: It is not more than 0 and up to 100 with one decimal.
            MpsNotConfirmedError: Another value is in force, as while the server is busy.
            MpsError: As `clients`.
        """
    def set_pinned_device_memory_limit(self, /, limit_mib: SupportsIndex, device: SupportsIndex = 0) -> None:
        """
        Sets the limit on a device for clients to come, in MiB from 1 to 16777216, and reads back what the daemon shows of it.

        Raises:
            MpsInvalidLimitError: There is no such limit, or no such number of a device.
            MpsNotConfirmedError: Another value is in force, as while the server is busy.
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `clients`.
        """
    def shut_down(self, /, *, force: bool = False) -> None:
        """
        Shuts the server down once its clients have left, or, with `force`, now, whatever they do.

        Raises:
            MpsUncertainError: The connection was lost: it may or may not have been done.
            MpsError: As `clients`.
        """
    def status(self, /) -> MpsServerStatus:
        """
        What it is doing.

        Raises:
            MpsServerNotFoundError: It is gone.
            MpsUnknownCommandError: The driver is older than 550.
            MpsError: As `MpsDaemon.servers`.
        """
    def terminate_client(self, /, client: SupportsIndex) -> None:
        """
        Ends a client's work on the GPU, so that its process can be killed without harm to others. It waits until that is done; the client's
        next call of CUDA fails.

        Raises:
            MpsRefusedError: The server has no such client, or CUDA failed.
            MpsUncertainError: The connection was lost: it may or may not have been done.
            MpsUnknownCommandError: The driver is older than 535.
            MpsError: As `clients`.
        """

@final
class MpsServerSnapshot:
    """
    A server of an `MpsDaemonSnapshot`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def clients(self, /) -> list[int]:
        """
        The process ids of its clients on the node's GPUs, ascending.
        """
    @classmethod
    def from_json(cls, /, text: str) -> MpsServerSnapshot:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def pid(self, /) -> int:
        """
        Its process id.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uid(self, /) -> int | None:
        """
        The user whose clients it serves, where that is known.
        """

@final
class MpsSession:
    """
    One GPU or MIG device shared by MPS: a control daemon of its own, with its limits confirmed. `gpushare.mps_session` starts one.

    It ends at `close()`, at the end of a `with`, or with its last name. In a child process that `fork` made, only `close()` ends it.
    """
    def __enter__(self, /) -> MpsSession: ...
    def __exit__(self, /, *_exception: object) -> None: ...
    def __repr__(self, /) -> str: ...
    @property
    def advisories(self, /) -> list[Advisory]:
        """
        What is known to go wrong with the session's limits on this GPU, and with its daemon.
        """
    def close(self, /, grace: SupportsFloat | SupportsIndex = ...) -> MpsQuit:
        """
        Ends the session: clients have `grace`, in seconds, to leave, then the work of each is ended. The compute mode is put back. Closing twice is
        no error; the second report is empty. Ctrl-C does not cut it short.

        Raises:
            MpsError: As `MpsDaemon.quit`; the session is then ended as far as it went.
            GpuShareError: As `Gpu.set_compute_mode`; the same holds.
            InvalidArgumentError: `grace` is no time.
        """
    @property
    def daemon(self, /) -> MpsDaemon:
        """
        The daemon.
        """
    def env(self, /, **variables: str) -> dict[str, str]:
        """
        The environment of a client: this process's, with what names the daemon and the device, without what would change a client's share,
        and with these variables: what `subprocess.run(..., env=)` takes.

        The device is named by its UUID: the server numbers its devices anew, so an index would name another one or none.
        """
    def verify_client(self, /, pid: SupportsIndex, patience: SupportsFloat | SupportsIndex = 10.0) -> None:
        """
        Waits until a process is a client of this daemon, for `patience` seconds. A program that cannot reach the daemon runs without MPS and
        without its limits, and nothing says so but its absence here.

        Raises:
            MpsNotClientError: It has not become one in time.
            MpsOtherUserError: It has not, and waits for the clients of another user.
            MpsNotRunningError: The session is closed, or somebody else ended the daemon.
            InvalidArgumentError: `patience` is no time.
            MpsError: As `MpsDaemon.servers`.
        """

@final
class NvidiaVisibleDevices:
    """
    A value of `NVIDIA_VISIBLE_DEVICES`, which the NVIDIA Container Toolkit reads when it starts a container: `void`, `none`, `all`, or
    GPUs by index, UUID or PCI address and MIG devices by UUID or by the index of their GPU and their place on it, as `0:1`.

    Unlike CUDA, the toolkit takes whole UUIDs alone, refuses a list with an unknown entry, and gives a device that is named twice once.

    Raises:
        InvalidArgumentError: No node could have such an entry; `position`, `entry` and `fault` say which and why.

    >>> value = gpushare.NvidiaVisibleDevices("1, 2,,1")
    >>> str(value), [device.gpu for device in value.resolve(nvml)]
    ('1,2,1', [1, 2])
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, value: str) -> NvidiaVisibleDevices: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def entries(self, /) -> list[str]:
        """
        The entries as the toolkit reads them; a word such as `all` is the only one.
        """
    @classmethod
    def parse(cls, /, value: str) -> NvidiaVisibleDevices:
        """
        The value that a text is.

        Raises:
            InvalidArgumentError: As of the class.
        """
    def resolve(self, /, node: Nvml | VisibleNode) -> list[CudaDevice]:
        """
        The devices that a container is given, each once, in the order of the list. `all` is every GPU and every MIG device.

        Raises:
            NotFoundError: An entry is no device of the node; `position`, `entry` and `fault` say which and why.
        """

@final
class Nvml:
    """
    NVML, initialised: the way to every GPU of the node.

    Without arguments it is the driver's own library. `library` is the path of another one, or a simulated machine; `root` the folder under
    which the driver's files of `/proc` and `/dev` are read, such as a driver container's `/run/nvidia/driver`; `procfs` the folder in
    which processes are looked up, such as the host's `/proc`, mounted in a container; `flags` says how to initialise. The session ends with its last handle, or at `close()`, or at the end of a `with`. Sessions do not disturb each other.

    Every method may be called from every thread; other threads run while the driver works.

    Raises:
        NoDriverError: There is no library, or no kernel driver behind it; `tried` lists the paths.
        NotSupportedError: The library cannot initialise with the flags.

    >>> with gpushare.Nvml(library=machine) as nvml:
    ...     print(nvml.driver_version())
    580.126.09
    """
    def __enter__(self, /) -> Nvml: ...
    def __exit__(self, /, *_exception: object) -> None: ...
    def __new__(cls, /, *, library: str | os.PathLike[str] | Machine | None = None, root: str | os.PathLike[str] | None = None, procfs: str | os.PathLike[str] | None = None, flags: gpushare.enums.InitFlags | int = 0) -> Nvml: ...
    def __repr__(self, /) -> str: ...
    def _repr_svg_(self, /) -> str: ...
    def cdi_spec(self, /, *, vendor: str = ..., device_class: str = ..., names: typing.Sequence[gpushare.enums.CdiDeviceName] | None = None, all: bool = True, host_root: str | os.PathLike[str] | None = None, device_numbers: bool = False, driver_files: bool = False, hook: str | os.PathLike[str] | None = None) -> CdiSpec:
        """
        The CDI specification of all GPUs and MIG devices of this node: `DeviceFiles.cdi_spec` of `device_files()`.

        Raises:
            GpuShareError: As there.
        """
    def close(self, /) -> None:
        """
        Shuts the session down now, for all its handles: each of them raises `StaleError` from here on. Closing twice is no error.

        Raises:
            GpuShareError: What NVML answers to its shutdown; the session is closed all the same.
        """
    def cuda_driver_version(self, /) -> tuple[int, int]:
        """
        The newest CUDA version that the driver supports, as major and minor number: `(13, 0)`.

        Raises:
            StaleError: The session was closed.
        """
    def cuda_rules(self, /) -> CudaRules:
        """
        The rules by which this node's driver reads `CUDA_VISIBLE_DEVICES`, where `CUDA_DEVICE_ORDER` is not set.

        Raises:
            StaleError: The session was closed.
        """
    @staticmethod
    def default_instance() -> Nvml:
        """
        One instance for the whole process, loaded at the first call that succeeds.

        Raises:
            NoDriverError: There is no library, or no kernel driver behind it; the next call tries again.
        """
    def device_files(self, /) -> DeviceFiles:
        """
        The driver's files for all GPUs and MIG devices of this node, as they are now.

        Raises:
            NotFoundError: `/proc/devices` or `mig-minors` is not below the session's root; `path` is the file.
            DriverError: It does not have the driver's devices.
        """
    def driver_version(self, /) -> str:
        """
        The driver's version, such as `580.126.09`.

        Raises:
            StaleError: The session was closed.
        """
    def gpu(self, /, index: SupportsIndex) -> Gpu:
        """
        The GPU at an index, from 0.

        Raises:
            InvalidArgumentError: The index is beyond the last GPU.
            NoPermissionError: The caller may not open it.
            GpuLostError: It no longer answers.
        """
    def gpu_by_pci_address(self, /, address: PciAddress | str) -> Gpu:
        """
        The GPU at a PCI address.

        Raises:
            NotFoundError: None is there.
            InvalidArgumentError: The text is not a PCI address.
        """
    def gpu_by_uuid(self, /, uuid: str) -> Gpu:
        """
        The GPU with a UUID, `GPU-…`.

        Raises:
            NotFoundError: No GPU has it.
            InvalidArgumentError: The text is not the UUID of a GPU.
        """
    def gpu_count(self, /) -> int:
        """
        The number of GPUs that NVML sees.

        Raises:
            StaleError: The session was closed.
        """
    def gpus(self, /) -> list[Gpu]:
        """
        All GPUs, in NVML's order, which is that of the PCI bus.

        Raises:
            NoPermissionError: The caller may not open one of them.
            GpuLostError: One of them no longer answers.

        >>> [gpu.name for gpu in nvml.gpus()][:2]
        ['NVIDIA A100-SXM4-40GB', 'NVIDIA A100-SXM4-40GB']
        """
    @property
    def library(self, /) -> Path | None:
        """
        The path or name of the loaded library.
        """
    def mig_device(self, /, uuid: str) -> MigDevice:
        """
        The MIG device with a UUID, in either form.

        Raises:
            NotFoundError: No MIG device of the node has it.
            InvalidArgumentError: The text is not the UUID of a MIG device.
        """
    def mig_minors(self, /) -> MigMinors:
        """
        The driver's table of the minor numbers of MIG capabilities, read from its file `mig-minors`.

        Raises:
            NotFoundError: The file is not below the session's root; `path` is the file.
            DriverError: A line of it is not as documented.
        """
    def nvml_version(self, /) -> str:
        """
        The version of the NVML library, such as `13.580.126.09`.

        Raises:
            StaleError: The session was closed.
        """
    def observer(self, /) -> Observer:
        """
        What takes snapshots one after the other, for the least that they can cost.

        Raises:
            StaleError: The session was closed.
        """
    @property
    def procfs(self, /) -> Path:
        """
        The folder in which processes are looked up.
        """
    @property
    def root(self, /) -> Path:
        """
        The folder under which the driver's files of `/proc` and `/dev` are read.
        """
    def slurm_gres(self, /, *, node_name: str | None = None, cores: dict[int, str] | None = None, count: bool = False, host_root: str | os.PathLike[str] | None = None) -> SlurmGres:
        """
        The lines by which Slurm lets jobs have the GPUs and MIG devices of this node: `DeviceFiles.slurm_gres` of `device_files()`.

        Raises:
            GpuShareError: As there.
        """
    def snapshot(self, /) -> Snapshot:
        """
        What is on the node, who is on it and what is free, as it is now. What the driver refuses for one GPU is part of the answer:
        `GpuSnapshot.unknown`.

        Raises:
            StaleError: The session was closed, or others divide the GPUs anew all the time.

        >>> [(gpu.name, gpu.mig_enabled) for gpu in nvml.snapshot().gpus][:1]
        [('NVIDIA A100-SXM4-40GB', False)]
        """
    def supports(self, /, symbol: str) -> bool:
        """
        Whether the loaded library has a function, by NVML's name: ask before an operation that old drivers lack.

        Raises:
            ValueError: gpushare calls no function of this name.

        >>> nvml.supports("nvmlDeviceGetMigMode")
        True
        """
    def svg(self, /) -> str:
        """
        A drawing of the node as it is now, as the text of an SVG file: `Gpu.svg` for each GPU, one below the other. Notebooks show it.

        Raises:
            GpuShareError: As `gpus` and `Gpu.svg`.
        """
    def visible_node(self, /) -> VisibleNode:
        """
        The GPUs and MIG devices of this node as they are now, as far as lists of devices depend on them.

        Raises:
            GpuShareError: As `gpus` and `Gpu.mig_devices`.
        """
    def watch(self, /, kinds: gpushare.enums.EventKinds | int | None = None) -> EventSet:
        """
        Watches all GPUs, each for those of the kinds that it supports: unless said XIDs and changes of the MIG configuration.

        A GPU that supports none of them, that is lost or that the caller may not open is left out; `EventSet.registered` has the others.

        Raises:
            NotSupportedError: The driver has no events.
            StaleError: The session was closed.
        """

@final
class Observer:
    """
    Takes snapshots of a node, and asks the driver only for what may have changed since the last one: `Nvml.observer`.

    What never changes is asked once. How the GPUs are divided is asked again where the driver told of a change, or one was made through the
    same session; a driver that tells of no changes is asked each time. Memory, use and processes are asked each time.

    Threads may share one; they take turns.

    >>> observer = nvml.observer()
    >>> before = observer.snapshot()
    >>> gpu.set_mig_mode(True)
    >>> device = gpu.create_gpu_instance("4g.20gb").create_default_compute_instance().mig_device()
    >>> after = observer.snapshot()
    >>> str(after.gpus[0].layout()), after.gpus[0].mig_devices[0].uuid == device.uuid
    ('4g.20gb@0[*@0]', True)
    >>> [type(change).__name__ for change in before.changes_to(after)]
    ['MigMode', 'ComputeMode', 'GpuInstanceCreated', 'MigDeviceCreated', 'Memory']
    """
    def __repr__(self, /) -> str: ...
    @property
    def gpus(self, /) -> list[Gpu]:
        """
        The GPUs that are observed, in NVML's order.
        """
    def layouts(self, /) -> dict[str, Layout | None]:
        """
        How each GPU is divided now, by its UUID, as `GpuSnapshot.layout` has it. Where nothing changed, the driver is asked for events
        alone, and once for each GPU without instances.

        Raises:
            StaleError: As `snapshot`.
        """
    def mig_devices(self, /) -> list[MigDevice]:
        """
        The MIG devices of the node, with handles that are fresh now. It costs as much as `layouts`.

        Raises:
            StaleError: As `snapshot`.
        """
    def snapshot(self, /) -> Snapshot:
        """
        What is on the node, who is on it and what is free, as it is now.

        Raises:
            StaleError: The session was closed, or others divide the GPUs anew all the time.
        """

@final
class PciAddress:
    """
    Where a GPU sits on the PCI bus: `PciAddress('00000000:10:1C.0')`.

    Read from `domain:bus:device.function` in hexadecimal; the domain may have four digits or eight.

    >>> gpushare.PciAddress("0000:10:1c.0").bus
    16
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, text: str) -> PciAddress: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def bus(self, /) -> int:
        """
        Bus in the domain, 0 to 255.
        """
    @property
    def device(self, /) -> int:
        """
        Device on the bus, 0 to 31.
        """
    @property
    def domain(self, /) -> int:
        """
        PCI domain.
        """
    @property
    def function(self, /) -> int:
        """
        Function of the device, 0 to 7; 0 on every known GPU.
        """

@final
class PipeDirectory:
    """
    A directory in which an MPS control daemon has, or is to have, its sockets. It must exist; `create` makes one.

    Raises:
        MpsInvalidDirectoryError: The path is empty, not absolute, longer than 87 bytes or not plain, no directory or only a link to one,
            or one that neither root nor this user owns: its owner would get what is sent to the daemon.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __fspath__(self, /) -> str: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, path: str | os.PathLike[str]) -> PipeDirectory: ...
    def __repr__(self, /) -> str: ...
    @staticmethod
    def create(path: str | os.PathLike[str]) -> PipeDirectory:
        """
        A directory that is made, for this user alone, where it does not exist.

        Raises:
            MpsInvalidDirectoryError: As of the class itself; also where others may write to the directory, or where its parent does not
                exist.
        """
    @property
    def path(self, /) -> Path:
        """
        The path: the value of `CUDA_MPS_PIPE_DIRECTORY`.
        """
    def presence(self, /) -> DaemonPresence:
        """
        Whether a daemon lives here. It costs microseconds, and the daemon does not notice.

        Raises:
            MpsInvalidDirectoryError: The lock of the daemon cannot be looked at.
        """

@final
class Plan:
    """
    The way from the layout that a GPU has to the one that is wanted: the fewest changes, with a place for everything.

    Instances that are as wanted stay, and those in use above all. A plan is data: it can be shown (`str`), kept (`to_json`, `pickle`)
    and compared, and is carried out by `Gpu.apply`. Made from a geometry and a state it asks no driver.

    Raises:
        InfeasibleError: There is no way; `reason` is the proof.

    >>> plan = gpushare.Plan(gpu.mig_geometry(), gpu.mig_state(), "7x1g.5gb")
    >>> plan == gpu.plan("7x1g.5gb"), plan.mutations
    (True, 15)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, geometry: MigGeometry, present: MigState, wanted: Layout | str, *, destroy_in_use: bool = False) -> Plan: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def before(self, /) -> MigState:
        """
        What the plan starts from.
        """
    @property
    def destroy_in_use(self, /) -> bool:
        """
        Whether instances on which processes run may be destroyed.
        """
    @classmethod
    def from_json(cls, /, text: str) -> Plan:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu_instances(self, /) -> list[PlannedGpuInstance]:
        """
        The GPU instances that there will be.
        """
    @property
    def is_empty(self, /) -> bool:
        """
        Whether the GPU has the wanted layout already.
        """
    @property
    def mutations(self, /) -> int:
        """
        How many changes of the GPU the plan makes: instances created and destroyed, and a change of the MIG mode.
        """
    @property
    def steps(self, /) -> list[PlanStep]:
        """
        What is done, in this order.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def wanted(self, /) -> Layout:
        """
        The layout that was asked for.
        """

@disjoint_base
class PlanStep:
    """
    One change of a plan.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class CreateComputeInstance(PlanStep):
        """
        Create the compute instance with the index `inside` in the planned GPU instance with the index `planned`.
        """
        __match_args__: Final = ("planned", "inside")
        def __new__(cls, /, planned: SupportsIndex, inside: SupportsIndex) -> PlanStep.CreateComputeInstance: ...
        @property
        def inside(self, /) -> int: ...
        @property
        def planned(self, /) -> int: ...
    @final
    class CreateGpuInstance(PlanStep):
        """
        Create the planned GPU instance with this index in `Plan.gpu_instances`.
        """
        __match_args__: Final = ("planned",)
        def __new__(cls, /, planned: SupportsIndex) -> PlanStep.CreateGpuInstance: ...
        @property
        def planned(self, /) -> int: ...
    @final
    class DestroyComputeInstance(PlanStep):
        """
        Destroy a compute instance, by the id of its GPU instance and its own.
        """
        __match_args__: Final = ("gpu_instance", "id")
        def __new__(cls, /, gpu_instance: SupportsIndex, id: SupportsIndex) -> PlanStep.DestroyComputeInstance: ...
        @property
        def gpu_instance(self, /) -> int: ...
        @property
        def id(self, /) -> int: ...
    @final
    class DestroyGpuInstance(PlanStep):
        """
        Destroy a GPU instance, empty by then.
        """
        __match_args__: Final = ("id",)
        def __new__(cls, /, id: SupportsIndex) -> PlanStep.DestroyGpuInstance: ...
        @property
        def id(self, /) -> int: ...
    @final
    class Other(PlanStep):
        """
        Another change, in words.
        """
        __match_args__: Final = ("what",)
        def __new__(cls, /, what: str) -> PlanStep.Other: ...
        @property
        def what(self, /) -> str: ...
    @final
    class SetMigMode(PlanStep):
        """
        Enable or disable MIG.
        """
        __match_args__: Final = ("enabled",)
        def __new__(cls, /, enabled: bool) -> PlanStep.SetMigMode: ...
        @property
        def enabled(self, /) -> bool: ...

@final
class PlannedComputeInstance:
    """
    A compute instance that there will be.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def existing(self, /) -> int | None:
        """
        Its id where it exists already and stays.
        """
    @classmethod
    def from_json(cls, /, text: str) -> PlannedComputeInstance:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def layout(self, /) -> ComputeInstanceLayout:
        """
        What was asked for.
        """
    @property
    def placement(self, /) -> ComputeInstancePlacement | None:
        """
        Where it lies; `None` as for the profile, and on drivers that choose it themselves.
        """
    @property
    def profile(self, /) -> ComputeInstanceProfile | None:
        """
        Its profile; `None` where it is chosen once its GPU instance exists, because no such instance has been seen.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class PlannedGpuInstance:
    """
    A GPU instance that there will be.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute_instances(self, /) -> list[PlannedComputeInstance]:
        """
        The compute instances in it.
        """
    @property
    def existing(self, /) -> int | None:
        """
        Its id where it exists already and stays.
        """
    @classmethod
    def from_json(cls, /, text: str) -> PlannedGpuInstance:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def placement(self, /) -> GpuInstancePlacement:
        """
        Where it lies.
        """
    @property
    def profile(self, /) -> GpuInstanceProfile:
        """
        Its profile.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class ProcessUtilization:
    """
    How busy a process kept a GPU over the driver's last sample period, which is between a sixth of a second and a second.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def decoder(self, /) -> int:
        """
        Percentage of the decoders' time that was its, 0 to 100.
        """
    @property
    def encoder(self, /) -> int:
        """
        Percentage of the encoders' time that was its, 0 to 100.
        """
    @classmethod
    def from_json(cls, /, text: str) -> ProcessUtilization:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def memory(self, /) -> int:
        """
        Percentage of the time in which it had memory read or written, 0 to 100.
        """
    @property
    def multiprocessors(self, /) -> int:
        """
        Percentage of the multiprocessors' time that was its, 0 to 100.
        """
    @property
    def pid(self, /) -> int:
        """
        Its process id, as the driver sees it.
        """
    @property
    def timestamp_us(self, /) -> int:
        """
        When the driver sampled it, in microseconds since 1970.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class ProfileCapacity:
    """
    How many further instances of a profile a GPU has room for.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def free(self, /) -> int:
        """
        How many more instances the GPU has room for, if nothing else is created.
        """
    @classmethod
    def from_json(cls, /, text: str) -> ProfileCapacity:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def id(self, /) -> int:
        """
        The profile's id.
        """
    @property
    def profile(self, /) -> str:
        """
        The profile's name, such as `1g.5gb`.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def total(self, /) -> int:
        """
        How many instances an empty GPU has room for.
        """

@final
class ProfileGeometry:
    """
    A GPU-instance profile and its places.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute(self, /) -> list[ComputeProfileGeometry] | None:
        """
        What such an instance can be divided into; `None` as long as no such instance has been seen.
        """
    @classmethod
    def from_json(cls, /, text: str) -> ProfileGeometry:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def placements(self, /) -> list[GpuInstancePlacement]:
        """
        Every placement that it can have.
        """
    @property
    def profile(self, /) -> GpuInstanceProfile:
        """
        The profile.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class ProfileName:
    """
    The name of a MIG profile: `1g.5gb`, `1g.5gb+me`, or of a compute instance in it: `1c.2g.10gb`.

    Read with or without nvidia-smi's `MIG ` in front, printed without it.

    >>> name = gpushare.ProfileName("MIG 1c.2g.10gb")
    >>> name.compute_slices, name.gpu_slices, name.memory_gb, str(name)
    (1, 2, 10, '1c.2g.10gb')
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, text: str) -> ProfileName: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def attributes(self, /) -> ProfileAttributes:
        """
        What follows the size.
        """
    @property
    def compute_slices(self, /) -> int | None:
        """
        The compute slices of a compute instance that is smaller than its GPU instance; `None` in the name of a whole GPU instance.
        """
    @property
    def gpu_slices(self, /) -> int:
        """
        The GPU slices: the number before the `g`.
        """
    @property
    def memory_gb(self, /) -> int:
        """
        The nominal memory, in NVIDIA's rounded GB; the exact size is the profile's `memory_mib`.
        """

@final
class SlurmGres:
    """
    GPUs and MIG devices as Slurm's generic resource `gpu`. `str` gives the lines of `gres.conf`.

    Types have the names that Slurm's `AutoDetect=nvml` would give them; with these lines, `AutoDetect` must be off for the node. Slurm
    keeps a job to its devices where `cgroup.conf` has `ConstrainDevices=yes`, and only then is the `CUDA_VISIBLE_DEVICES` right that it
    sets for MIG devices. Make the lines anew, and restart `slurmd` and `slurmctld`, after the layout of a node has changed.

    >>> gres = gpu.apply_layout("4g.20gb", directory=folder).made[0].device_files().slurm_gres(host_root="/")
    >>> str(gres)
    'Name=gpu Type=nvidia_a100_4g.20gb MultipleFiles=/dev/nvidia0,/dev/nvidia-caps/nvidia-cap21,/dev/nvidia-caps/nvidia-cap22\\n'
    >>> gres.gres_types(), gres.node_gres()
    ('GresTypes=gpu', 'Gres=gpu:nvidia_a100_4g.20gb:1')
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def gres_types(self, /) -> str:
        """
        The line of `slurm.conf` that names the resource.
        """
    @property
    def lines(self, /) -> list[SlurmGresLine]:
        """
        A line for each device, in NVML's order.
        """
    def node_gres(self, /) -> str:
        """
        What the node's line of `slurm.conf` has to say; empty where there is no device.

        Slurm counts a node's devices by type in this order, and those of a type in the order of `gres.conf`.
        """

@final
class SlurmGresLine:
    """
    A line of `gres.conf`: one device. `str` gives it.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def cores(self, /) -> str | None:
        """
        The cores near it.
        """
    @property
    def count(self, /) -> int | None:
        """
        The number of devices, where it is said.
        """
    @property
    def files(self, /) -> list[str]:
        """
        The device's nodes on the host. A MIG device has three, which are allowed together.
        """
    @property
    def node_name(self, /) -> str | None:
        """
        The nodes that it is for.
        """
    @property
    def type_name(self, /) -> str:
        """
        The type.
        """

@final
class Snapshot:
    """
    What is on a node, who is on it and what is free, at one moment. Plain data: it can be kept, sent, compared, and needs no driver.

    It is consistent: while it was taken, no GPU was divided anew. `Nvml.snapshot` takes one; whoever wants one after the other takes them
    from an `Observer`, which asks the driver only for what may have changed. Prints as a paragraph for each GPU.

    The lists are made anew each time that they are asked for: keep those that are used often.

    >>> before = nvml.snapshot()
    >>> applied = gpu.apply_layout("4g.20gb, 3g.20gb", directory=folder)
    >>> after = nvml.snapshot()
    >>> [(device.name, device.memory.total >> 20) for device in after.gpus[0].mig_devices]
    [('3g.20gb', 20096), ('4g.20gb', 20096)]
    >>> print(before.changes_to(after)[0])
    GPU-9e4aeb94-01c0-5173-4811-4ca60f77b3a9: MIG enabled, was disabled
    >>> gpushare.Snapshot.from_json(after.to_json()) == after
    True
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    def changes_to(self, /, later: Snapshot) -> list[Change]:
        """
        What changed from this snapshot to a later one: per GPU, what is gone before what is new. Empty where nothing did; how busy a GPU is,
        how much memory a process has and what was not told are no changes.
        """
    def columns(self, /, table: typing.Literal['gpus', 'mig_devices', 'processes', 'capacity'], names: typing.Sequence[str] | None = None) -> dict[str, list[typing.Any]]:
        """
        One table of it as columns, each a list, which data frames take: `pandas.DataFrame(snapshot.columns("processes"))`.

        `gpus`, `mig_devices` and `processes` have a row for each, `capacity` has one for each GPU-instance profile of each GPU in MIG mode.
        The names of the columns have the units. What is not there or was not told is `None`. With `names`, only those are made, which
        takes less time.

        Raises:
            ValueError: There is no such table, or no such column in it.

        >>> machine.add_process(1, 4711, used_memory=1 << 30)
        >>> columns = nvml.snapshot().columns("processes")
        >>> columns["gpu_index"], columns["pid"], columns["used_memory_bytes"], columns["mig_uuid"]
        ([1], [4711], [1073741824], [None])
        >>> nvml.snapshot().columns("processes", ["pid", "gpu_index"])
        {'gpu_index': [1], 'pid': [4711]}
        """
    @property
    def driver_version(self, /) -> str:
        """
        The driver's version, such as `580.126.09`.
        """
    @classmethod
    def from_json(cls, /, text: str) -> Snapshot:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    def gpu(self, /, uuid: str) -> GpuSnapshot | None:
        """
        The GPU with a UUID; `None` where there is none.

        Raises:
            InvalidArgumentError: The text is not the UUID of a GPU.
        """
    @property
    def gpus(self, /) -> list[GpuSnapshot]:
        """
        The GPUs, in NVML's order.
        """
    @property
    def mps_daemons(self, /) -> list[MpsDaemonSnapshot]:
        """
        The MPS daemons that have servers on them.
        """
    @property
    def schema(self, /) -> int:
        """
        The form of its JSON, a number. Members that are added leave it as it is; it grows when one is renamed, removed or changes its
        meaning, and JSON of another form is refused.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    def visible_node(self, /) -> VisibleNode:
        """
        The part of it that decides which devices `CUDA_VISIBLE_DEVICES` names. GPUs whose PCI address is not known are left out: CUDA does
        not see those either.
        """

@disjoint_base
class Target:
    """
    What an operation was about.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    @final
    class ComputeInstance(Target):
        """
        A compute instance: the index of its GPU, the id of its GPU instance, and its id.
        """
        __match_args__: Final = ("gpu", "gpu_instance", "id")
        def __new__(cls, /, gpu: SupportsIndex, gpu_instance: SupportsIndex, id: SupportsIndex) -> Target.ComputeInstance: ...
        @property
        def gpu(self, /) -> int: ...
        @property
        def gpu_instance(self, /) -> int: ...
        @property
        def id(self, /) -> int: ...
    @final
    class EventSet(Target):
        """
        A set of GPUs that are watched for events.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> Target.EventSet: ...
    @final
    class Gpu(Target):
        """
        A GPU.
        """
        __match_args__: Final = ("index", "uuid")
        def __new__(cls, /, index: SupportsIndex, uuid: str) -> Target.Gpu: ...
        @property
        def index(self, /) -> int: ...
        @property
        def uuid(self, /) -> str: ...
    @final
    class GpuIndex(Target):
        """
        The GPU at an index that was asked for.
        """
        __match_args__: Final = ("index",)
        def __new__(cls, /, index: SupportsIndex) -> Target.GpuIndex: ...
        @property
        def index(self, /) -> int: ...
    @final
    class GpuInstance(Target):
        """
        A GPU instance: the index of its GPU, and its id.
        """
        __match_args__: Final = ("gpu", "id")
        def __new__(cls, /, gpu: SupportsIndex, id: SupportsIndex) -> Target.GpuInstance: ...
        @property
        def gpu(self, /) -> int: ...
        @property
        def id(self, /) -> int: ...
    @final
    class MigDevice(Target):
        """
        A MIG device.
        """
        __match_args__: Final = ("uuid",)
        def __new__(cls, /, uuid: str) -> Target.MigDevice: ...
        @property
        def uuid(self, /) -> str: ...
    @final
    class Nvml(Target):
        """
        The library or the node as a whole.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> Target.Nvml: ...

@final
class TracedCall:
    """
    One call of an NVML function, as a trace shows it. Prints as one would write it:
    `nvmlDeviceCreateGpuInstance(gpu0, 9, out) = SUCCESS`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def arguments(self, /) -> list[str]:
        """
        What the caller passed, each as text.
        """
    @property
    def cost(self, /) -> float | None:
        """
        What such a call costs on a real machine, in seconds, where that was recorded.
        """
    @property
    def result(self, /) -> NvmlReturn:
        """
        The code that it returned.
        """
    @property
    def symbol(self, /) -> str:
        """
        The function.
        """

@final
class UnknownFact:
    """
    What the driver refused to tell, and why.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def fact(self, /) -> SnapshotFact:
        """
        What is not known.
        """
    @classmethod
    def from_json(cls, /, text: str) -> UnknownFact:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def kind(self, /) -> type[GpuShareError]:
        """
        The exception that asking for it alone would raise: `NoPermissionError` above all, as in containers.
        """
    @property
    def message(self, /) -> str:
        """
        The refusal in words.
        """
    @property
    def mig_device(self, /) -> str | None:
        """
        The UUID of the MIG device of which it is not known; `None` where it is not of one.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

@final
class Utilization:
    """
    How busy a GPU was over NVML's last sample period, which is between a sixth of a second and a second.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, gpu: SupportsIndex, memory: SupportsIndex) -> Utilization: ...
    def __repr__(self, /) -> str: ...
    @property
    def gpu(self, /) -> int:
        """
        Percentage of the time in which a kernel ran, 0 to 100. One small kernel counts as much as one that fills the GPU.
        """
    @property
    def memory(self, /) -> int:
        """
        Percentage of the time in which memory was read or written, 0 to 100.
        """

@disjoint_base
class VisibleDevice:
    """
    One entry of `CUDA_VISIBLE_DEVICES`.

    `str` of it is what CUDA reads, and raises `InvalidArgumentError` where a UUID is none. `VisibleDevices` is the value of the variable.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, Any]: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @final
    class Gpu(VisibleDevice):
        """
        A whole GPU by UUID: `GPU-9e4aeb94-…`.
        """
        __match_args__: Final = ("uuid",)
        def __new__(cls, /, uuid: str) -> VisibleDevice.Gpu: ...
        @property
        def uuid(self, /) -> str: ...
    @final
    class GpuPrefix(VisibleDevice):
        """
        A whole GPU by the beginning of its UUID: `GPU-9e4a`.
        """
        __match_args__: Final = ("prefix",)
        def __new__(cls, /, prefix: str) -> VisibleDevice.GpuPrefix: ...
        @property
        def prefix(self, /) -> str: ...
    @final
    class Index(VisibleDevice):
        """
        A GPU by index, in the order that `CUDA_DEVICE_ORDER` says.
        """
        __match_args__: Final = ("index",)
        def __new__(cls, /, index: SupportsIndex) -> VisibleDevice.Index: ...
        @property
        def index(self, /) -> int: ...
    @final
    class Mig(VisibleDevice):
        """
        A MIG device by UUID: `MIG-c42101f0-…`. The surest form.
        """
        __match_args__: Final = ("uuid",)
        def __new__(cls, /, uuid: str) -> VisibleDevice.Mig: ...
        @property
        def uuid(self, /) -> str: ...
    @final
    class MigOfGpu(VisibleDevice):
        """
        A MIG device by the UUID of its GPU and its ids: `MIG-GPU-9e4aeb94-…/2/0`.
        """
        __match_args__: Final = ("gpu", "gpu_instance", "compute_instance")
        def __new__(cls, /, gpu: str, gpu_instance: SupportsIndex, compute_instance: SupportsIndex) -> VisibleDevice.MigOfGpu: ...
        @property
        def compute_instance(self, /) -> int: ...
        @property
        def gpu(self, /) -> str: ...
        @property
        def gpu_instance(self, /) -> int: ...
    @final
    class MigOfIndex(VisibleDevice):
        """
        A MIG device by the index of its GPU and its ids: `0:2/0`. Short, but indices depend on what a process sees, and NVIDIA does not
        document the form: where the GPU is not in MIG mode, CUDA reads the index alone.
        """
        __match_args__: Final = ("gpu", "gpu_instance", "compute_instance")
        def __new__(cls, /, gpu: SupportsIndex, gpu_instance: SupportsIndex, compute_instance: SupportsIndex) -> VisibleDevice.MigOfIndex: ...
        @property
        def compute_instance(self, /) -> int: ...
        @property
        def gpu(self, /) -> int: ...
        @property
        def gpu_instance(self, /) -> int: ...
    @final
    class MigPrefix(VisibleDevice):
        """
        A MIG device by the beginning of its UUID: `MIG-c421`.
        """
        __match_args__: Final = ("prefix",)
        def __new__(cls, /, prefix: str) -> VisibleDevice.MigPrefix: ...
        @property
        def prefix(self, /) -> str: ...
    @final
    class NoDevice(VisibleDevice):
        """
        A negative index, which ends the list: `-1`. Alone it hides all devices.
        """
        __match_args__: Final = ()
        def __new__(cls, /) -> VisibleDevice.NoDevice: ...

@final
class VisibleDevices:
    """
    The value of `CUDA_VISIBLE_DEVICES`: entries in the order in which the program is to number them. Made from a text or from entries.

    The first invalid entry ends the list, a device that is named again makes CUDA fail, and the first entry says whether the list is one
    of indices or of UUIDs; a UUID may be given by as many of its first digits as no other device's UUID has. The documentation of the
    Rust library lists all rules with their sources, and says which of them NVIDIA does not document.

    Raises:
        InvalidArgumentError: No node could honour an entry; `position`, `entry` and `fault` say which and why.

    >>> devices = gpushare.VisibleDevices.parse(" 01,0x,9")
    >>> str(devices), [device.gpu for device in devices.resolve(nvml).devices]
    ('1,0,9', [1, 0])
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, devices: str | typing.Sequence[VisibleDevice]) -> VisibleDevices: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def entries(self, /) -> list[VisibleDevice]:
        """
        The entries.
        """
    @classmethod
    def parse(cls, /, value: str) -> VisibleDevices:
        """
        The value that a text is.

        Raises:
            InvalidArgumentError: As of the class.
        """
    def resolve(self, /, node: Nvml | VisibleNode, rules: CudaRules | None = None) -> CudaDevices:
        """
        The devices that CUDA numbers 0, 1, … in a program with this value, on a node. Without `rules`, those of the node's driver, or for a
        description those that hold for every driver.

        Raises:
            NotSupportedError: The answer depends on which of several models is the fastest.
        """
    def value(self, /, rules: CudaRules | None = None) -> str:
        """
        The value to set, once it is sure that CUDA would honour all of it, as far as that can be told without the node.

        Without `rules`, those that hold for every driver: a process has one MIG device.

        Raises:
            InvalidArgumentError: CUDA would not; `position`, `entry` and `fault` say what and why.

        >>> gpushare.VisibleDevices("0:2/0,0:3/0").value(nvml.cuda_rules())
        '0:2/0,0:3/0'
        """

@final
class VisibleGpu:
    """
    A GPU of a `VisibleNode`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, index: SupportsIndex, uuid: str, pci_address: PciAddress, name: str, mig_enabled: bool = False, mig_devices: typing.Sequence[VisibleMigDevice] = ...) -> VisibleGpu: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> VisibleGpu:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def index(self, /) -> int:
        """
        The NVML index.
        """
    @property
    def mig_devices(self, /) -> list[VisibleMigDevice]:
        """
        The MIG devices, in NVML's order.
        """
    @property
    def mig_enabled(self, /) -> bool:
        """
        Whether MIG is enabled.
        """
    @property
    def name(self, /) -> str:
        """
        The product name.
        """
    @property
    def pci_address(self, /) -> PciAddress:
        """
        Where it sits on the PCI bus.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID.
        """

@final
class VisibleMigDevice:
    """
    A MIG device of a `VisibleGpu`.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, uuid: str, gpu_instance: SupportsIndex, compute_instance: SupportsIndex) -> VisibleMigDevice: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @property
    def compute_instance(self, /) -> int:
        """
        The id of its compute instance.
        """
    @classmethod
    def from_json(cls, /, text: str) -> VisibleMigDevice:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpu_instance(self, /) -> int:
        """
        The id of its GPU instance.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """
    @property
    def uuid(self, /) -> str:
        """
        The UUID.
        """

@final
class VisibleNode:
    """
    The GPUs and MIG devices of a node, as far as lists of devices depend on them: from `Nvml.visible_node` or made by hand.

    >>> seen = nvml.visible_node().resolve("2,1,9,0")
    >>> [device.gpu for device in seen.devices], seen.end.position, seen.end.fault
    ([2, 1], 2, EntryFault.NoSuchGpu(gpus=8))
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, gpus: typing.Sequence[VisibleGpu]) -> VisibleNode: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    @classmethod
    def from_json(cls, /, text: str) -> VisibleNode:
        """
        The value that `to_json` wrote.

        Raises:
            ValueError: The text is no such value.
        """
    @property
    def gpus(self, /) -> list[VisibleGpu]:
        """
        The GPUs.
        """
    def resolve(self, /, value: str | None, rules: CudaRules | None = None) -> CudaDevices:
        """
        The devices that CUDA numbers 0, 1, … in a program with this value of `CUDA_VISIBLE_DEVICES`; `None` where it is not set.

        What is wrong with the value is no error but part of the answer. `VisibleDevices` lists the rules; those that differ between drivers
        are `rules`, or else what holds for every driver.

        Raises:
            NotSupportedError: The answer depends on which of several models is the fastest.
        """
    def to_dict(self, /) -> dict[str, typing.Any]:
        """
        The value as plain dicts and lists: what `to_json` writes, read by `json.loads`.
        """
    def to_json(self, /) -> str:
        """
        The value as JSON text, which `from_json` reads.
        """

def capability_minor(gpu_minor: SupportsIndex, gpu_instance: SupportsIndex, compute_instance: SupportsIndex | None = None) -> int | None:
    """
    The minor number of the node that grants use of an instance, by the driver's numbering.

    `gpu_minor` is the GPU's `minor_number()`. Without `compute_instance`, the node is the GPU instance's own. The number is the same
    whether or not the instance exists; `None` beyond what the driver numbers.

    >>> gpushare.capability_minor(0, 2)
    21
    >>> gpushare.capability_minor(0, 3, compute_instance=1)
    32
    """

def check_spec(spec: str) -> None:
    """
    Whether a short text describes a machine.

    Raises:
        ValueError: It does not.
    """

def mps_advisory(percentage: SupportsFloat | SupportsIndex, architecture: gpushare.enums.Architecture | int) -> Advisory | None:
    """
    What is known to go wrong with a share on an architecture, or `None`.

    On Hopper, half-precision matrix products of cuBLAS 12.6.4 and later were seen to leave parts of their result unwritten, without an
    error, at shares between 13 and 23, 27 and 47, and 51 and 90 percent.

    Raises:
        MpsInvalidLimitError: The percentage is not more than 0 and up to 100 with one decimal.

    >>> print(gpushare.mps_advisory(40, gpushare.Architecture.HOPPER))
    half-precision matrix products were seen silently wrong on Hopper at shares such as 40 %
    >>> gpushare.mps_advisory(50, gpushare.Architecture.HOPPER)
    """

def mps_multiprocessors(percentage: SupportsFloat | SupportsIndex, total: SupportsIndex) -> int:
    """
    The SMs that a client gets by a share of a GPU with `total`: an even number, rounded down, and 8 at the least.

    `percentage` is more than 0 and up to 100, with one decimal. Measured on Hopper with 132 SMs; other architectures may round otherwise.

    Raises:
        MpsInvalidLimitError: The percentage is none.

    >>> gpushare.mps_multiprocessors(30, 132)
    38
    """

def mps_recover(device: Gpu | MigDevice, *, directory: str | os.PathLike[str] | None = None, program: str | os.PathLike[str] | None = None, patience: float | None = None, grace: float = ...) -> MpsQuit | None:
    """
    Ends what a session of a GPU or MIG device left whose process died: its daemon, servers and clients, and the compute mode that it had set.

    Clients have `grace`, in seconds, to leave. `directory`, `program` and `patience` are as for `mps_session`. The report is that of the
    daemon's end, and None where nothing was left.

    >>> gpushare.mps_recover(gpu, directory=folder) is None
    True

    Raises:
        MpsAlreadyRunningError: The session lives, in this process or another.
        InvalidArgumentError: `grace` or `patience` is no time.
        GpuShareError: As `MpsDaemon.quit` and `Gpu.set_compute_mode`.
    """

def mps_session(device: Gpu | MigDevice, *, active_thread_percentage: float | None = None, pinned_device_memory_limit_mib: int | None = None, client_priority: gpushare.enums.MpsClientPriority | None = None, exclusive_process: bool = False, deny_advisories: bool = False, all_users: bool = False, multi_user: bool = False, directory: str | os.PathLike[str] | None = None, program: str | os.PathLike[str] | None = None, patience: float | None = None, env: dict[str, str] | None = None) -> MpsSession:
    """
    Shares a GPU or a MIG device by MPS: starts a control daemon for it alone and sets what is asked for, each value read back.

    Each client may use `active_thread_percentage` of the SMs at most (more than 0 and up to 100, with one decimal), and allocate
    `pinned_device_memory_limit_mib` of the memory at most (from 1 to 16777216 MiB); it has `client_priority` unless it asks for another.
    `exclusive_process` sets the compute mode while the session lives, so that a program that misses the daemon fails instead of running
    beside it: it needs root and a GPU without MIG. What the mode was is put back, after a crash by `mps_recover` or the next session of the
    GPU. `deny_advisories` refuses limits with which something is known to go wrong on this GPU, and a daemon of another driver than NVML's.

    Clients are to be of this user alone, unless `all_users` lets those of every user reach the daemon, which serves one user at a time, or
    `multi_user` has several served at the same time: it needs root and driver 555 or later.

    `directory` is where the session has its own directories, `/run/gpushare-mps` unless said. It is made where it does not exist, and only
    its owner may be able to write to it. `program` takes the place of the `nvidia-cuda-mps-control` on the path. `patience`, in seconds, is
    how long the start and each exchange with the daemon may take: 10 unless said. The daemon and its servers have this process's environment
    and the variables of `env`.

    What was begun is taken back where something fails.

        with gpushare.mps_session(nvml.gpu(0), active_thread_percentage=50) as session:
            workers = [subprocess.Popen(["worker"], env=session.env()) for _ in range(2)]
            for worker in workers:
                worker.wait()

    Raises:
        MpsInvalidLimitError: A limit is none, or is denied for what is known of it; or `env` has what cannot be a variable.
        MpsOtherVersionError: The daemon is of another driver, and advisories are denied.
        MpsAlreadyRunningError: The device has a session in the directory, or one whose process died left its daemon: see `mps_recover`.
        MpsProgramNotFoundError: The program, or the server's beside it, is not there.
        MpsInvalidDirectoryError: A directory is one that others could change, or that MPS cannot use.
        MpsUnknownCommandError: The driver is too old for `multi_user`.
        InvalidArgumentError: `patience` is no time.
        GpuShareError: As `MpsDaemon.start` and its setters, and `Gpu.set_compute_mode`.
    """

def nvml_return_description(code: SupportsIndex) -> str:
    """
    What an NVML code means, in words that need no driver.
    """

def nvml_return_name(code: SupportsIndex) -> str | None:
    """
    NVML's name of a code; `None` for one that this version of gpushare does not know.
    """
