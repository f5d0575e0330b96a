"""The lane of an automation or script: which of its runs are under way or queued, and what its mode makes of another."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final, Protocol

from .runner import Runner
from .runs import Run
from .traces import Trace, Traces

log = logging.getLogger("usher.automation")
_LOUD: Final = {"silent": 0, "debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
QUEUED: Final = 0.25  # seconds a run is queued before it is stored


class Modal(Protocol):
    """The part of an automation's or script's YAML that says how many of its runs there may be."""

    @property
    def mode(self) -> Any: ...
    @property
    def max(self) -> int: ...
    @property
    def max_exceeded(self) -> Any: ...


class Lane:
    """The runs of one owner, as its mode allows. `changed` is called once a turn of the loop when they have changed.

    With `at_once` also before the first of them begins and when the last has ended: who waits for an owner to be off
    must not find it off because nobody was told yet.
    """

    def __init__(self, title: str, modal: Modal, runner: Runner, traces: Traces, changed: Callable[[], None], *,
                 at_once: bool = False) -> None:  # fmt: skip
        self.title, self._at_once = title, at_once
        self.take(modal)
        self._runner, self._traces, self._changed = runner, traces, changed
        self._runs: dict[str, Run] = {}
        self._queue: list[Run] = []  # short, and mostly there is none: a deque for each of a thousand is a megabyte
        self._queued = 0  # how many ever were: the order of the queue, also over a restart
        self._showing = self._storing = self._making_way = False

    def take(self, modal: Modal) -> None:
        """Mode and bounds as they are from now on."""
        self.mode, self._max, self._loud = str(modal.mode), modal.max, _LOUD[modal.max_exceeded]

    @property
    def current(self) -> int:
        """How many are under way or queued."""
        return len(self._runs) + len(self._queue)

    def admit(self, run: Run) -> bool:
        """Begin a run, queue it or drop it; False when it was dropped."""
        under_way, mode = len(self._runs), self.mode
        if under_way and mode == "single":
            self.dull(run.trace, "failed_single", "it still runs, so this run was dropped (mode: single).", self._loud)
            return False
        if mode == "restart":
            self._making_way = True
            self.end_runs("restarted")
            self._making_way = False
        elif under_way + len(self._queue) >= self._max and mode != "single":
            self.dull(run.trace, "failed_max_runs",
                      f"{self._max} runs are under way or queued, so this one was dropped (max).", self._loud)  # fmt: skip
            return False
        self._traces.keep(run.trace)
        if mode == "queued" and (under_way or self._queue):
            self._queued += 1
            run.queued = self._queued
            self._queue.append(run)
            self._store_soon()
            return True
        return self._start(run)

    def dull(self, trace: Trace, outcome: str, why: str, level: int) -> None:
        """A run that does not come to run: its trace says why, and the log as loudly as wanted."""
        trace.end(outcome, trace.started, why)
        self._traces.keep_dull(trace)
        if level:
            log.log(level, "%s: %s", self.title, why)

    def _start(self, run: Run) -> bool:
        run.queued = None
        self._runs[run.id] = run
        if self._at_once and len(self._runs) == 1:
            self._show()
        if self._runner.begin(run):
            return True
        log.error("%s: there are too many runs in the hall, so this one was dropped.", self.title)
        self._runner.cancel(run, "dropped", "there were too many runs in the hall.")
        return False

    def ended(self, run: Run) -> None:
        """A run is over; the next in the queue begins."""
        if self._runs.pop(run.id, None) is None and run in self._queue:
            self._queue.remove(run)
        self.go_on()
        if self._at_once and not self.current and not self._making_way:
            self._show()
        else:
            self.show_soon()

    def go_on(self) -> None:
        """Begin what is queued, if nothing is under way."""
        while self._queue and not self._runs:
            self._start(self._queue.pop(0))

    def end_runs(self, why: str = "cancelled", error: str | None = None) -> None:
        """End all runs, queued ones too."""
        queued, self._queue = self._queue, list[Run]()
        for run in [*queued, *self._runs.values()]:
            self._runner.cancel(run, why, error)

    # -- over a restart

    def adopt(self, run: Run) -> None:
        """A restored run counts as under way, or as queued, again."""
        self._traces.keep(run.trace)
        if run.queued is None:
            self._runs[run.id] = run
        else:
            self._queue = sorted([*self._queue, run], key=lambda one: one.queued or 0)
            self._queued = max(self._queued, run.queued)
        self.show_soon()

    def _store_soon(self) -> None:
        """What is still queued a moment later is stored: a run queued for an instant costs no disk."""
        if not self._storing:
            self._storing = True
            self._runner.keeping.after(QUEUED, self._store)

    def _store(self) -> None:
        self._storing = False
        for run in self._queue:
            if not run.stored:
                self._runner.keeping.put(run)

    # -- what is shown

    def show_soon(self) -> None:
        """Once a turn of the loop is enough, however often it fires."""
        if not self._showing:
            self._showing = True
            asyncio.get_running_loop().call_soon(self._show)

    def _show(self) -> None:
        self._showing = False
        self._changed()

    def shown(self) -> dict[str, Any]:
        """As Home Assistant's attributes: mode, current, and max where the mode has one."""
        shown: dict[str, Any] = {"mode": self.mode, "current": len(self._runs) + len(self._queue)}
        if self.mode in ("queued", "parallel"):
            shown["max"] = self._max
        return shown
