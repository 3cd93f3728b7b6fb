"""MPS with a control daemon: the simulated ones of the package, and NVIDIA's own where ``GPUSHARE_NVIDIA_TOOLS`` has it. The assertions are
the same."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gpushare
import pytest
from gpushare import ComputeMode, MpsClientPriority, MpsDaemon, MpsLogRole, MpsSession, PipeDirectory

CONTROL = "nvidia-cuda-mps-control"
SERVER = "nvidia-cuda-mps-server"
CLIENT = "gpushare-sim-mps-client"
# What is NVIDIA's own, and the driver that simulated ones are to be of.
PROGRAMS: dict[str, str | None] = {"nvidia-535": None, "simulated-535": "535.10.10", "simulated-580": "580.10.10"}
EXAMPLE = Path(__file__).parents[2] / "examples/python/mps.py"


@dataclass(frozen=True)
class Stage:
    """A control program under its own name in a folder of its own, beside a simulated machine."""

    folder: Path
    client: Path
    env: dict[str, str]
    nvml: gpushare.Nvml

    @property
    def program(self) -> Path:
        return self.folder / CONTROL

    def start(self, patience: float | None = None) -> MpsDaemon:
        logs = self.folder / "logs"
        return MpsDaemon.start(self.folder / "mps", log_directory=logs, program=self.program, patience=patience, env=self.env)

    def session(
        self, gpu: int = 0, *, percentage: float | None = None, exclusive: bool = False, all_users: bool = False
    ) -> MpsSession:
        return gpushare.mps_session(
            self.nvml.gpu(gpu),
            active_thread_percentage=percentage,
            exclusive_process=exclusive,
            all_users=all_users,
            directory=self.folder / "sessions",
            program=self.program,
            env=self.env,
        )


@pytest.fixture(params=PROGRAMS)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    driver = PROGRAMS[request.param]
    tools, ending = (gpushare.sim.programs(), "") if driver else (os.environ.get("GPUSHARE_NVIDIA_TOOLS"), "-535")
    if not tools:
        pytest.skip("GPUSHARE_NVIDIA_TOOLS is not set")
    with (
        tempfile.TemporaryDirectory(prefix="mps-") as name,
        gpushare.simulate("2xA100-SXM4-40GB", shared=True) as machine,
        machine.nvml() as nvml,
    ):
        folder = Path(name)
        # As a directory of the system is: every user may enter it.
        folder.chmod(0o755)
        for program in (CONTROL, SERVER):
            (folder / program).symlink_to(Path(tools, program + ending).resolve(strict=True))
        env = {**machine.environment(), "GPUSHARE_SIM_MPS_DRIVER": driver} if driver else {}
        yield Stage(folder, Path(tools, CLIENT), env, nvml)
        for lock in folder.glob("**/control_lock"):
            if PipeDirectory(lock.parent).presence():
                MpsDaemon.attach(lock.parent, program=folder / CONTROL).quit(0)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def environ(pid: int | None) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(entry.split("=", 1) for entry in entries if entry)


def test_a_daemon_is_started_asked_set_and_ended_without_a_trace(stage: Stage) -> None:
    daemon = stage.start()
    assert daemon.pipe_directory.presence() == gpushare.DaemonPresence.Present(daemon.pid())
    with pytest.raises(gpushare.InUseError) as running:
        stage.start()
    assert isinstance(running.value, gpushare.MpsAlreadyRunningError) and running.value.directory == stage.folder / "mps"
    assert (daemon.servers(), daemon.clients()) == ([], [])

    assert daemon.default_active_thread_percentage() == 100
    daemon.set_default_active_thread_percentage(33.3)
    assert daemon.default_active_thread_percentage() == 33.3
    assert daemon.default_pinned_device_memory_limit() is None
    daemon.set_default_pinned_device_memory_limit(2048)
    daemon.set_default_pinned_device_memory_limit(512, device=1)
    assert [daemon.default_pinned_device_memory_limit(device) for device in (0, 1, 2)] == ["2G", "512M", None]
    assert daemon.default_client_priority() is MpsClientPriority.NORMAL
    daemon.set_default_client_priority(MpsClientPriority.BELOW_NORMAL)
    assert daemon.default_client_priority() is MpsClientPriority.BELOW_NORMAL
    for device in (-1, 32):
        with pytest.raises(gpushare.MpsInvalidLimitError, match=f"^{device} is not a device ordinal of MPS; allowed is 0 to 31"):
            daemon.set_default_pinned_device_memory_limit(1, device)

    again = MpsDaemon.attach(daemon.pipe_directory, program=stage.program)
    assert again == daemon and hash(again) == hash(daemon) and again.default_active_thread_percentage() == 33.3
    assert again.log() is None
    quit = daemon.quit()
    assert (quit.servers, quit.terminated, quit.killed, quit.daemon_killed) == ([], [], [], False)
    assert names(stage.folder / "mps") == ["control_lock"]
    assert not daemon.pipe_directory.presence() and daemon.pid() is None
    for call in (daemon.servers, daemon.quit):
        with pytest.raises(gpushare.MpsNotRunningError):
            call()


def test_logs(stage: Stage) -> None:
    daemon = stage.start()
    daemon.set_default_active_thread_percentage(12.5)
    log = daemon.log()
    assert log is not None and log.directory == stage.folder / "logs" and log.server() == []
    # The daemon may write it after it has answered.
    while not (found := [record for record in log.control() if record.text == "Cmd:set_default_active_thread_percentage 12.5"]):
        pass
    [record] = found
    assert (record.role, record.pid) == (MpsLogRole.CONTROL, daemon.pid())
    daemon.quit()
    (log.directory / "control.log").unlink()
    (log.directory / "control.log").mkdir()
    with pytest.raises(gpushare.GpuShareError, match="control.log: ") as caught:
        log.control()
    assert caught.value.path == log.directory / "control.log"


def test_a_daemon_has_the_devices_that_are_named(stage: Stage) -> None:
    gpus = stage.nvml.gpus()
    gpus[1].set_mig_mode(True)
    instance = gpus[1].create_gpu_instance("1g.5gb")
    device = instance.create_default_compute_instance().mig_device()

    def visible(name: str, *devices: gpushare.Gpu | gpushare.MigDevice | gpushare.VisibleDevice) -> str | None:
        daemon = MpsDaemon.start(stage.folder / name, devices=devices, program=stage.program, env=stage.env)
        value = environ(daemon.pid()).get(gpushare.CUDA_VISIBLE_DEVICES)
        daemon.quit()
        return value

    assert visible("two", gpus[1], gpus[0].visible_device()) == f"{gpus[1].uuid},{gpus[0].uuid}"
    assert visible("mig", device) == device.uuid
    with gpushare.mps_session(device, directory=stage.folder / "sessions", program=stage.program, env=stage.env) as session:
        assert environ(session.daemon.pid())["CUDA_VISIBLE_DEVICES"] == session.env()["CUDA_VISIBLE_DEVICES"] == device.uuid
    everything = MpsDaemon.start(stage.folder / "all", program=stage.program, env={**stage.env, "CUDA_VISIBLE_DEVICES": "1"})
    assert "CUDA_VISIBLE_DEVICES" not in environ(everything.pid())
    everything.quit()


def test_a_daemon_that_does_not_answer(stage: Stage) -> None:
    daemon = stage.start(patience=2)
    pid = daemon.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(TimeoutError) as caught:
        daemon.servers()
    assert isinstance(caught.value, gpushare.MpsWedgedError)
    assert (caught.value.directory, caught.value.after) == (stage.folder / "mps", 2)
    assert daemon.quit().daemon_killed
    assert names(stage.folder / "mps") == ["control_lock"]


def test_a_session_has_its_limits_tells_clients_and_leaves_the_gpu_as_it_was(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = stage.nvml.gpu(1)
    monkeypatch.setenv("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE", "5")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with gpushare.mps_session(
        gpu,
        active_thread_percentage=40,
        pinned_device_memory_limit_mib=2048,
        client_priority=MpsClientPriority.BELOW_NORMAL,
        exclusive_process=True,
        directory=stage.folder / "sessions",
        program=stage.program,
        patience=20,
        env=stage.env,
    ) as session:
        daemon = session.daemon
        assert gpu.compute_mode() is ComputeMode.EXCLUSIVE_PROCESS
        assert daemon.default_active_thread_percentage() == 40
        assert daemon.default_pinned_device_memory_limit() == "2G"
        assert daemon.default_client_priority() is MpsClientPriority.BELOW_NORMAL
        versions = [] if stage.env else [gpushare.Advisory.OtherVersion]
        assert [type(advisory) for advisory in session.advisories] == versions, "an A100 has none of its own"
        assert session.advisories == [advisory for advisory in [daemon.version_advisory(stage.nvml)] if advisory]
        daemon.verify_user(os.getuid())
        with pytest.raises(gpushare.MpsInvalidDirectoryError, match=f"user {os.getuid() + 1} cannot enter it"):
            daemon.verify_user(os.getuid() + 1)
        assert environ(daemon.pid())["CUDA_VISIBLE_DEVICES"] == gpu.uuid

        env = session.env(WORKER="1")
        said = subprocess.run(["env"], env=env, capture_output=True, text=True, check=True).stdout.splitlines()
        assert f"CUDA_VISIBLE_DEVICES={gpu.uuid}" in said and "WORKER=1" in said
        assert f"CUDA_MPS_PIPE_DIRECTORY={os.fspath(daemon.pipe_directory)}" in said
        assert "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE" not in env and os.environ["CUDA_MPS_ACTIVE_THREAD_PERCENTAGE"] == "5"
        with pytest.raises(LookupError) as caught:
            session.verify_client(os.getpid(), 0.25)
        assert isinstance(caught.value, gpushare.MpsNotClientError)
        assert (caught.value.pid, caught.value.after) == (os.getpid(), 0.25)
        with pytest.raises(gpushare.MpsAlreadyRunningError):
            stage.session(1)
    assert gpu.compute_mode() is ComputeMode.DEFAULT and not daemon.pipe_directory.presence()
    assert names(stage.folder / "sessions") == [gpu.uuid, f"{gpu.uuid}.log"]
    assert session.close().servers == []
    with pytest.raises(gpushare.MpsNotRunningError):
        session.verify_client(1, 5)


def test_a_session_ends_with_its_last_name_and_after_an_exception(stage: Stage) -> None:
    session = stage.session(exclusive=True)
    pipes = session.daemon.pipe_directory
    del session
    gc.collect()
    assert not pipes.presence()
    with pytest.raises(ZeroDivisionError), stage.session(exclusive=True):
        assert pipes.presence()
        1 / 0
    assert not pipes.presence() and stage.nvml.gpu(0).compute_mode() is ComputeMode.DEFAULT
    # Compute mode cannot be set while MIG is enabled, and then the daemon goes too.
    stage.nvml.gpu(0).set_mig_mode(True)
    with pytest.raises(gpushare.NotSupportedError):
        stage.session(exclusive=True)
    assert not pipes.presence()


DEAD = """
import os, signal, sys
import gpushare

