"""A folder in the place of `/proc`, for processes that a simulated GPU has and the system has not."""

from __future__ import annotations

from pathlib import Path


def appear(procfs: Path, pid: int, name: str, *, parent: int = 1, uid: int = 0, group: str = "/", directory: str | None = None) -> None:
    """A process appears in the folder; `directory` is the MPS pipe directory of its environment."""
    folder = procfs / str(pid)
    folder.mkdir()
    fields = ["S", str(parent), *["0"] * 17, str(pid), "0"]
    (folder / "stat").write_text(f"{pid} ({name[:15]}) {' '.join(fields)}\n")
    (folder / "status").write_text(f"Name:\t{name}\nUid:\t0\t{uid}\t0\t0\n")
    (folder / "cgroup").write_text(f"0::{group}\n")
    (folder / "cmdline").write_text(f"{name}\0")
    if directory is not None:
        (folder / "environ").write_text(f"CUDA_MPS_PIPE_DIRECTORY={directory}\0")
