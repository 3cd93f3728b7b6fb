"""What can go wrong: one class per thing that a caller can do about it.

Every class is a :class:`GpuShareError`, and where Python has a class of its own for the case, it is one of these too: a
:class:`NoPermissionError` is a :class:`PermissionError`.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

from .enums import MigModeNeed, NvmlReturn

if TYPE_CHECKING:
    from ._gpushare import EntryFault, Holder, Infeasible, Target

__all__ = [
    "DriverError",
    "DriverTimeoutError",
    "GpuLostError",
    "GpuShareError",
    "InUseError",
    "InfeasibleError",
    "InsufficientResourcesError",
    "InvalidArgumentError",
    "MpsAlreadyRunningError",
    "MpsError",
    "MpsInvalidDirectoryError",
    "MpsInvalidLimitError",
    "MpsNoPermissionError",
    "MpsNotClientError",
    "MpsNotConfirmedError",
    "MpsNotRunningError",
    "MpsOtherUserError",
    "MpsOtherVersionError",
    "MpsProgramError",
    "MpsProgramNotFoundError",
    "MpsRefusedError",
    "MpsServerNotFoundError",
    "MpsUncertainError",
    "MpsUnknownCommandError",
    "MpsWedgedError",
    "NoDriverError",
    "NoPermissionError",
    "NotFoundError",
    "NotSupportedError",
    "ResetRequiredError",
    "SimulatorError",
    "StaleError",
    "UninitializedError",
]


class GpuShareError(Exception):
    """An operation of gpushare failed.

    Where a plan could not be carried out, the class is that of the step that failed, whose own error is the ``__cause__``.
    """

    call: str | None = None
    """The NVML function that refused, by its name."""
    target: Target | None = None
    """What the operation was about."""
    nvml_return: NvmlReturn | None = None
    """What NVML returned."""
    restored: bool | None = None
    """Of a plan that could not be carried out: whether the layout that the GPU had is there again. ``None`` for any other error."""
    restore_error: GpuShareError | None = None
    """Why the layout that the GPU had cannot be had again, where ``restored`` is ``False``."""
    path: PathLike[str] | None = None
    """The file of the driver or of gpushare that could not be used, where it is about one."""
    nvidia_smi: PathLike[str] | None = None
    """The ``nvidia-smi`` that was run, where it is about one."""
    exit_status: int | None = None
    """Its exit status, where it failed: NVML's code."""
    output: str | None = None
    """What it printed, where it failed or is not understood."""

    def __init__(self, *args: object, **attributes: Any) -> None:
        super().__init__(*args)
        self.__dict__.update(attributes)


class NoDriverError(GpuShareError, OSError):
    """No NVML library, or no driver behind it: install or load one."""

    tried: list[tuple[PathLike[str], str]] = []
    """Each library that was tried, with the loader's words; or each place where a program was looked for."""


class UninitializedError(GpuShareError, RuntimeError):
    """NVML is not initialised: something else shut it down."""


class NotSupportedError(GpuShareError):
    """The GPU, the driver or the mode cannot do this: do without."""


class NoPermissionError(GpuShareError, PermissionError):
    """The caller may not do this: ask an administrator."""


class InvalidArgumentError(GpuShareError, ValueError):
    """The value given is wrong: correct it."""

    text: str | None = None
    """The text that could not be read."""
    line: int | None = None
    """The line of the file that cannot be honoured, from 1."""
    profile: str | None = None
    """The profile that cannot lie where it was asked to."""
    placement: str | None = None
    """The placement that was asked for, as ``start:size``."""
    possible: list[str] = []
    """The placements that exist for the profile."""
    variable: str | None = None
    """The variable whose value is wrong: ``CUDA_VISIBLE_DEVICES`` or ``NVIDIA_VISIBLE_DEVICES``."""
    position: int | None = None
    """The place in that list of the entry that is wrong, from 0."""
    entry: str | None = None
    """That entry."""
    fault: EntryFault | None = None
    """What is wrong with it."""


class NotFoundError(GpuShareError, LookupError):
    """There is no such thing."""

    name: str | None = None
    """The profile or configuration that was asked for."""
    available: list[str] = []
    """Those that there are."""
    variable: str | None = None
    """The variable whose value names no device: ``CUDA_VISIBLE_DEVICES`` or ``NVIDIA_VISIBLE_DEVICES``."""
    position: int | None = None
    """The place in that list of the entry that names none, from 0."""
    entry: str | None = None
    """That entry."""
    fault: EntryFault | None = None
    """What is wrong with it."""


class StaleError(GpuShareError):
    """The handle's thing is gone or changed, or its session is closed: look it up again."""

    now: str | None = None
    """Where the GPU is not as a plan has it: what it is like."""


class InUseError(GpuShareError):
    """Somebody uses it: wait, or end them."""

    holders: list[Holder] = []
    """Who uses it, as far as NVML and the kernel tell."""


