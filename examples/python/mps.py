"""Shares GPUs by MPS, two workers on each, with another share of the SMs on each GPU:

    mps.py --shares 50,30 -- python3 worker.py

starts a control daemon for GPU 0 whose clients have 50 % at most and one for GPU 1 with 30 %, runs ``python3 worker.py`` twice on each,
says what the daemons list, waits for the workers, and ends the daemons. Beside each step stands the command that does it by hand.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import gpushare
from gpushare import Gpu, MpsSession, Nvml

WORKERS_PER_GPU = 2


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Shares GPUs by MPS.")
    parser.add_argument("--shares", default="50,30", help="percent of the SMs for each client, by GPU (default: 50,30)")
    parser.add_argument("--directory", help="where the sessions have their directories (default: /run/gpushare-mps)")
    parser.add_argument("--program", help="the control program (default: nvidia-cuda-mps-control on the path)")
    parser.add_argument("--patience", type=float, default=10.0, help="seconds for a worker to become a client (default: 10)")
    parser.add_argument("command", nargs="+", help="the worker")
    return parser.parse_args()


def heading(text: str, by_hand: str = "") -> None:
    print(f"\n{text}" + (f"   [{by_hand}]" if by_hand else ""))


def share(gpu: Gpu, percentage: float, chosen: argparse.Namespace) -> MpsSession:
    # By hand, the percentage is sent by
    #     CUDA_MPS_PIPE_DIRECTORY=/tmp/mps_0 echo "set_default_active_thread_percentage 50" | nvidia-cuda-mps-control
    # which gives the variable to `echo`. The control program has none, speaks with the default daemon if one runs, and the one of GPU 0
    # keeps 100 %. A session sends to its own daemon, reads the value back, and raises where it is not what was asked for.
    session = gpushare.mps_session(
        gpu, active_thread_percentage=percentage, directory=chosen.directory, program=chosen.program
    )
    in_force = session.daemon.default_active_thread_percentage()
    print(f"  GPU {gpu.index} {gpu.uuid}: daemon {session.daemon.pid()}, {in_force:g} % for each client")
    for advisory in session.advisories:
        print(f"  beware: {advisory}")
    return session


def work(session: MpsSession, command: Sequence[str]) -> subprocess.Popen[bytes]:
    # By hand, the worker gets CUDA_VISIBLE_DEVICES=1 beside CUDA_MPS_PIPE_DIRECTORY=/tmp/mps_1. But the daemon was started with
    # CUDA_VISIBLE_DEVICES=1 too and numbers what it sees from 0: to its clients the GPU is 0, and 1 names nothing. The environment
    # of a session names the device by its UUID, which is the same for everybody.
    return subprocess.Popen(command, env=session.env())


def confirm(session: MpsSession, worker: subprocess.Popen[bytes], patience: float) -> None:
    # A program that misses the daemon runs all the same, without MPS and without a limit, and by hand nobody tells.
    try:
        session.verify_client(worker.pid, patience)
        print(f"  worker {worker.pid} is a client")
    except gpushare.MpsNotClientError as error:
        print(f"  {error}")


def lists(session: MpsSession) -> None:
    daemon = session.daemon
    for server in daemon.servers():
        print(f"  server {server.pid} of daemon {daemon.pid()}: clients {server.clients()}")
    # By hand one would read the fifo `log` in the pipe directory, which takes the lines from the daemon that is to write them to
    # control.log. The records come from that file.
    log = daemon.log()
    for record in log.control()[-3:] if log else []:
        print(f"  {record.time} {record.role} {record.pid}: {record.text}")


def run(nvml: Nvml, chosen: argparse.Namespace) -> int:
    shares = [float(percentage) for percentage in chosen.shares.split(",")]
    with ExitStack() as stack:
        heading("A daemon for each GPU", "CUDA_VISIBLE_DEVICES=0 CUDA_MPS_PIPE_DIRECTORY=… nvidia-cuda-mps-control -d")
        gpus = [nvml.gpu(index) for index in range(len(shares))]
        sessions = [stack.enter_context(share(gpu, percentage, chosen)) for gpu, percentage in zip(gpus, shares, strict=True)]

        heading("The workers", "CUDA_VISIBLE_DEVICES=… CUDA_MPS_PIPE_DIRECTORY=… worker &")
        workers = [(session, stack.enter_context(work(session, chosen.command))) for session in sessions for _ in range(WORKERS_PER_GPU)]
        for session, worker in workers:
            confirm(session, worker, chosen.patience)

        heading("What the daemons list", "echo get_server_list | nvidia-cuda-mps-control")
        for session in sessions:
            lists(session)
        statuses = [worker.wait() for _, worker in workers]

        heading("The end", "echo quit | nvidia-cuda-mps-control")
        for session in sessions:
            quit = session.close()
            print(f"  servers {quit.servers}, killed {quit.killed}")
        print(f"  the workers ended with {statuses}")
    return max(map(abs, statuses))


def main() -> int:
    chosen = arguments()
    with gpushare.Nvml() as nvml:
        return run(nvml, chosen)


if __name__ == "__main__":
    sys.exit(main())
