"""The kiosks of a hall: for each an entity and a view; for all the action kiosk.issue."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ...core.entities import Entity
from ...core.events import Event
from ...core.integration import Kit
from ...core.offers import FILTERS
from .config import Config, Kiosk
from .issuing import CheckIn, Issue, Issuing
from .menu import Menu, printer_state
from .paper import able
from .qr import qr


def _matters(event: Event) -> bool:
    """Whether a change may open or close a kiosk: every ticket changes a queue, and hardly ever that."""
    old, new = event.data["old_state"], event.data["new_state"]
    if old is None or new is None or old.available is not new.available or not new.entity_id.startswith("queue."):
        return True
    return bool(old.attributes.get("open") != new.attributes.get("open"))


@asynccontextmanager
async def open_kiosks(config: Config, kit: Kit) -> AsyncGenerator[None]:
    """Every kiosk, until the block ends."""
    for name, kiosk in config.root.items():
        _open(name, kiosk, kit)
    kit.offer(FILTERS, "qr", qr)
    issuing = Issuing(config, kit)
    kit.action("kiosk.issue", Issue, issuing.issue, description={
        "en": "Take a number at a kiosk: from its menu, printed if it has a printer.",
        "zh-CN": "在取号机上取号：按其菜单，有打印机则打印小票。"})  # fmt: skip
    kit.action("kiosk.check_in", CheckIn, issuing.check_in, description={
        "en": "Check in for an appointment at a kiosk, and take its number.",
        "zh-CN": "在取号机上预约签到并取号。"})  # fmt: skip
    yield


def _open(name: str, kiosk: Kiosk, kit: Kit) -> None:
    entity = Entity(f"kiosk.{name}", kiosk.name or name)
    menu = Menu(name, kiosk, kit)
    kit.entity(entity)
    view = kit.view(menu.view())

    shown: tuple[str, str] | None = None

    def follow(event: Event | None = None) -> None:
        nonlocal shown
        view.touch()
        if event is not None and not _matters(event):
            return
        printer = printer_state(kiosk, kit.states)
        value = "closed" if not menu.open else "ready" if kiosk.printer is None or able(printer) else "no_paper"
        if (value, printer) == shown:  # every ticket changes a queue, and hardly ever whether the kiosk is open
            return
        shown = (value, printer)
        entity.show(value, {"printer": kiosk.printer and f"printer.{kiosk.printer}", "printer_state": printer},
                    event.context.child() if event else None)  # fmt: skip

    kit.on_close(kit.states.watch(menu.reads, follow))
    follow()