class InsufficientResourcesError(GpuShareError):
    """There is no room: free some."""

    profile: str | None = None
    """The profile of which there is no room for another instance."""
    placement: str | None = None
    """The placement that was asked for, as ``start:size``."""
    taken_by: int | None = None
    """The id of the instance that is there."""
    taken: str | None = None
    """Where that instance lies."""


class InfeasibleError(GpuShareError, ValueError):
    """The GPU cannot have the layout: ask for another."""

    reason: Infeasible
    """The proof."""
    layout: str | None = None
    """The layout."""


class ResetRequiredError(GpuShareError):
    """The change waits for a reset of the GPU or for its clients to end."""

    wanted: bool | None = None
    """The MIG mode that was asked for and is now pending."""
    needs: MigModeNeed | None = None
    """What it needs to take effect."""
    holders: list[Holder] = []
    """Who holds the GPU, as far as is known, where its clients must end."""


class GpuLostError(GpuShareError, OSError):
    """The GPU no longer answers."""


class DriverTimeoutError(GpuShareError, TimeoutError):
    """The time ran out."""


class DriverError(GpuShareError, OSError):
    """The driver failed, or answered nonsense; or a file could not be used."""

    answer: str | None = None
    """The answer that makes no sense."""
    holders: list[Holder] = []
    """Where a GPU could not be reset: who holds it, as far as is known."""


class SimulatorError(GpuShareError):
    """The simulator refused what was asked of it, or a simulated machine could not be started."""


class MpsError(GpuShareError):
    """Something went wrong with MPS. Its classes are each that of what the caller can do about it too."""


class MpsProgramNotFoundError(MpsError, NoDriverError):
    """A program of MPS is not there: it is part of the NVIDIA driver."""

    program: str
    """The program, as it was looked up."""
    reason: str
    """Why it was not found."""


class MpsProgramError(MpsError, DriverError):
    """A program of MPS did not do what it is for."""

    program: str
    """The program, as it was looked up."""
    reason: str
    """Why it did not run, or what it said."""


class MpsNotRunningError(MpsError, NotFoundError):
    """No control daemon runs in a pipe directory."""

    directory: PathLike[str]
    """The pipe directory."""


class MpsAlreadyRunningError(MpsError, InUseError):
    """A control daemon runs already in a pipe directory."""

    directory: PathLike[str]
    """The pipe directory."""


class MpsWedgedError(MpsError, DriverTimeoutError):
    """A control daemon is there and does not answer: somebody keeps it busy, or it hangs."""

    directory: PathLike[str]
    """The pipe directory."""
    after: float
    """How long it was waited for, in seconds."""


class MpsUnknownCommandError(MpsError, NotSupportedError):
    """The daemon of this driver does not know a command."""

    command: str
    """The command's word."""


class MpsServerNotFoundError(MpsError, NotFoundError):
    """The daemon says that it has no such server."""

    server: int
    """The server's process id."""


class MpsNoPermissionError(MpsError, NoPermissionError):
    """The daemon obeys somebody else, or a program of MPS may not be run."""

    command: str | None = None
    """The command."""
    answer: str | None = None
    """The daemon's words."""
    program: str | None = None
    """The program that may not be run."""
    reason: str | None = None
    """Why it may not."""


class MpsRefusedError(MpsError, DriverError):
    """The daemon refused a command; ``answer`` is its words."""

    command: str
    """The command."""


class MpsNotConfirmedError(MpsError, DriverError):
    """A value was set, and another one is in force."""

    setting: str
    """What was set."""
    wanted: str
    """The value that was set."""
    found: str
    """What the daemon says afterwards."""


class MpsUncertainError(MpsError, DriverError):
    """The connection was lost, and it is not known whether a command was executed."""

    command: str
    """The command."""


class MpsNotClientError(MpsError, NotFoundError):
    """A process is no client of the daemon: it ended, or runs without MPS."""

    pid: int
    """The process."""
    after: float
    """How long it was waited for, in seconds."""


class MpsOtherUserError(MpsError, InUseError):
    """A client would wait for clients of another user: a daemon serves one user at a time."""

    server: int
    """The server that is there."""
    owner: int
    """Its user."""
    uid: int
    """The user whose client would wait."""


class MpsOtherVersionError(MpsError, NotSupportedError):
    """The control daemon is of another driver than the one that is loaded, and that was not to be."""

    daemon: str
    """That of the daemon."""
    driver: str
    """That of the driver."""


class MpsInvalidLimitError(MpsError, InvalidArgumentError):
    """A limit is no limit that MPS has, or is denied for what is known of it."""

    value: str
    """The value."""
    what: str
    """What it was to be."""
    allowed: str
    """What is allowed."""


class MpsInvalidDirectoryError(MpsError, InvalidArgumentError):
    """A path is none that MPS can use; ``path`` is the path."""

    reason: str
    """Why."""
