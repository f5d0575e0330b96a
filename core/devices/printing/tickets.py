"""What a layout's templates may use: the ticket, its queue, who serves it, the link, the time; in the ticket's language.

`ticket` is its public part (`core/hall/events.py`); what is asked of others is read from states. No name, no phone.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, cast

from ...clock import Clock, local
from ...integration import Site
from ...states import States
from ...words import Words, say

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


def variables(ticket: Mapping[str, Any] | None, data: Mapping[str, Any], language: str | None,
              states: States, site: Site, clock: Clock) -> dict[str, Any]:  # fmt: skip
    """`site number ticket queue service counters issued date time ahead wait link hint language`, and `data` above all."""
    ticket = ticket or {}
    queue = states.get(f"queue.{ticket.get('queue')}")
    now = local(clock, _stamp(ticket, clock))
    time = f"{now.hour:02d}:{now.minute:02d}"
    link = str(data.get("link") or "")
    return {
        "site": say(site.name, language),
        "language": language,
        "ticket": ticket,
        "number": ticket.get("number", ""),
        "queue": _named(queue.attributes if queue else {}, language) or ticket.get("queue") or "",
        "service": _service(ticket.get("service"), queue.attributes if queue else {}, language),
        "counters": _counters(queue.attributes if queue else {}, states, language),
        "issued": f"{now.date().isoformat()} {time}",
        "date": _date(now, language),
        "time": time,
        "ahead": None,
        "wait": _wait(ticket),
        "hint": "",
        **{name: _picked(value, language) for name, value in data.items()},
        "link": link if "://" in link else "",  # a path alone is of no use on paper
    }


def _stamp(ticket: Mapping[str, Any], clock: Clock) -> float:
    times = cast("Mapping[str, Any]", ticket.get("times") or {})
    return float(times.get("issued") or clock.now())


def _wait(ticket: Mapping[str, Any]) -> list[int] | None:
    """Between how many minutes the wait will be, as it was told with the ticket."""
    told = cast("Mapping[str, Any]", ticket.get("estimate") or {})
    return [max(1, round(told[end] / 60)) for end in ("low", "high")] if told else None


def _date(at: datetime, language: str | None) -> str:
    return f"{at.year}年{at.month}月{at.day}日" if (language or "").startswith(("zh", "yue")) else at.date().isoformat()


def _named(attributes: Mapping[str, Any], language: str | None) -> str:
    return say(cast("Words", attributes.get("name") or ""), language)


def _service(service: str | None, attributes: Mapping[str, Any], language: str | None) -> str:
    """What people call the service; the queue says that of its own."""
    names = cast("Mapping[str, Words]", attributes.get("services") or {})
    return say(names.get(service) or service, language) if service else ""


def _counters(attributes: Mapping[str, Any], states: States, language: str | None) -> list[str]:
    """What people call the counters that serve the queue now."""
    found: list[str] = []
    for name in cast("list[str]", attributes.get("counters") or []):
        counter = states.get(f"counter.{name}")
        title = (_named(counter.attributes, language) if counter else "") or str(name)
        found.append(title.replace(" ", "\u00a0"))  # not to be torn apart at a line's end
    return found


def _picked(value: Any, language: str | None) -> Any:
    """Texts by language, as the kiosk hands them on, in this ticket's language."""
    texts = cast("dict[Any, Any]", value) if isinstance(value, dict) else {}
    if texts and all(isinstance(v, str) and _LANGUAGE.match(str(k)) for k, v in texts.items()):
        return say(cast("dict[str, str]", texts), language)
    return value  # pyright: ignore[reportUnknownVariableType]
