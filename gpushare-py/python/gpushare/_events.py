"""``async for event in events``: the waiting is done in a thread, so that the loop runs on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._gpushare import EventSet, GpuEvent

# How long a thread waits at a time, in seconds: one that nobody waits for any more, as after a cancellation, ends as soon.
_SLICE = 0.1


class AsyncEvents:
    """The events of a set as they come, until it is stopped."""

    def __init__(self, events: EventSet) -> None:
        self._events = events

    def __aiter__(self) -> AsyncEvents:
        return self

    async def __anext__(self) -> GpuEvent:
        loop = asyncio.get_running_loop()
        while not self._events.is_stopped:
            wait = _Wait(self._events)
            try:
                event = await loop.run_in_executor(None, wait.run)
            except asyncio.CancelledError:
                wait.abandon()
                raise
            if event is not None:
                return event
        raise StopAsyncIteration


class _Wait:
    """A wait in a thread. What it takes when nobody waits for it any more, it gives back."""

    def __init__(self, events: EventSet) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._taken: GpuEvent | None = None
        self._abandoned = False

    def run(self) -> GpuEvent | None:
        event = self._events.wait(_SLICE)
        with self._lock:
            self._taken = event
            if self._abandoned:
                self._give_back()
        return event

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
            self._give_back()

    def _give_back(self) -> None:
        if self._taken is not None:
            self._events._put_back(self._taken)
