"""Writes what container runtimes and Slurm need to hand out the GPUs and MIG devices of this node:

    containers.py --cdi /etc/cdi/nvidia.yaml --gres /etc/slurm/gres.conf

Without either it prints both. What is written holds until the layout changes: write it anew after each change, and restart Slurm's daemons.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import gpushare


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hands out GPUs and MIG devices to containers and jobs.")
    parser.add_argument("--cdi", type=Path, help="the file of the CDI specification, .yaml or .json")
    parser.add_argument("--gres", type=Path, help="Slurm's gres.conf")
    parser.add_argument("--root", default="/", help="the folder of the driver's files (default: /)")
    parser.add_argument("--hook", help="NVIDIA's nvidia-cdi-hook; with it, containers get the driver's libraries too")
    return parser.parse_args()


def write(path: Path, text: str) -> None:
    """Whoever looks at the folder sees the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False) as file:
        file.write(text)
        os.fchmod(file.fileno(), 0o644)
    os.replace(file.name, path)


def main() -> int:
    chosen = arguments()
    with gpushare.Nvml(root=chosen.root) as nvml:
        files = nvml.device_files()
    spec = files.cdi_spec(hook=chosen.hook)
    gres = files.slurm_gres()
    if chosen.cdi:
        write(chosen.cdi, spec.to_json() if chosen.cdi.suffix == ".json" else spec.to_yaml())
    if chosen.gres:
        write(chosen.gres, str(gres))
    if not chosen.cdi and not chosen.gres:
        print(spec.to_yaml(), gres, sep="\n", end="")
    print(f"slurm.conf: {gres.gres_types()}, and for the node {gres.node_gres()}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
