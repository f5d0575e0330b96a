"""The kind `printer`: `printer.print`, `printer.test`, `printer.status`, one desk a printer, `print_done|print_failed`.

The answer comes when a job is accepted, never when it is printed: the hall does not wait for paper. Order, urgency,
fallback and reprints are decided here; a platform puts a job on paper and says how the printer is.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from ..actions import Answer, Call
from ..entities import Entity
from ..errors import Failed, Refused, TemplateError, Unknown
from ..events import Context
from ..ids import new_id
from ..integration import Kit
from ..offers import RENDER
from .items import keep
from .models import Print, Which
from .printing.desk import PRINT_DONE, PRINT_FAILED, Desk
from .printing.item import PrinterItem
from .printing.layout_files import TEST, blocks_of
from .printing.layouts import Block, Layout
from .printing.line import Job
from .printing.protocol import Printer
from .printing.sheets import Prepared
from .printing.tickets import variables

__all__ = ["PRINT_DONE", "PRINT_FAILED", "PrinterItem", "setup_printers"]
REMEMBERED: Final = 1000  # answers to repeated request ids
TICK: Final = 1.0  # seconds between looks at jobs whose printer is gone


class Printers:
    """All printers of the hall, and the actions on them."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._desks: dict[str, Desk] = {}
        self._parts: dict[str, Kit] = {}
        self._layouts: dict[str, Prepared] = {}
        self._answers: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._looking = False
        self._test = blocks_of(Layout(use_blueprint=TEST), kit.site.folder)

    def read_layouts(self, items: Sequence[PrinterItem]) -> dict[str, list[Block]]:
        """The layout of each printer. Reads files; raises ConfigError for one that cannot be read."""
        return {item.id: blocks_of(item.layout, self._kit.site.folder) for item in items}

    async def take(self, items: Sequence[PrinterItem], layouts: dict[str, list[Block]]) -> None:
        """These are the printers now; one whose YAML is the same goes on, and what waits for another is not lost."""
        wanted = {item.id: item for item in items}
        self._layouts = {name: Prepared(blocks) for name, blocks in layouts.items()}
        left: dict[str, Desk] = {}
        for name, desk in list(self._desks.items()):
            if not _same(wanted.get(name), desk.item):
                await self._parts.pop(name).close()
                left[name] = self._desks.pop(name)
            else:
                desk.item = wanted[name]
        for name, item in wanted.items():
            if name not in self._desks:
                self._add(item, left.pop(name, None))
        for desk in left.values():
            desk.dissolve()
        self._look_soon()  # what waited for a printer that was set up anew waits for it still

    def _add(self, item: PrinterItem, before: Desk | None) -> None:
        """Set up a printer's desk and have its platform kept up; jobs of the desk `before` it are its own."""
        part = self._parts[item.id] = self._kit.part(f"printer.{item.id}")
        entity = Entity(f"printer.{item.id}", item.title)
        self._desks[item.id] = desk = Desk(item, entity, self._kit.clock, self._desks, self._tell)
        part.entity(entity)
        if before is not None:
            desk.inherit(before)

        @asynccontextmanager
        async def around(printer: Printer, own: Kit) -> AsyncGenerator[None, None]:
            work = own.task(desk.run(printer), "desk")
            try:
                yield
            finally:  # before the platform closes what it prints with
                work.cancel()
                await asyncio.wait([work], timeout=5)

        keep("printer", item, part, lambda _: None, desk.lost, around)

    def _look_soon(self) -> None:
        """Look at what waits in a moment, and again until nothing does."""
        if not self._looking:
            self._looking = True
            self._kit.after(TICK, self._look)

    def _look(self) -> None:
        self._looking = False
        for desk in self._desks.values():
            desk.tick()
        if any(desk.waiting for desk in self._desks.values()):
            self._look_soon()

    async def print(self, data: Print, call: Call) -> Answer:
        """Accept a ticket; a repeated request id gets the first answer and no second ticket."""
        repeated = (call.caller.id, call.request_id) if call.request_id else None
        if repeated is not None and repeated in self._answers:
            return self._answers[repeated]
        desk = self._desk(data.printer)
        ticket = await self._ticket(data.ticket, call.context)
        language = data.language or cast("str | None", (ticket or {}).get("language")) or self._language(desk.item)
        answer = self._accept(desk, data, ticket, language, call.context)
        if repeated is not None:
            self._answers[repeated] = answer
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    async def test(self, data: Which, call: Call) -> Answer:
        """Print a test ticket: letters, Chinese, lines, a QR code."""
        desk = self._desk(data.printer)
        what = Print(printer=data.printer, layout=self._test, data={"printer": desk.item.title})
        return self._accept(desk, what, None, self._language(desk.item), call.context)

    async def status(self, data: Which, call: Call) -> Answer:
        """How the printer is, as last asked."""
        return self._desk(data.printer).answer()

    def _accept(self, desk: Desk, data: Print, ticket: Mapping[str, Any] | None, language: str,
                context: Context) -> dict[str, Any]:  # fmt: skip
        kit = self._kit
        values = variables(ticket, data.data, language, kit.states, kit.site, kit.clock)
        layout = self._layouts[desk.item.id] if data.layout is None else Prepared(data.layout)
        try:
            sheet = layout.compose(values, language, self._render, self._write)
        except TemplateError as error:
            raise Failed(
                {"en": f"The ticket's layout: {error}", "zh-CN": f"票面模板出错：{error}"}, "bad_layout"
            ) from error
        number, ticket_id = (ticket or {}).get("number"), (ticket or {}).get("id")
        job = Job(new_id(), desk.item.id, sheet, kit.clock.monotonic(), number, ticket_id, language, data.copies,
                  data.urgency, data.reprint, context.child())  # fmt: skip
        queued = desk.accept(job)
        self._look_soon()
        return {"job": job.id, "queued": queued}

    async def _ticket(self, ticket: str | dict[str, Any] | None, context: Context) -> Mapping[str, Any] | None:
        """The ticket itself; who gave only its name is answered by the hall."""
        if not isinstance(ticket, str):
            return ticket
        answer = await self._kit.call("ticket.get", {"ticket": ticket}, context.child())
        return cast("Mapping[str, Any]", answer["ticket"])

    def _language(self, item: PrinterItem) -> str:
        return next(iter((*item.languages, *self._kit.site.languages)), "en")

    def _render(self, text: str, values: Mapping[str, Any]) -> Any:
        return self._rendered("render", text, values)

    def _write(self, text: str, values: Mapping[str, Any]) -> Any:
        return self._rendered("text", text, values)

    def _rendered(self, what: str, text: str, values: Mapping[str, Any]) -> Any:
        """By the language wing; a text without a template needs none."""
        if "{{" not in text and "{%" not in text and "{#" not in text:
            return text
        render = self._kit.offers.get(RENDER, what) or self._kit.offers.get(RENDER, "render")
        if render is None:
            raise Refused("no_templates", {"en": "Templates are not ready yet.", "zh-CN": "模板功能尚未就绪。"})
        return render(text, values)

    def _desk(self, name: str) -> Desk:
        desk = self._desks.get(name)
        if desk is None:
            raise Unknown("unknown_printer", {"en": "There is no printer {printer}.", "zh-CN": "没有打印机 {printer}。"},
                          printer=name)  # fmt: skip
        return desk

    def _tell(self, kind: str, data: Mapping[str, Any], job: Job) -> None:
        self._kit.bus.fire(kind, data, job.context.child())


def _same(new: PrinterItem | None, old: PrinterItem) -> bool:
    """Whether nothing but the layout has changed: that needs no new connection."""
    return new is not None and type(new) is type(old) and new.model_copy(update={"layout": old.layout}) == old


@asynccontextmanager
async def setup_printers(items: Sequence[PrinterItem], kit: Kit) -> AsyncGenerator[Printers, None]:
    """Every printer of the YAML, its entity and the actions. Raises ConfigError for a layout that cannot be read."""
    printers = Printers(kit)
    await printers.take(items, printers.read_layouts(items))
    kit.action("printer.print", Print, printers.print,
               description={"en": "Print a ticket.", "zh-CN": "打印小票。"})  # fmt: skip
    kit.action("printer.test", Which, printers.test,
               description={"en": "Print a test ticket.", "zh-CN": "打印测试小票。"})  # fmt: skip
    kit.action("printer.status", Which, printers.status, question=True, response="only",
               description={"en": "How a printer is.", "zh-CN": "查询打印机状态。"})  # fmt: skip
    yield printers