nvml = gpushare.Nvml()
session = gpushare.mps_session(nvml.gpu(0), exclusive_process=True, directory=sys.argv[1], program=sys.argv[2])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_dead_process_left_is_ended(stage: Stage) -> None:
    directory = stage.folder / "sessions"
    with gpushare.simulate("1xA100-SXM4-40GB", shared=True) as machine, machine.nvml() as nvml:
        gpu = nvml.gpu(0)
        assert gpushare.mps_recover(gpu, directory=directory, program=stage.program) is None
        driver = {name: value for name, value in stage.env.items() if name == "GPUSHARE_SIM_MPS_DRIVER"}
        command = [sys.executable, "-c", DEAD, str(directory), str(stage.program)]
        assert subprocess.run(command, env=machine.env(**driver)).returncode == -signal.SIGKILL
        assert gpu.compute_mode() is ComputeMode.EXCLUSIVE_PROCESS
        start = partial(gpushare.mps_session, gpu, directory=directory, program=stage.program, env=driver)
        with pytest.raises(gpushare.MpsAlreadyRunningError):
            start()
        quit = gpushare.mps_recover(gpu, directory=directory, program=stage.program, patience=20, grace=0.5)
        assert quit is not None and (quit.servers, quit.daemon_killed) == ([], False)
        assert gpu.compute_mode() is ComputeMode.DEFAULT
        assert names(directory) == [gpu.uuid, f"{gpu.uuid}.log"] and names(directory / gpu.uuid) == ["control_lock"]
        with start(), pytest.raises(gpushare.MpsAlreadyRunningError):
            gpushare.mps_recover(gpu, directory=directory, program=stage.program)


