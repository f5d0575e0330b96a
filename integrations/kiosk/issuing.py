"""`kiosk.issue`: is it on the menu, can it be printed if it must, a number from the hall, paper, and the way to the phone.

Who may use a kiosk may draw numbers of its menu and nothing else: the hall is asked by the kiosk itself.
"""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final, cast

from pydantic import Field

from ...core.actions import Answer, Call
from ...core.attempts import Attempts
from ...core.errors import ActionError, BadData, Refused, Unknown
from ...core.integration import Kit
from ...core.offers import ADDRESS
from ...core.schema import Personal, Strict, Target
from ...core.words import Words
from .booked import meant
from .config import Config, Entry, Kiosk
from .menu import printer_state
from .paper import able
from .qr import drawn

# Why a card's holder is not here for an appointment: there is none, it is another day's, or it is over.
NOT_FOR_IT: Final = ("unknown_appointment", "not_today", "wrong_state", "already_arrived", "too_late")


class Issue(Strict):
    """The data of kiosk.issue."""

    kiosk: Annotated[str, Target("kiosk")] = Field(description="Which kiosk.")
    # The queue names no target: a kiosk's link may act on the kiosk, not on queues.
    queue: str | None = Field(
        None, max_length=64, description="Which queue of its menu; left out with a card: the one that is the card's."
    )
    service: str | None = Field(None, max_length=64, description="Which service of that queue.")
    language: str | None = Field(None, max_length=16, description="The visitor's language.")
    party: int = Field(1, ge=1, le=99, description="How many people, served together.")
    card: Annotated[str | None, Personal()] = Field(
        None,
        min_length=1,
        max_length=64,
        description="The number of a card that was read, at a kiosk with cards: true.",
    )


class CheckIn(Strict):
    """The data of kiosk.check_in."""

    kiosk: Annotated[str, Target("kiosk")] = Field(description="Which kiosk.")
    shown: Annotated[str, Personal()] = Field(
        min_length=1, max_length=512, description="What was typed or scanned: a code, a booking's QR code, a card."
    )
    language: str | None = Field(None, max_length=16, description="The visitor's language.")


