"""``python -m gpushare``: what GPUs the node has, how they are divided and who uses them."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from ._gpushare import VERSION, GpuInstanceState, GpuProcess, Memory, Nvml, check_spec
from ._look import Look, named, printable
from .exceptions import GpuShareError
from .sim import simulate

# The form of the JSON text. Keys may be added to it; any other change makes it another form.
JSON_VERSION = 1


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gpushare", description="Shows the GPUs of this node, and how they are divided.")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON; null is what a GPU does not have or this user may not see")
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
    rows = [("Device", "Name", "MIG, placement", "MiB used / total", "UUID", "Processes")]
    for look in map(Look.at, nvml.gpus()):
        gpu = look.gpu
        rows.append((f"GPU {gpu.index}", gpu.name, look.mig, _usage(look.memory), gpu.uuid, _joined(look.processes)))
        if look.instances is None:
            rows.append(("  ?", "instances not visible to this user", "", "", "", ""))
        for gi in look.instances or []:
            rows.append((f"  GI {gi.id}", gi.profile.name, str(gi.placement), f"{gi.profile.memory_mib}", "", ""))
            for ci in gi.compute_instances:
                rows.append((f"    CI {ci.id}", ci.profile.name, str(ci.placement), "", ci.uuid, _joined(ci.processes)))
    cells = [list(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join([_versions(nvml), "", *lines])


def _versions(nvml: Nvml) -> str:
    cuda = ".".join(map(str, nvml.cuda_driver_version()))
    return f"driver {nvml.driver_version()}, NVML {nvml.nvml_version()}, CUDA {cuda}"


def _usage(memory: Memory | None) -> str:
    return "?" if memory is None else f"{memory.used >> 20} / {memory.total >> 20}"


def _joined(processes: list[GpuProcess] | None) -> str:
    return ", ".join(named(processes or []))


def _json(nvml: Nvml) -> str:
    node = {
        "version": JSON_VERSION,
        "driver_version": nvml.driver_version(),
        "nvml_version": nvml.nvml_version(),
        "cuda_driver_version": ".".join(map(str, nvml.cuda_driver_version())),
        "gpus": [_gpu(Look.at(gpu)) for gpu in nvml.gpus()],
    }
    return json.dumps(node, indent=2)


def _gpu(look: Look) -> dict[str, Any]:
    gpu, mode, memory, instances = look.gpu, look.mode, look.memory, look.instances
    return {
        "index": gpu.index,
        "name": gpu.name,
        "uuid": gpu.uuid,
        "pci_address": str(gpu.pci_address()),
        "mig_mode": mode and {"current": mode.current, "pending": mode.pending},
        "memory": memory and {"total": memory.total, "used": memory.used, "free": memory.free, "reserved": memory.reserved},
        "memory_slices": look.slices or None,
        "gpu_instances": None if instances is None else [_gpu_instance(gi) for gi in instances],
        "processes": _processes(look.processes),
    }


def _gpu_instance(gi: GpuInstanceState) -> dict[str, Any]:
    return {
        "id": gi.id,
        "profile": gi.profile.name,
        "profile_id": gi.profile.id,
        "memory_mib": gi.profile.memory_mib,
        "placement": {"start": gi.placement.start, "size": gi.placement.size},
        "compute_instances": [
            {
                "id": ci.id,
                "profile": ci.profile.name,
                "profile_id": ci.profile.id,
                "placement": {"start": ci.placement.start, "size": ci.placement.size},
                "uuid": ci.uuid,
                "processes": _processes(ci.processes),
            }
            for ci in gi.compute_instances
        ],
    }


def _processes(processes: list[GpuProcess] | None) -> list[dict[str, Any]] | None:
    return None if processes is None else [json.loads(process.to_json()) for process in processes]


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
