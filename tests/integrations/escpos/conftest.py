"""A hall with real printers made of software: real TCP, real ptys, the bytes decoded."""

import asyncio
from contextlib import asynccontextmanager

import jinja2
import pytest
from usher.core.offers import RENDER
from usher.core.testing import branch
from usher.integrations.escpos.drawing import Artist
from usher.integrations.escpos.finding import shows
from usher.integrations.escpos.simulator import network_printer
from usher.integrations.escpos.typesetting import Typesetter

HALL = """
usher: {name: {en: Riverside branch, zh-CN: 江畔支行}, languages: [zh-CN, en]}
queue:
  personal: {name: {en: Personal banking, zh-CN: 个人业务}, prefix: A, digits: 3}
counter:
  "1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [{queue: personal}]}
printer:
"""
QUICK = "retry: 0.05, poll: 0.05, answer_within: 0.3, print_within: 5"


class Halls:
    """Opens halls and knows the YAML of their printers."""

    def __init__(self, folder):
        self.folder = folder

    @asynccontextmanager
    async def open(self, *printers):
        async with branch(HALL + "".join(printers), self.folder) as hall:
            if hall.engine.offers.get(RENDER, "render") is None:  # the language wing lends the real one
                env = jinja2.Environment(autoescape=False)
                hall.engine.offers.add(RENDER, "render", lambda text, values: env.from_string(text).render(values))
            yield hall

    def item(self, connection, name="lobby", more=""):
        """One item under `printer:`."""
        more = f", {more}" if more else ""
        return f"  - {{platform: escpos, id: {name}, {QUICK}{more}, connection: {{{connection}}}}}\n"

    def network(self, printer, name="lobby", more=""):
        return self.item(f"type: network, host: {printer.host}, port: {printer.port}", name, more)

    async def until(self, true, limit=30.0):
        """Wait until it is so; a hang is a failure, slowness is not."""
        async with asyncio.timeout(limit):
            while not true():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)

    async def state(self, hall, value, name="lobby"):
        await self.until(lambda: hall.state(f"printer.{name}").value == value)

    async def done(self, hall, count=1):
        """Wait for that many confirmed tickets."""
        await self.until(lambda: len(hall.events("print_done")) >= count)
        return hall.events("print_done")


@pytest.fixture
def halls(tmp_path):
    return Halls(tmp_path)


@pytest.fixture
async def printer():
    async with network_printer() as made:
        yield made


@pytest.fixture
def on_paper(tmp_path):
    """Whether a slip shows these pieces, drawn for paper of its width."""

    def look(slip, *pieces, width=576):
        bands = Artist(width, Typesetter(), tmp_path).draw(pieces)
        return shows(slip.image, bands[0].image)

    return look
