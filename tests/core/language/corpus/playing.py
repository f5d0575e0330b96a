"""Plays a case of the corpus: its configuration in a real hall, its stimuli one by one, and what came of each.

A case is YAML: `name`, `from` (where Home Assistant says so), `states` of the house, `config`, and `then`: a transcript
in which `> ` is a stimulus and each line under it is what happened, after how many seconds, and what. Stimuli:

    fire TYPE {data}      fire@USER TYPE {data}      set ENTITY STATE {attributes}      remove ENTITY      both ENTITY STATE STATE (in one turn)
    call ACTION {data}    turn SECONDS      until HH:MM:SS (wall time; the case begins on Saturday, 2025-11-22, 00:00 UTC, or when `begins` says)

What is told: actions asked of the house, events the configuration fired, notices, states of helpers and scripts, and at
the end with `traces` how each run ended.
"""

import asyncio
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from usher.core.clock import HandClock
from usher.core.errors import ActionError
from usher.core.events import Context
from usher.core.testing import branch

ASKED = "house_asked"  # as in the house
MORE_EXACT = {"condition": "aborted", "timeout": "aborted", "restarted": "cancelled", "stopped": "finished"}
HOUSE = Path(__file__).with_name("house")
QUIET = ("state_changed", "automation_triggered", "script_started", "automation_reloaded", "call_service")
SHOWN = ("input_", "timer.", "counter_helper.", "script.", "group.", "schedule.", "binary_sensor.made", "sensor.made")


class QuickClock(HandClock):
    """Turns a day in seconds: it goes on as soon as the loop has nothing left to do."""

    @staticmethod
    async def _settle() -> None:
        loop: Any = asyncio.get_running_loop()
        for _ in range(50):
            await asyncio.sleep(0)
            if not loop._ready:
                return


def cases(folder: Path) -> list[dict[str, Any]]:
    """All cases of these files, in order."""
    return [case for file in sorted(folder.glob("*.yaml")) for case in yaml.safe_load_all(file.read_text("utf-8"))]


def prepare(folder: Path, states: dict[str, Any], config: str) -> None:
    """Write a case down as a configuration folder, with the house beside it."""
    shutil.copytree(HOUSE, folder / "custom_integrations" / "house", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "configuration.yaml").write_text(config + "\nhouse: " + json.dumps({"states": states}) + "\n", "utf-8")


