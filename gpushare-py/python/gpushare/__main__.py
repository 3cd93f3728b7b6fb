"""``python -m gpushare``: what GPUs the node has, how they are divided and who uses them."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from ._gpushare import VERSION, GpuProcess, GpuSnapshot, Memory, MigMode, MpsRole, Nvml, check_spec
from ._look import mode_in_words, printable
from .enums import ProcessKinds
from .exceptions import GpuShareError
from .sim import simulate

_DEVICES = ("Device", "Name", "MIG, placement", "MiB used / total", "Busy", "UUID", "Room for")
_PROCESSES = ("Process", "Name", "On", "Type", "MiB", "User", "Container", "MPS")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gpushare", description="Shows the GPUs of this node, and how they are divided.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the JSON of a snapshot; null is what a GPU does not have or this user may not see")
    form.add_argument("--svg", metavar="FILE", help="write a drawing to an SVG file; - is the standard output")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--simulate", metavar="SPEC", help="show a simulated node, such as 8xA100-SXM4-40GB")
    source.add_argument("--library", metavar="PATH", help="use this library in the place of the driver's")
    parser.add_argument("--procfs", metavar="FOLDER", help="look processes up in this folder in the place of /proc")
    parser.add_argument("--version", action="version", version=f"gpushare {VERSION}")
    return parser


@contextlib.contextmanager
def _node(arguments: argparse.Namespace) -> Generator[Nvml]:
    if arguments.simulate is None:
        with Nvml(library=arguments.library, procfs=arguments.procfs) as nvml:
            yield nvml
    else:
        with simulate(arguments.simulate) as machine, machine.nvml(procfs=arguments.procfs) as nvml:
            yield nvml


def _table(nvml: Nvml) -> str:
    snapshot = nvml.snapshot()
    processes = [_process(gpu, process) for gpu in snapshot.gpus for process in gpu.processes]
    parts = [
        _versions(nvml),
        _grid([_DEVICES, *(row for gpu in snapshot.gpus for row in _gpu(gpu, _mode(nvml, gpu)))]),
        _grid([_PROCESSES, *processes]) if processes else "",
        "\n".join(map(str, snapshot.mps_daemons)),
        "\n".join(f"GPU {gpu.index}: {unknown}" for gpu in snapshot.gpus for unknown in gpu.unknown),
    ]
    return "\n\n".join("\n".join(map(printable, part.split("\n"))) for part in parts if part)


def _grid(rows: Sequence[Sequence[str]]) -> str:
    cells = [list(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)


def _versions(nvml: Nvml) -> str:
    cuda = ".".join(map(str, nvml.cuda_driver_version()))
    return f"driver {nvml.driver_version()}, NVML {nvml.nvml_version()}, CUDA {cuda}"


def _gpu(gpu: GpuSnapshot, mode: MigMode | None) -> Iterator[tuple[str, ...]]:
    """A GPU and below it what it is divided into."""
    unknown = "mig-mode" in [unknown.fact.value for unknown in gpu.unknown]
    busy = "" if gpu.utilization is None else f"{gpu.utilization.gpu} %"
    room = ", ".join(f"{profile.free}x{profile.profile}" for profile in gpu.capacity if profile.free)
    yield f"GPU {gpu.index}", gpu.name, "?" if unknown else mode_in_words(mode), _usage(gpu.memory), busy, gpu.uuid, room
    devices = {(device.gpu_instance, device.compute_instance): device for device in gpu.mig_devices}
    if gpu.gpu_instances is None:
        for (gi, ci), device in devices.items():
            yield f"  GI {gi} CI {ci}", device.name, "?", _usage(device.memory), "", device.uuid, ""
    for instance in gpu.gpu_instances or []:
        yield f"  GI {instance.id}", instance.profile, str(instance.placement), "", "", "", ""
        for part in instance.compute_instances:
            it = devices.get((instance.id, part.id))
            name, uuid, memory = (it.name, it.uuid, it.memory) if it else ("", "", None)
            yield f"    CI {part.id}", name, str(part.placement), _usage(memory), "", uuid, ""


def _process(gpu: GpuSnapshot, process: GpuProcess) -> tuple[str, ...]:
    where = f"GPU {gpu.index}"
    if process.gpu_instance is not None:
        where += f" GI {process.gpu_instance} CI {process.compute_instance}"
    size = "?" if process.used_memory is None else str(process.used_memory >> 20)
    user = "?" if process.uid is None else str(process.uid)
    name, kinds, container = process.name or "?", _type(process.kinds), _container(process.container)
    return str(process.pid), name, where, kinds, size, user, container, _role(process.mps)


def _container(container: str | None) -> str:
    """Ids as runtimes shorten them; names whole."""
    return "" if container is None else container[:12] if len(container) == 64 else container


def _type(kinds: int) -> str:
    """As nvidia-smi writes it."""
    letters = {ProcessKinds.MPS_CLIENT: "M", ProcessKinds.COMPUTE: "C", ProcessKinds.GRAPHICS: "G"}
    return "+".join(letter for kind, letter in letters.items() if kind & kinds)


def _role(role: MpsRole | None) -> str:
    match role:
        case MpsRole.Server(daemon=daemon):
            return "server" if daemon is None else f"server of {daemon}"
        case MpsRole.Client(server=server):
            return "client" if server is None else f"client of {server}"
        case _:
            return ""


def _usage(memory: Memory | None) -> str:
    return "?" if memory is None else f"{memory.used >> 20} / {memory.total >> 20}"


def _mode(nvml: Nvml, gpu: GpuSnapshot) -> MigMode | None:
    """The MIG mode with what it will be after a reset, which a snapshot does not have; ``None`` on a GPU without MIG."""
    return None if gpu.mig_enabled is None else nvml.gpu_by_uuid(gpu.uuid).mig_mode()


def _json(nvml: Nvml) -> str:
    """The JSON of a snapshot, which ``Snapshot.from_json`` reads, with what is in none."""
    snapshot = nvml.snapshot()
    node = snapshot.to_dict()
    node["nvml_version"] = nvml.nvml_version()
    node["cuda_driver_version"] = ".".join(map(str, nvml.cuda_driver_version()))
    for said, gpu in zip(node["gpus"], snapshot.gpus, strict=True):
        mode = _mode(nvml, gpu)
        said["mig_pending"] = mode and mode.pending
    return json.dumps(node, indent=2)


def _show(arguments: argparse.Namespace) -> None:
    with _node(arguments) as nvml:
        if arguments.svg is None:
            print(_json(nvml) if arguments.json else _table(nvml))
        elif arguments.svg == "-":
            print(nvml.svg(), end="")
        else:
            Path(arguments.svg).write_text(nvml.svg(), encoding="utf-8")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    parser = _arguments()
    arguments = parser.parse_args(argv)
    if arguments.simulate is not None:
        try:
            check_spec(arguments.simulate)
        except ValueError as error:
            parser.error(f"argument --simulate: {error}")
    try:
        _show(arguments)
    except BrokenPipeError:
        # Whoever reads has enough. What is left must go somewhere, or the interpreter complains at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (GpuShareError, OSError) as error:
        print(f"gpushare: {error}".replace("\n", " "), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