class Issuing:
    """The action, for every kiosk of the hall."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._kiosks, self._kit = config.root, kit
        self._attempts = Attempts(kit.clock)

    async def issue(self, data: Issue, call: Call) -> Answer:
        """A ticket; the same request id gets the same ticket, and it is printed once."""
        kiosk = self._kiosk(data.kiosk)
        if data.card is None and data.queue is None:
            raise BadData({"en": "kiosk.issue: say which queue.", "zh-CN": "kiosk.issue：请指定队列。"})
        if data.card is not None and not kiosk.cards:
            raise Refused("not_on_menu", {"en": "This kiosk takes no cards.", "zh-CN": "这台取号机不支持刷卡。"})
        entry = None if data.card is not None and data.queue is None else _entry(kiosk, data)
        printing = self._prints(kiosk)
        booked = await self._booked(kiosk, data, call) if entry is None else None
        if booked is not None:
            given = await self._given(kiosk, booked, kiosk.hint, printing, call)
            return {**given, "appointment": booked["appointment"]}
        answer = await self._ask("queue.issue", self._wanted(data), call)
        return await self._given(kiosk, answer, (entry and entry.hint) or kiosk.hint, printing, call)

    async def check_in(self, data: CheckIn, call: Call) -> Answer:
        """The ticket of an appointment; whoever is wrong several times waits."""
        kiosk = self._kiosk(data.kiosk)
        if not kiosk.check_in:
            raise Refused("not_on_menu", {
                "en": "This kiosk takes no appointments.", "zh-CN": "这台取号机不办理预约签到。"})  # fmt: skip
        printing = self._prints(kiosk)
        self._attempts.ask(data.kiosk)
        wanted: dict[str, Any] = {
            "origin": f"kiosk.{data.kiosk}",
            **({"language": data.language} if data.language else {}),
        }
        try:
            shown = meant(data.shown, kiosk.check_in, self._kit.access.links.read)
            answer = await self._ask("appointment.check_in", {**wanted, **shown}, call)
        except Unknown as error:
            if error.code == "unknown_appointment":
                self._attempts.wrong(data.kiosk)
            raise
        self._attempts.right(data.kiosk)
        given = await self._given(kiosk, answer, kiosk.hint, printing, call)
        return {**given, "appointment": answer["appointment"]}

    async def _booked(self, kiosk: Kiosk, data: Issue, call: Call) -> dict[str, Any] | None:
        """The check-in of whoever shows a card and has an appointment now; None for who just comes."""
        if data.card is None or "card" not in kiosk.check_in:
            return None
        try:
            return await self._ask("appointment.check_in", {
                "card": data.card, "origin": f"kiosk.{data.kiosk}",
                **({"language": data.language} if data.language else {})}, call)  # fmt: skip
        except (Unknown, Refused) as error:
            if error.code in NOT_FOR_IT:
                return None
            raise

    def _prints(self, kiosk: Kiosk) -> bool:
        """Whether its ticket will be on paper; raises Refused where it must be and cannot."""
        printing = kiosk.printer is not None and able(printer_state(kiosk, self._kit.states))
        if kiosk.paper == "required" and not printing:
            raise Refused("printer_unavailable", {
                "en": "The printer cannot print tickets now. Please ask staff.",
                "zh-CN": "打印机暂时无法出票，请咨询工作人员。"})  # fmt: skip
        return printing

    async def _given(
        self, kiosk: Kiosk, answer: dict[str, Any], hint: Words | None, printing: bool, call: Call
    ) -> dict[str, Any]:
        """The ticket on paper if there is any, and what the screen shows of it."""
        ticket = answer["ticket"]
        link = self._link(kiosk, str(answer["link"]))
        if printing:
            self._print(str(kiosk.printer), ticket, {"ahead": answer["ahead"], "link": link, "hint": hint or ""}, call)
        return {
            "ticket": ticket,
            "ahead": answer["ahead"],
            "link": link,
            "qr": await asyncio.to_thread(drawn, link) if "://" in link else None,
            "printing": printing,
            "hint": hint,
            "name": self._name(ticket),
        }

    def _name(self, ticket: dict[str, Any]) -> Words:
        """What the visitor came for: a card's queue may be on no menu."""
        state = self._kit.states.get(f"queue.{ticket['queue']}")
        about: Mapping[str, Any] = state.attributes if state is not None else {}
        services: Mapping[str, Words] = about.get("services") or {}
        return services.get(ticket["service"] or "") or cast("Words", about.get("name") or ticket["queue"])

    def _kiosk(self, name: str) -> Kiosk:
        kiosk = self._kiosks.get(name)
        if kiosk is None:
            raise Unknown(
                "unknown_kiosk", {"en": "There is no kiosk {kiosk}.", "zh-CN": "没有取号机 {kiosk}。"}, kiosk=name
            )
        return kiosk

    def _wanted(self, data: Issue) -> dict[str, Any]:
        wanted = {"queue": data.queue and data.queue.removeprefix("queue."), "card": data.card, "party": data.party, "origin": f"kiosk.{data.kiosk}",
                  "language": data.language, "service": data.service}  # fmt: skip
        return {key: value for key, value in wanted.items() if value is not None}

    async def _ask(self, action: str, data: dict[str, Any], call: Call) -> dict[str, Any]:
        """As the kiosk, but for the same reason and under the same request id, told apart from other callers'."""
        kit = self._kit
        request_id = f"{call.caller.id}/{call.request_id}" if call.request_id else None
        return cast("dict[str, Any]", await kit.actions.call(action, data, Call(kit.caller, call.context, request_id)))

    def _link(self, kiosk: Kiosk, path: str) -> str:
        base = kiosk.base_url or self._kit.offers.get(ADDRESS, "http")
        return f"{base}{path}" if base else path

    def _print(self, printer: str, ticket: dict[str, Any], more: dict[str, Any], call: Call) -> None:
        """Nobody waits for paper; what goes wrong is the printer's state and event, and a line in the log."""
        kit = self._kit
        data = {"printer": printer, "ticket": ticket, "data": more}
        if ticket.get("language"):
            data["language"] = ticket["language"]

        async def run() -> None:
            try:
                await kit.actions.call("printer.print", data, Call(kit.caller, call.context, f"ticket/{ticket['id']}"))
            except ActionError as error:
                kit.log.warning("Ticket %s was not printed: %s", ticket["number"], error)

        kit.task(run(), "print")


def _entry(kiosk: Kiosk, data: Issue) -> Entry:
    """The button meant; raises Refused("not_on_menu")."""
    queue = (data.queue or "").removeprefix("queue.")
    for entry in kiosk.leaves():
        if entry.queue == queue and entry.service == data.service:
            return entry
    raise Refused("not_on_menu", {"en": "This kiosk does not offer that service.", "zh-CN": "这台取号机不办理该业务。"})
