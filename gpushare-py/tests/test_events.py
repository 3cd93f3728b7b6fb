"""Events: who is told what, and how the waiting ends, on threads and in an event loop."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import gpushare
import pytest
from gpushare import EventKinds, EventSet, GpuEvent

BOTH = EventKinds.XID | EventKinds.MIG_CONFIG_CHANGE


@pytest.fixture
def events(nvml: gpushare.Nvml) -> Iterator[EventSet]:
    with nvml.watch() as events:
        yield events


def test_the_kinds_are_those_of_the_header() -> None:
    source = (Path(__file__).parents[2] / "gpushare-sys/src/bindings.rs").read_text()
    values = {int(value) for value in re.findall(r"nvmlEvent(?!TypeAll|TypeNone)\w+: u32 = (\d+);", source)}
    assert {member.value for member in EventKinds} == values


def test_each_gpu_is_watched_for_what_it_supports() -> None:
    with gpushare.simulate("1xA100-SXM4-40GB+1xT4") as machine, machine.nvml() as nvml:
        a100, t4 = nvml.gpus()
        assert a100.supported_events() == 0xFF9F and EventKinds.MIG_CONFIG_CHANGE not in t4.supported_events()
        assert nvml.watch().registered == [(a100, BOTH), (t4, EventKinds.XID)]
        assert EventSet([t4, a100], EventKinds.MIG_CONFIG_CHANGE).registered == [(a100, EventKinds.MIG_CONFIG_CHANGE)]
        assert repr(nvml.watch()) == "<EventSet of GPUs 0, 1>"
        with pytest.raises(gpushare.InvalidArgumentError, match="at least one GPU"):
            EventSet([])
        with pytest.raises(TypeError):
            nvml.watch("XID")  # type: ignore[arg-type]


def test_an_event_names_the_devices_that_it_concerns(machine: gpushare.Machine, mig: gpushare.Gpu, folder: Path, nvml: gpushare.Nvml) -> None:
    mig.apply_layout("3g.20gb, 2g.10gb[2x1c]", directory=folder)
    three, *halves = sorted(mig.mig_devices(), key=lambda device: device.name(), reverse=True)
    with nvml.watch() as events:
        machine.inject_xid(0, 48)
        machine.inject_xid(0, 31, gpu_instance=halves[0].gpu_instance_id)
        machine.inject_xid(0, 13, gpu_instance=halves[0].gpu_instance_id, compute_instance=1)
        whole, instance, device = (event for event in (events.poll(), events.poll(), events.poll()) if event)
        assert events.poll() is None and events.wait(0.001) is None
    assert whole.mig_devices() == mig.mig_devices() and len(whole.mig_devices()) == 3
    assert sorted(instance.mig_devices(), key=lambda device: device.compute_instance_id) == halves or instance.mig_devices() == halves[::-1]
    assert [device.compute_instance_id for device in device.mig_devices()] == [1]
    assert (whole.gpu, whole.kind, whole.xid, whole.gpu_instance, whole.compute_instance) == (mig, EventKinds.XID, 48, None, None)
    assert whole.target == gpushare.Target.Gpu(index=0, uuid=mig.uuid)
    gi = halves[0].gpu_instance_id
    assert (device.target, device.gpu_instance, device.compute_instance) == (gpushare.Target.ComputeInstance(0, gi, 1), gi, 1)
    assert str(instance) == f"XID 31 on GPU instance {gi} of GPU 0" and repr(instance) == f"<GpuEvent {instance}>"
    assert len({whole, instance, device, whole}) == 3 and three in whole.mig_devices()


def test_changes_by_another_process_are_told() -> None:
    program = "import gpushare; gpu = gpushare.Nvml().gpu(0); gpu.set_mig_mode(True); gpu.create_gpu_instance('1g.5gb')"
    with gpushare.simulate("1xA100-SXM4-40GB", shared=True) as machine, machine.nvml() as nvml, nvml.watch() as events:
        subprocess.run([sys.executable, "-c", program], env=machine.env(), check=True)
        event = events.wait(60)
        assert event is not None and (event.kind, event.xid) == (EventKinds.MIG_CONFIG_CHANGE, None)


def test_a_loop_ends_with_a_stop(machine: gpushare.Machine, events: EventSet) -> None:
    seen: list[int | None] = []

    def watch() -> None:
        seen.extend(event.xid for event in events)

    thread = threading.Thread(target=watch)
    thread.start()
    machine.inject_xid(0, 31)
    while not seen and thread.is_alive():
        if events.wait(0.001) is not None:
            break
    events.stop()
    thread.join()
    assert events.is_stopped and events.wait() is None and list(events) == []
    machine.inject_xid(0, 13)
    left = events.poll()
    assert left is not None and left.xid == 13


def test_a_closed_set_ends_the_waiting_and_is_stale(events: EventSet) -> None:
    ended: list[GpuEvent | None] = []
    thread = threading.Thread(target=lambda: ended.append(events.wait()))
    thread.start()
    events.close()
    thread.join()
    events.close()
    assert ended == [None] and events.wait() is None and events.is_stopped
    with pytest.raises(gpushare.StaleError, match="event set is stale") as raised:
        events.poll()
    assert raised.value.target == gpushare.Target.EventSet()


def test_a_closed_session_ends_the_waiting(nvml: gpushare.Nvml, events: EventSet) -> None:
    errors: list[gpushare.StaleError] = []

    def wait() -> None:
        with pytest.raises(gpushare.StaleError) as raised:
            events.wait()
        errors.append(raised.value)

    thread = threading.Thread(target=wait)
    thread.start()
    nvml.close()
    thread.join()
    assert len(errors) == 1


def test_a_lost_gpu(machine: gpushare.Machine, events: EventSet) -> None:
    machine.lose_gpu(0)
    event = events.wait(60)
    assert event is not None and event.xid == 79
    with pytest.raises(gpushare.GpuLostError):
        event.mig_devices()
    machine.set_faults("nvmlEventSetWait_v2#1+=GPU_IS_LOST")
    with pytest.raises(gpushare.GpuLostError):
        for _ in events:
            pass


def test_times_that_are_none(events: EventSet) -> None:
    for timeout in (-1.0, float("nan"), float("inf")):
        with pytest.raises(gpushare.InvalidArgumentError, match="timeout is"):
            events.wait(timeout)


def test_a_child_takes_no_event_of_its_parent(machine: gpushare.Machine, events: EventSet) -> None:
    machine.inject_xid(0, 31)
    child = os.fork()
    if child == 0:
        try:
            events.poll()
        except gpushare.StaleError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    event = events.poll()
    assert event is not None and event.xid == 31


INTERRUPTED = """
import gpushare

