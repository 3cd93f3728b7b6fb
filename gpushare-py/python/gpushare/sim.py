"""Simulated machines, so that programs for GPUs run and are tested without one."""

from __future__ import annotations

import os
from pathlib import Path

from ._gpushare import FaultState, Machine, TracedCall, check_spec
from .enums import Access, ProcessKind
from .exceptions import SimulatorError

__all__ = ["Access", "FaultState", "Machine", "ProcessKind", "TracedCall", "env", "programs", "simulate"]

_FOLDER = Path(__file__).parent / "_lib"
_LIBRARY = _FOLDER / "libnvidia-ml.so.1"


def simulate(spec: str | None = None, *, config: str | None = None, shared: bool = False) -> Machine:
    """Starts a simulated machine in this process.

    ``spec`` is a short text such as ``"8xA100-SXM4-40GB"`` or ``"4xH100-SXM5-80GB+2xT4"``; ``config`` a longer one in TOML, with
    ``driver_version``, ``access`` and a ``[[gpu]]`` each. Without either it has eight A100-SXM4-40GB in which MIG is disabled. The state
    of a ``shared`` machine is that of all processes that have its environment: see ``Machine.env``.

    Raises:
        ValueError: The text describes no machine.
        SimulatorError: The machine's files cannot be written.

    >>> with gpushare.simulate("2xH100-SXM5-80GB") as machine:
    ...     with machine.nvml() as nvml:
    ...         [gpu.name for gpu in nvml.gpus()]
    ['NVIDIA H100 80GB HBM3', 'NVIDIA H100 80GB HBM3']
    """
    return Machine(_LIBRARY, spec=spec, config=config, shared=shared)


def env(
    spec: str = "8xA100-SXM4-40GB",
    *,
    state: str | os.PathLike[str] | None = None,
    root: str | os.PathLike[str] | None = None,
    **variables: str,
) -> dict[str, str]:
    """The environment in which a child process finds a simulated machine in place of the driver: what ``subprocess.run(..., env=)`` takes.

    It is this process's environment, with what leads every NVML program to the machine, and with ``variables``. No machine is started
    here: each child has one of its own in its first state. With ``state``, a folder, all children have one machine and see what the
    others did to it. ``root`` is a folder for the machine's files of ``/proc`` and ``/dev``.

    Raises:
        ValueError: The text describes no machine.
        SimulatorError: This package was built without the simulated driver.

    >>> import subprocess, sys
    >>> code = "import gpushare; print(gpushare.Nvml().gpu_count())"
    >>> subprocess.run([sys.executable, "-c", code], env=gpushare.sim.env("2xT4"), capture_output=True, text=True).stdout
    '2\\n'
    """
    check_spec(spec)
    if not _LIBRARY.is_file():
        raise SimulatorError(f"the simulated driver's library is not at {_LIBRARY}")
    search = [str(_LIBRARY.parent), os.environ.get("LD_LIBRARY_PATH")]
    return {
        **os.environ,
        "LD_LIBRARY_PATH": ":".join(filter(None, search)),
        "GPUSHARE_NVML_LIBRARY": str(_LIBRARY),
        "GPUSHARE_SIM_MACHINE": spec,
        # Empty means none, whatever this process has.
        "GPUSHARE_SIM_STATE": "" if state is None else os.path.abspath(state),
        "GPUSHARE_SIM_ROOT": "" if root is None else os.path.abspath(root),
        **variables,
    }


def programs() -> Path:
    """The folder of the simulated programs, to be put first in ``PATH`` or named one by one.

    ``nvidia-cuda-mps-control`` and ``nvidia-cuda-mps-server`` stand in the place of NVIDIA's; ``gpushare-sim-mps-client`` stands for a CUDA
    program, and ``gpushare-sim-nvidia-smi`` for the part of ``nvidia-smi`` that knows time-slice policies. They find the machine whose
    environment they have.

    Raises:
        SimulatorError: This package was built without them.

    >>> control = gpushare.sim.programs() / "nvidia-cuda-mps-control"
    >>> with gpushare.simulate("1xH200", shared=True) as machine, machine.nvml() as nvml:
    ...     gpu, env = nvml.gpu(0), machine.environment()
    ...     with gpushare.mps_session(gpu, active_thread_percentage=50, directory=folder, program=control, env=env) as session:
    ...         session.daemon.default_active_thread_percentage()
    50.0
    """
    if not (_FOLDER / "nvidia-cuda-mps-control").is_file():
        raise SimulatorError(f"the simulated programs are not in {_FOLDER}")
    return _FOLDER