def _plain(value: Any) -> str:
    """JSON without the quotes that need not be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_plain(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_plain, value)) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def _data(data: Any) -> str:
    return f" {_plain(dict(data))}" if data else ""


class Play:
    """One case under way."""

    def __init__(self, hall: Any, clock: HandClock) -> None:
        self.hall, self.clock = hall, clock
        self.began, self.seen = clock.now(), 0
        self.own: set[str] = set()

    async def settle(self) -> None:
        for _ in range(3):
            await self.clock.turn(0)
            await self.hall.engine.store.save(_batch())
        await self.clock.turn(0)

    async def do(self, text: str) -> str | None:
        """One stimulus; answers what an action refused with."""
        verb, _, rest = text.partition(" ")
        if verb == "turn":
            await self._turn(float(rest))
        elif verb == "until":
            await self._until(rest)
        elif verb.startswith("fire"):
            kind, _, data = rest.partition(" ")
            context = Context(user_id=verb.partition("@")[2] or None)
            self.own.add(self.hall.engine.bus.fire(kind, yaml.safe_load(data or "{}"), context).context.id)
        elif verb == "call":
            return await self._call(*rest.partition(" ")[::2])
        else:
            self._state(verb, rest)
        await self.settle()
        return None

    def _state(self, verb: str, rest: str) -> None:
        states = self.hall.engine.states
        entity_id, _, more = rest.partition(" ")
        if verb == "remove":
            states.remove(entity_id)
        elif verb == "both":
            for value in more.split():
                _put(states, entity_id, _value(value))
        else:
            assert verb == "set", f"no such stimulus: {verb}"
            value, _, attributes = more.partition(" ")
            _put(states, entity_id, [_value(value), yaml.safe_load(attributes or "{}")])

    async def _call(self, name: str, data: str) -> str | None:
        try:
            await self.hall.act(name, **yaml.safe_load(data or "{}"))
        except ActionError as error:
            await self.settle()
            return f"refused: {error}"
        await self.settle()
        return None

    async def _turn(self, seconds: float) -> None:
        """Timer by timer, so that what a disk has to take first is told at its own time."""
        await self.settle()
        end, timers = self.clock.monotonic() + seconds, self.clock._timers
        while timers and timers[0][0] <= end:
            heard = len(self.hall.heard)
            await self.clock.turn(max(0.0, timers[0][0] - self.clock.monotonic()))
            if len(self.hall.heard) > heard or not self.hall.engine.store.idle:
                await self.settle()
        await self.clock.turn(end - self.clock.monotonic())

    async def _until(self, text: str) -> None:
        now = datetime.fromtimestamp(self.clock.now(), self.clock.zone)
        then = now.replace(**dict(zip(("hour", "minute", "second"), map(int, text.split(":")), strict=False)))
        await self._turn((then - now).total_seconds() % 86400 or 86400)

    def happened(self) -> list[str]:
        """What was heard since it was last asked."""
        heard, self.seen = self.hall.heard[self.seen :], len(self.hall.heard)
        lines = [(event, line) for event in heard if (line := self._line(event)) is not None]
        return [f"{event.at - self.began:g} {line}" for event, line in lines]

    def _line(self, event: Any) -> str | None:
        data = event.data
        if event.type == ASKED:
            return data["action"] + _data({k: v for k, v in data.items() if k != "action"})
        if event.type == "persistent_notifications_updated":
            notice = data["notification"]
            told = {k: notice[k] for k in ("title", "message") if notice.get(k)} if data["type"] != "removed" else {}
            return f"notice {data['type']}{_data(told)}"
        if event.type == "state_changed":
            old, new = data["old_state"], data["new_state"]
            if not data["entity_id"].startswith(SHOWN) or (old and new and old.value == new.value):
                return None
            return f"{data['entity_id']} {_plain(new.value) if new else 'gone'}"
        if event.context.id in self.own or event.type in QUIET or event.type.startswith(("usher_", "homeassistant_")):
            return None
        return event.type + _data(data)


def _put(states: Any, entity_id: str, value: Any) -> None:
    from usher.integrations.house import put

    put(states, entity_id, value)


def _value(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return float(text) if text.replace(".", "").isdigit() else text


def _batch() -> Any:
    from usher.core.tables import Batch

    return Batch()


def _outcome(word: str | None) -> str:
    """How a run ended, in Home Assistant's words; usher's own say more."""
    return "running" if word is None else MORE_EXACT.get(word, word)


async def play(case: dict[str, Any], folder: Path) -> str:
    """The transcript of what happens here."""
    prepare(folder, case.get("states", {}), case["config"])
    hours, minutes = map(int, case.get("begins", "00:00").split(":"))
    clock, written = QuickClock(1_763_769_600.0 + hours * 3600 + minutes * 60), list[str]()
    async with branch(folder, folder, clock=clock, always=("persistent_notification",)) as hall:
        player = Play(hall, clock)
        await player.settle()
        written += [] if "start" not in case else player.happened()
        player.happened()
        for stimulus in [line[2:] for line in case["then"].splitlines() if line.startswith("> ")]:
            written.append(f"> {stimulus}")
            refused = await player.do(stimulus)
            written += [*player.happened(), *([refused] if refused else [])]
        if "traces" in case:
            told = (await hall.act("trace.list"))["traces"]
            written.append("traces: " + ", ".join(_outcome(one["script_execution"]) for one in told))
    return "\n".join(written) + "\n"