with gpushare.simulate("1xT4") as machine, machine.nvml() as nvml, nvml.watch() as events:
    try:
        print("waits", flush=True)
        for event in events:
            pass
    except KeyboardInterrupt:
        machine.inject_xid(0, 31)
        print("interrupted, and told of", events.wait(60).xid)
"""


def test_ctrl_c_ends_a_wait() -> None:
    with subprocess.Popen([sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "waits\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate()
    assert (child.returncode, out, err) == (0, "interrupted, and told of 31\n", "")


def test_a_loop_in_an_event_loop(machine: gpushare.Machine, events: EventSet) -> None:
    async def main() -> list[int | None]:
        seen: list[int | None] = []

        async def watch() -> None:
            async for event in events:
                seen.append(event.xid)
                if event.xid == 2:
                    events.stop()

        watching = asyncio.create_task(watch())
        for xid in (1, 2):
            machine.inject_xid(0, xid)
            await asyncio.sleep(0)
        await watching
        return seen

    assert asyncio.run(main()) == [1, 2]


def test_a_cancelled_wait_loses_no_event(machine: gpushare.Machine, events: EventSet) -> None:
    async def main() -> list[int | None]:
        seen: list[int | None] = []

        async def watch() -> None:
            async for event in events:
                seen.append(event.xid)

        for xid in range(30):
            watching = asyncio.create_task(watch())
            # The thread may not wait yet, wait, or have taken the event.
            for _ in range(xid % 3):
                await asyncio.sleep(0.003)
            machine.inject_xid(0, xid)
            for _ in range(xid % 5):
                await asyncio.sleep(0.001)
            watching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watching
        # The last of them may have been seen by its own watcher, or be left.
        left = aiter(events)
        while len(seen) < 30:
            seen.append((await anext(left)).xid)
        return seen

    assert sorted(xid for xid in asyncio.run(main()) if xid is not None) == list(range(30))


def test_an_error_in_an_event_loop(machine: gpushare.Machine, events: EventSet) -> None:
    async def main() -> None:
        async for _ in events:
            pass

    machine.set_faults("nvmlEventSetWait_v2#1+=UNKNOWN")
    with pytest.raises(gpushare.DriverError):
        asyncio.run(main())
