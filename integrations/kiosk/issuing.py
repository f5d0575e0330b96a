"""`kiosk.issue`: is it on the menu, can it be printed if it must, a number from the hall, paper, and the way to the phone.

Who may use a kiosk may draw numbers of its menu and nothing else: the hall is asked by the kiosk itself.
"""

import asyncio
from typing import Annotated, Any, cast

from pydantic import Field

from ...core.actions import Answer, Call
from ...core.errors import ActionError, Refused, Unknown
from ...core.integration import Kit
from ...core.offers import ADDRESS
from ...core.schema import Strict, Target
from .config import Config, Entry, Kiosk
from .menu import printer_state
from .paper import able
from .qr import drawn


class Issue(Strict):
    """The data of kiosk.issue."""

    kiosk: Annotated[str, Target("kiosk")] = Field(description="Which kiosk.")
    # The queue names no target: a kiosk's link may act on the kiosk, not on queues.
    queue: str = Field(max_length=64, description="Which queue of its menu.")
    service: str | None = Field(None, max_length=64, description="Which service of that queue.")
    language: str | None = Field(None, max_length=16, description="The visitor's language.")
    party: int = Field(1, ge=1, le=99, description="How many people, served together.")


class Issuing:
    """The action, for every kiosk of the hall."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._kiosks, self._kit = config.root, kit

    async def issue(self, data: Issue, call: Call) -> Answer:
        """A ticket; the same request id gets the same ticket, and it is printed once."""
        kiosk = self._kiosk(data.kiosk)
        entry = _entry(kiosk, data)
        printing = kiosk.printer is not None and able(printer_state(kiosk, self._kit.states))
        if kiosk.paper == "required" and not printing:
            raise Refused("printer_unavailable", {
                "en": "The printer cannot print tickets now. Please ask staff.",
                "zh-CN": "打印机暂时无法出票，请咨询工作人员。"})  # fmt: skip
        answer = await self._ask("queue.issue", self._wanted(data), call)
        ticket = answer["ticket"]
        link = self._link(kiosk, str(answer["link"]))
        hint = entry.hint or kiosk.hint
        if printing:
            self._print(str(kiosk.printer), ticket, {"ahead": answer["ahead"], "link": link, "hint": hint or ""}, call)
        return {
            "ticket": ticket,
            "ahead": answer["ahead"],
            "link": link,
            "qr": await asyncio.to_thread(drawn, link) if "://" in link else None,
            "printing": printing,
            "hint": hint,
        }

    def _kiosk(self, name: str) -> Kiosk:
        kiosk = self._kiosks.get(name)
        if kiosk is None:
            raise Unknown(
                "unknown_kiosk", {"en": "There is no kiosk {kiosk}.", "zh-CN": "没有取号机 {kiosk}。"}, kiosk=name
            )
        return kiosk

    def _wanted(self, data: Issue) -> dict[str, Any]:
        wanted = {"queue": data.queue.removeprefix("queue."), "party": data.party, "origin": f"kiosk.{data.kiosk}",
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
    queue = data.queue.removeprefix("queue.")
    for entry in kiosk.leaves():
        if entry.queue == queue and entry.service == data.service:
            return entry
    raise Refused("not_on_menu", {"en": "This kiosk does not offer that service.", "zh-CN": "这台取号机不办理该业务。"})
