"""A GPU at one moment, as drawings show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ._gpushare import Gpu, GpuInstanceState, GpuProcess, Memory, MigMode
from .exceptions import NoPermissionError, NotSupportedError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Look:
    """What is seen of a GPU. ``None`` is what it does not have, or what the caller may not see."""

    gpu: Gpu
    mode: MigMode | None
    memory: Memory | None
    slices: int
    """The memory slices that placements count; 0 while MIG is disabled."""
    instances: list[GpuInstanceState] | None
    processes: list[GpuProcess] | None
    """The processes that use the GPU as a whole."""

    @classmethod
    def at(cls, gpu: Gpu) -> Look:
        memory = _permitted(gpu.memory)
        try:
            mode = gpu.mig_mode()
        except NotSupportedError:
            return cls(gpu, None, memory, 0, [], _permitted(gpu.processes))
        state = _permitted(gpu.mig_state)
        if state is None:
            return cls(gpu, mode, memory, 0, None, None)
        slices = gpu.mig_geometry().memory_slices if state.mode.current else 0
        return cls(gpu, state.mode, memory, slices, state.gpu_instances, state.processes)


def _permitted(ask: Callable[[], _T]) -> _T | None:
    try:
        return ask()
    except NoPermissionError:
        return None


def mode_in_words(mode: MigMode | None) -> str:
    """A MIG mode; ``None`` is that of a GPU without MIG."""
    if mode is None:
        return "not supported"
    words = {True: "enabled", False: "disabled"}
    now = words[mode.current]
    return f"{now}, {words[mode.pending]} after a reset" if mode.is_pending else now


def named(processes: list[GpuProcess]) -> list[str]:
    """The processes, each as a text."""
    return [f"{process.pid} {process.name or ''}".rstrip() for process in processes]


def printable(text: str) -> str:
    """The text without what a terminal takes for a command, and XML for an error."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
