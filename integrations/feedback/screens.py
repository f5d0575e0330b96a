"""What the pages may know: `rate/<counter>` for a terminal, `rating/<ticket>` for the phone of who was served."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from ...core.clock import Cancel
from ...core.integration import Kit
from ...core.states import State
from ...core.views import View
from .config import Config
from .figures import Figures
from .polls import Poll, Polls

MAX_PHONES: Final = 2000  # phones' views kept at once; the one longest unseen goes first


class Screens:
    """The views, rebuilt when what they ask changes."""

    def __init__(self, config: Config, kit: Kit, polls: Polls, figures: Figures) -> None:
        self._config, self._kit, self._polls, self._figures = config, kit, polls, figures
        self._terminals: dict[str, View] = {}
        self._taken: dict[str, Cancel] = {}
        self._phones: OrderedDict[str, View] = OrderedDict()
        self._levels = [{"id": level.id, "name": level.name, "face": level.face, "bad": level.bad}
                        for level in config.known.values()]  # fmt: skip
        self._reasons = [{"id": name, "name": reason.name} for name, reason in config.reasons.items()]
        self._slides = [slide.model_dump() for slide in config.slides]
        polls.changed, polls.told = self.touch, self._told
        kit.family("rating", self._phone)
        kit.on_close(self._close_all)
        self.take()

    def take(self) -> None:
        """There is a terminal for each counter."""
        there = {state.entity_id.partition(".")[2]: state for state in self._kit.states.domain("counter")}
        wanted = (
            there if self._config.counters is None else {n: s for n, s in there.items() if n in self._config.counters}
        )
        for name in self._terminals.keys() - wanted.keys():
            self._close(name)
        for name in wanted.keys() - self._terminals.keys():
            self._open(name, wanted[name])
        for name in self._terminals:
            self.touch(name)

    def touch(self, counter: str) -> None:
        """What this terminal asks, or who sits there, has changed."""
        view = self._terminals.get(counter)
        if view is not None:
            view.touch()

    def _told(self, poll: Poll) -> None:
        view = self._phones.get(poll.ticket["id"])
        if view is not None:
            view.touch()

    def _open(self, name: str, state: State) -> None:
        scopes = ("action:feedback.rate", "action:feedback.reasons", f"entity:counter.{name}")
        view = View(f"rate/{name}", lambda: self._terminal(name), title=state.attributes.get("name", name),
                    path=f"/rate/{name}", page="rate", scopes=scopes)  # fmt: skip
        self._terminals[name] = view
        self._taken[name] = self._kit.views.add(view)

    def _close_all(self) -> None:
        for name in list(self._terminals):
            self._close(name)

    def _close(self, name: str) -> None:
        del self._terminals[name]
        self._taken.pop(name)()

    def _terminal(self, name: str) -> dict[str, Any]:
        config, state = self._config, self._kit.states.get(f"counter.{name}")
        about: Mapping[str, Any] = state.attributes if state is not None else {}
        poll = self._polls.asked.get(name)
        return {
            "site": self._site(),
            "title": about.get("name", name),
            "counter": {"id": name, "name": about.get("name", name), "state": state.value if state else "closed"},
            "staff": self._staff(about.get("staff_id")),
            "poll": _asked(poll, config.within) if poll is not None else None,
            "slides": self._slides,
            "size": {"diagonal_in": config.diagonal_in},
            **self._asking(),
        }

    def _phone(self, ticket: str) -> View | None:
        if not self._polls.of(ticket):
            return None
        view = self._phones.get(ticket)
        if view is None:
            view = self._phones[ticket] = View(f"rating/{ticket}", lambda: self._phone_document(ticket), page="phone")
            if len(self._phones) > MAX_PHONES:
                self._phones.popitem(last=False)
        self._phones.move_to_end(ticket)
        return view

    def _phone_document(self, ticket: str) -> dict[str, Any]:
        now = self._kit.clock.now()
        polls = self._polls.of(ticket)
        mine = next((poll for poll in polls if poll.rated is None), None)
        if mine is not None and now > mine.finished + self._config.phone_within:
            mine = None
        asked = None
        if mine is not None:
            state = self._kit.states.get(f"counter.{mine.counter}")
            name = state.attributes.get("name") if state else mine.counter
            asked = {**_asked(mine, self._config.phone_within), "counter_name": name}
        return {"site": self._site(), "poll": asked, "rated": any(p.rated is not None for p in polls), **self._asking()}

    def _asking(self) -> dict[str, Any]:
        config = self._config
        return {
            "levels": self._levels, "prompt": config.prompt, "thanks": config.thanks, "reasons": self._reasons,
            "limits": {"thanks_s": config.thanks_for, "reasons_s": config.reasons_for,
                       "offline_s": config.offline_within},
        }  # fmt: skip

    def _staff(self, staff: str | None) -> dict[str, Any] | None:
        card = self._config.staff.get(staff or "")
        if card is None or staff is None:
            return None
        return {"name": card.name, "number": card.number, "title": card.title, "photo": card.photo,
                "stars": self._figures.stars(staff)}  # fmt: skip

    def _site(self) -> dict[str, Any]:
        site = self._kit.site
        return {"name": site.name, "languages": list(site.languages), "time_zone": str(self._kit.clock.zone)}


def _asked(poll: Poll, within: float) -> dict[str, Any]:
    return {"id": poll.id, "number": poll.ticket["number"], "until": poll.finished + within,
            "language": poll.ticket["language"]}  # fmt: skip