def test_several_users_at_once(stage: Stage) -> None:
    start = partial(MpsDaemon.start, stage.folder / "mps", program=stage.program, multi_user=True, env=stage.env)
    if stage.env.get("GPUSHARE_SIM_MPS_DRIVER", "535").startswith("535"):
        with pytest.raises(gpushare.MpsUnknownCommandError) as unknown:
            start()
        assert unknown.value.command == "-multiuser-server"
    elif os.getuid() != 0:
        with pytest.raises(gpushare.MpsNoPermissionError):
            start()
    else:
        daemon = start()
        daemon.verify_user(os.getuid() + 1)
        daemon.quit()
    with stage.session(all_users=True) as session:
        session.daemon.verify_user(os.getuid() + 1)


def test_a_fork_leaves_the_session_to_its_parent(stage: Stage) -> None:
    with stage.session() as session:
        child = os.fork()
        if child == 0:
            try:
                with session:
                    pass
                del session
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert session.daemon.servers() == []


def test_threads_of_python_run_while_a_daemon_is_asked(stage: Stage) -> None:
    daemon = stage.start(patience=50)
    pid = daemon.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(daemon.servers)
        # The front-end that the other thread waits for.
        while not any(path.read_text() for path in Path("/proc/self/task").glob("*/children")):
            pass
        os.kill(pid, signal.SIGCONT)
        assert asked.result() == []
    daemon.quit()


