"""The kind `printer`: `printer.print`, `printer.test`, `printer.status`, one desk a printer, `print_done|print_failed`.

The answer comes when a job is accepted, never when it is printed: the hall does not wait for paper. Order, urgency,
fallback and reprints are decided here; a platform puts a job on paper and says how the printer is.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, cast

from pydantic import Field

from ..actions import Answer, Call
from ..entities import Entity
from ..errors import ConfigError, Failed, Place, Problem, Refused, TemplateError, Unknown
from ..events import Context
from ..ids import new_id
from ..integration import Checked, Kit
from ..offers import RENDER
from ..schema import Strict, Target
from ..source import Map, Seq, place_of
from .items import keep
from .printing.desk import PRINT_DONE, PRINT_FAILED, Desk
from .printing.item import Fault, PrinterItem
from .printing.layout_files import TEST, blocks_of, broken_templates
from .printing.layouts import Block, Blocks, ImageBlock, Layout, walk
from .printing.line import Job
from .printing.protocol import Printer
from .printing.sheets import compose
from .printing.tickets import variables

__all__ = ["PRINT_DONE", "PRINT_FAILED", "PrinterItem", "check_printers", "printer_entities", "setup_printers"]
REMEMBERED: Final = 1000  # answers to repeated request ids
TICK: Final = 1.0  # seconds between looks at jobs whose printer is gone


class Print(Strict):
    """The data of `printer.print`."""

    printer: Annotated[str, Target("printer")] = Field(description="Which printer.")
    ticket: str | dict[str, Any] | None = Field(
        default=None, description="The ticket: its id, its number, or the ticket itself."
    )
    layout: Blocks | None = Field(default=None, description="Blocks to print instead of the printer's own layout.")
    data: dict[str, Any] = Field(
        default={}, max_length=100, description="What the layout may use beside: ahead, link, hint, ..."
    )
    language: str | None = Field(default=None, max_length=20, description="The language; the ticket's own if none.")
    copies: int = Field(default=1, ge=1, le=5, description="How many.")
    urgency: int = Field(default=0, ge=-100, le=100, description="Higher goes first.")
    reprint: bool = Field(default=False, description="Marked as printed before.")


class Which(Strict):
    """The data of `printer.test` and `printer.status`."""

    printer: Annotated[str, Target("printer")] = Field(description="Which printer.")


class Printers:
    """All printers of the hall, and the actions on them."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._desks: dict[str, Desk] = {}
        self._layouts: dict[str, list[Block]] = {}
        self._answers: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
        self._test = blocks_of(Layout(use_blueprint=TEST), kit.site.folder)

    def add(self, item: PrinterItem) -> None:
        """Set up a printer's desk and have its platform kept up."""
        self._layouts[item.id] = blocks_of(item.layout, self._kit.site.folder)
        entity = Entity(f"printer.{item.id}", item.title)
        self._desks[item.id] = desk = Desk(item, entity, self._kit.clock, self._desks, self._tell)
        self._kit.entity(entity)

        @asynccontextmanager
        async def around(printer: Printer, own: Kit) -> AsyncGenerator[None, None]:
            work = own.task(desk.run(printer), "desk")
            try:
                yield
            finally:  # before the platform closes what it prints with
                work.cancel()
                await asyncio.wait([work], timeout=5)

        keep("printer", item, self._kit, lambda _: None, desk.lost, around)

    def tick(self) -> None:
        for desk in self._desks.values():
            desk.tick()

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
        blocks = self._layouts[desk.item.id] if data.layout is None else data.layout
        try:
            sheet = compose(blocks, values, language, self._render)
        except TemplateError as error:
            raise Failed(
                {"en": f"The ticket's layout: {error}", "zh-CN": f"票面模板出错：{error}"}, "bad_layout"
            ) from error
        number, ticket_id = (ticket or {}).get("number"), (ticket or {}).get("id")
        job = Job(new_id(), desk.item.id, sheet, kit.clock.monotonic(), number, ticket_id, language, data.copies,
                  data.urgency, data.reprint, context.child())  # fmt: skip
        return {"job": job.id, "queued": desk.accept(job)}

    async def _ticket(self, ticket: str | dict[str, Any] | None, context: Context) -> Mapping[str, Any] | None:
        """The ticket itself; who gave only its name is answered by the hall."""
        if not isinstance(ticket, str):
            return ticket
        answer = await self._kit.call("ticket.get", {"ticket": ticket}, context.child())
        return cast("Mapping[str, Any]", answer["ticket"])

    def _language(self, item: PrinterItem) -> str:
        return next(iter((*item.languages, *self._kit.site.languages)), "en")

    def _render(self, text: str, values: Mapping[str, Any]) -> Any:
        """By the language wing; a text without a template needs none."""
        if not any(mark in text for mark in ("{{", "{%", "{#")):
            return text
        render = self._kit.offers.get(RENDER, "render")
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


@asynccontextmanager
async def setup_printers(items: Sequence[PrinterItem], kit: Kit) -> AsyncGenerator[None, None]:
    """Every printer of the YAML, its entity and the actions. Raises ConfigError for a layout that cannot be read."""
    printers = Printers(kit)
    for item in items:
        printers.add(item)
    kit.every(TICK, printers.tick)
    kit.action("printer.print", Print, printers.print,
               description={"en": "Print a ticket.", "zh-CN": "打印小票。"})  # fmt: skip
    kit.action("printer.test", Which, printers.test,
               description={"en": "Print a test ticket.", "zh-CN": "打印测试小票。"})  # fmt: skip
    kit.action("printer.status", Which, printers.status, question=True, response="only",
               description={"en": "How a printer is.", "zh-CN": "查询打印机状态。"})  # fmt: skip
    yield


def printer_entities(items: Iterable[PrinterItem]) -> set[str]:
    """The entities these printers will have."""
    return {f"printer.{item.id}" for item in items}


def check_printers(items: Sequence[PrinterItem], checked: Checked) -> None:
    """Complain of layouts that cannot be read, pictures that are not there, and what each platform finds."""
    for item in items:
        tree = _item(checked.tree, item.id)
        where = partial(_place, tree)
        faults = list(item.faults(checked.folder))
        checked.problems.extend(broken_templates(tree.get("layout") if isinstance(tree, Map) else None))
        try:
            blocks = blocks_of(item.layout, checked.folder, partial(where, "layout", "use_blueprint"))
        except ConfigError as error:
            checked.problems.extend(error.problems)
        else:
            faults += [
                Fault(("layout",), f"there is no picture {block.image!r} in the configuration folder.")
                for block in walk(blocks)
                if isinstance(block, ImageBlock) and block.image and not inside(block.image, checked.folder)
            ]
        for fault in faults:
            text = f"printer.{item.id}: {fault.text}"
            checked.problems.append(Problem(where(*fault.keys), text, fault.severity))


def _item(tree: Any, name: str) -> Any:
    """The YAML of the printer called `name`."""
    listed: Any = tree.get("printer") if isinstance(tree, Map) else None
    items: Iterable[Any] = listed if isinstance(listed, Seq) else [listed]
    return next((one for one in items if isinstance(one, Map) and str(one.get("id")) == name), listed)


def _place(item: Any, *keys: Any) -> Place | None:
    """Where a key of a printer stands; the printer itself if the key does not stand there."""
    return place_of(item, keys)


def inside(file: str, folder: Path) -> Path | None:
    """A file of the configuration folder by its relative name; None if it is elsewhere or not there."""
    path = (folder / file).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