def test_threads_share_a_daemon(stage: Stage) -> None:
    daemon = stage.start(patience=50)
    start = threading.Barrier(8)

    def work(device: int) -> None:
        start.wait()
        for mib in range(1, 11):
            daemon.set_default_pinned_device_memory_limit(mib, device)
            assert daemon.default_pinned_device_memory_limit(device) == f"{mib}M"

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    daemon.quit()


INTERRUPTED = """
import os, sys
import gpushare

folder = sys.argv[1]
with gpushare.Nvml() as nvml:
    try:
        with gpushare.mps_session(nvml.gpu(0), directory=folder + "/sessions", program=sys.argv[2]) as session:
            pipes = session.daemon.pipe_directory
            print("ready", flush=True)
            session.verify_client(os.getpid(), patience=50)
    except KeyboardInterrupt:
        print("interrupted, and", pipes.presence())
"""


def test_ctrl_c_ends_a_session(stage: Stage) -> None:
    with gpushare.simulate("1xA100-SXM4-40GB", shared=True) as machine:
        command = [sys.executable, "-c", INTERRUPTED, str(stage.folder), str(stage.program)]
        with subprocess.Popen(command, env=machine.env(**stage.env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None and child.stdout.readline() == "ready\n"
            child.send_signal(signal.SIGINT)
            out, err = child.communicate()
    assert (child.returncode, out, err) == (0, "interrupted, and DaemonPresence.Absent()\n", "")


def test_clients_and_servers(stage: Stage) -> None:
    if not stage.client.exists():
        pytest.skip(f"only a simulated daemon has {CLIENT}")
    session = stage.session(percentage=30, all_users=True)
    command = [str(stage.client), "init", "context"]
    with subprocess.Popen(command, env=session.env(**stage.env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        session.verify_client(worker.pid)
        assert worker.stdout is not None
        for _ in command[1:]:
            assert worker.stdout.readline().startswith(f"server {session.daemon.servers()[0].pid} percentage 30.0")
        [client] = session.daemon.clients()
        [server] = session.daemon.servers()
        assert (client.pid, client.server, server.clients()) == (worker.pid, server.pid, [worker.pid])
        assert client.is_in_this_pid_namespace
        session.daemon.verify_user(os.getuid())
        with pytest.raises(gpushare.InUseError) as other:
            session.daemon.verify_user(os.getuid() + 1)
        assert isinstance(other.value, gpushare.MpsOtherUserError)
        assert (other.value.server, other.value.owner, other.value.uid) == (server.pid, os.getuid(), os.getuid() + 1)
        assert server == session.daemon.servers()[0] and stage.nvml.gpu(0).uuid.startswith(client.device)
        if stage.env["GPUSHARE_SIM_MPS_DRIVER"].startswith("535"):
            with pytest.raises(gpushare.MpsUnknownCommandError) as unknown:
                server.status()
            assert unknown.value.command == "get_server_status"
        else:
            assert server.status() is gpushare.MpsServerStatus.ACTIVE
        assert server.active_thread_percentage() == 30
        server.set_active_thread_percentage(20)
        assert server.active_thread_percentage() == 20
        server.set_pinned_device_memory_limit(512)
        assert server.pinned_device_memory_limit() == "512M"
        server.terminate_client(worker.pid)
        with pytest.raises(gpushare.MpsRefusedError) as refused:
            server.terminate_client(1)
        assert refused.value.command == f"terminate_client {server.pid} 1" and refused.value.answer
        quit = session.close(grace=1)
    assert (quit.servers, quit.daemon_killed) == ([server.pid], False)
    with pytest.raises(gpushare.MpsNotRunningError):
        server.clients()


def test_a_server_that_is_not_there(stage: Stage) -> None:
    if not stage.env:
        pytest.skip("NVIDIA's server needs a GPU")
    daemon = stage.start()
    daemon.start_server(os.getuid())
    while not (servers := daemon.servers()):
        pass
    servers[0].shut_down(force=True)
    while daemon.servers():
        pass
    with pytest.raises(LookupError) as caught:
        servers[0].clients()
    assert isinstance(caught.value, gpushare.MpsServerNotFoundError) and caught.value.server == servers[0].pid
    daemon.quit()


def test_the_example(stage: Stage) -> None:
    with gpushare.simulate("2xA100-SXM4-40GB", shared=True) as machine:
        is_simulated = stage.client.exists()
        worker = [str(stage.client), "init", "work"] if is_simulated else ["true"]
        options = ["--directory", str(stage.folder / "s"), "--program", str(stage.program), "--patience", "0.2"]
        command = [sys.executable, "-W", "error", str(EXAMPLE), *options, "--", *worker]
        done = subprocess.run(command, env=machine.env(**stage.env), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "50 % for each client" in done.stdout and "30 % for each client" in done.stdout
    assert "the workers ended with [0, 0, 0, 0]" in done.stdout
    assert not any(PipeDirectory(path).presence() for path in (stage.folder / "s").iterdir() if path.suffix != ".log")
