"""A real server on a free port, over hand-made rooms with toy actions, states and views."""

import asyncio
import io
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import aiohttp
import orjson
import pytest
from pydantic import Field
from usher.core.access import Caller, Links
from usher.core.actions import Actions, Call
from usher.core.bus import Bus
from usher.core.clock import SystemClock
from usher.core.entities import Entity
from usher.core.errors import Failed, Refused, Unknown
from usher.core.integration import Kit, Rooms, Site
from usher.core.language.templates import Templates
from usher.core.language.templates.tracking import TemplateWatch
from usher.core.offers import BLOBS, RENDER, TRACK, TRIGGERS, Blob, Offers, TriggerKind
from usher.core.schema import Duration, Strict, Target
from usher.core.states import States
from usher.core.store import Store
from usher.core.views import View, Views
from usher.integrations.http import INTEGRATION
from usher.integrations.http.app import PORT
from usher.integrations.http.config import Config

OWNER, STAFF, DEVICE, NARROW = "usher_owner", "usher_staff", "usher_device", "usher_narrow"


class Accounts:
    """Users by token, as core.accounts answers them."""

    def __init__(self, clock: SystemClock) -> None:
        self.links = Links(b"a key for tests", clock)
        self.callers = {
            OWNER: Caller("u1", "Ann", "owner"),
            STAFF: Caller("u2", "Bo", "staff"),
            "usher_chinese": Caller("u5", "李", "manager", language="zh-CN"),
            DEVICE: Caller(
                "u3", "Kiosk", "device", frozenset({"action:queue.issue", "entity:queue.*", "view:kiosk/*"})
            ),
            NARROW: Caller("u4", "Cy", "staff", frozenset({"event:ticket_*", "event:state_changed", "entity:queue.a"})),
        }
        self.watchers: list[Callable[[], None]] = []

    def authenticate(self, token: str) -> Caller | None:
        return self.links.read(token) if token.startswith("link.") else self.callers.get(token)

    async def sign_in_code(self, code: str) -> str | None:
        return OWNER if code == "ABCD-2345" else None

    async def sign_in(self, name: str, password: str, origin: str = "") -> str | None:
        return STAFF if (name, password) == ("bo", "secret") else None

    def watch(self, then: Callable[[], None]) -> Callable[[], None]:
        self.watchers.append(then)
        return lambda: self.watchers.remove(then)


class Issue(Strict):
    """A new ticket."""

    queue: Annotated[str, Target("queue")] = Field(description="The queue.")
    party: int = Field(1, ge=1, le=99, description="How many people.")
    language: Literal["zh-CN", "en"] | None = Field(None, description="The visitor's language.")
    patience: Duration | None = Field(None, description="How long they wait.")
    note: str | None = Field(None, max_length=200)


class CallNext(Strict):
    """Call the next ticket."""

    counter: Annotated[str, Target("counter")] = Field(description="The counter.")


class Nothing(Strict):
    """No data."""


class Seconds(Strict):
    """How long."""

    seconds: float = 0


class OnEvent(Strict):
    """The toy trigger kind."""

    event_type: str


class Hall:
    """The toy hall and how to reach it."""

    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock("Asia/Shanghai")
        self.site = Site("main", {"en": "Riverside", "zh-CN": "江畔"}, ("zh-CN", "en"), folder, folder / ".usher",
                         "BOOT1", "0.1.0")  # fmt: skip
        self.bus = Bus(self.clock)
        self.states = States(self.bus, self.clock)
        self.actions, self.offers, self.views = Actions(), Offers(), Views()
        self.accounts = Accounts(self.clock)
        self.rooms = Rooms(self.site, self.clock, self.bus, self.states, self.actions, self.offers, self.views,
                           Store(folder / "hall.db", ()), self.accounts, lambda *a, **k: lambda: None)  # fmt: skip
        self.kit = Kit("toy", self.rooms)
        self.port = 0
        self.issued = 0
        self.answers: dict[str, dict[str, Any]] = {}
        self.board = {"n": 0}
        self._furnish()

    def _furnish(self) -> None:
        kit = self.kit
        self.queue = kit.entity(Entity("queue.a", {"en": "Personal", "zh-CN": "个人业务"}))
        self.counter = kit.entity(Entity("counter.1", {"en": "Window 1", "zh-CN": "1号窗口"}))
        self.queue.show(0, {"waiting": 0, "paused": False})
        self.counter.show("idle", {"ticket": None})
        kit.entity(Entity("printer.lobby", "Printer"))
        kit.action("queue.issue", Issue, self.issue, description={"en": "Issue a ticket.", "zh-CN": "取号。"})
        kit.action("counter.call_next", CallNext, self.call_next)
        kit.action("counter.sign_out", CallNext, self.silent, response="none")
        kit.action("ticket.list", Nothing, self.list, question=True, response="only")
        kit.action("toy.sleep", Seconds, self.sleep)
        kit.action("toy.burn", Nothing, self.burn)
        kit.action("toy.jam", Nothing, self.jam)
        self.view = kit.view(View("display/hall", lambda: dict(self.board), title={"en": "Hall"}, path="/display/hall",
                                  page="hall"))  # fmt: skip
        kit.view(View("counter/1", lambda: {"counter": "1"}, path="/counter/1", page="counter", public=False))
        kit.view(View("kiosk/lobby", lambda: {"open": True}, path="/kiosk/lobby", page="kiosk",
                      scopes=("action:queue.issue",)))  # fmt: skip
        kit.offer(BLOBS, "speech", self.blob)
        templates = Templates(kit.states, kit.clock, kit.offers)
        watch = TemplateWatch(kit.states, kit.bus, kit.clock)
        kit.on_close(watch.stop)
        kit.offer(RENDER, "render", templates.render)
        kit.offer(TRACK, "track", lambda text, names, then: watch.track(templates.read(text), names, then))
        kit.offer(TRIGGERS, "event", TriggerKind(OnEvent, self.attach))

    async def issue(self, m: Issue, call: Call) -> dict[str, Any]:
        if m.queue != "a":
            raise Unknown("unknown_queue", {"en": "There is no queue {q}.", "zh-CN": "没有队列 {q}。"}, q=m.queue)
        if call.request_id in self.answers:
            return self.answers[call.request_id]
        if m.note == "full":
            raise Refused("queue_full", {"en": "The queue is full.", "zh-CN": "排队人数已满。"})
        await asyncio.sleep(0)
        self.issued += 1
        ticket = {"id": f"T{self.issued}", "number": f"A{self.issued:03d}", "queue": m.queue, "party": m.party}
        self.queue.show(self.issued, {"waiting": self.issued, "paused": False}, call.context)
        self.bus.fire("ticket_issued", {"ticket": ticket}, call.context)
        answer = {"ticket": ticket, "ahead": self.issued - 1}
        if call.request_id:
            self.answers[call.request_id] = answer
        return answer

    async def call_next(self, m: CallNext, call: Call) -> dict[str, Any]:
        self.board["n"] += 1
        self.counter.show("calling", {"ticket": {"number": "A001"}}, call.context)
        self.view.touch()
        return {"ticket": {"number": "A001"}, "counter": m.counter}

    async def silent(self, m: CallNext, call: Call) -> None:
        return None

    async def list(self, m: Nothing, call: Call) -> dict[str, Any]:
        return {"tickets": []}

    async def sleep(self, m: Seconds, call: Call) -> None:
        await asyncio.sleep(m.seconds)

    async def burn(self, m: Nothing, call: Call) -> None:
        raise RuntimeError("a fault nobody foresaw")

    async def jam(self, m: Nothing, call: Call) -> None:
        raise Failed({"en": "The printer is jammed.", "zh-CN": "打印机卡纸。"})

    async def blob(self, name: str) -> Blob | None:
        return Blob(b"RIFF....", "audio/wav") if name == "abc.wav" else None

    def attach(self, m: OnEvent, fire: Any) -> Callable[[], None]:
        return self.bus.listen(lambda e: fire({"platform": "event", "event": dict(e.data)}, e.context), m.event_type)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def opened(folder: Path, **config: Any) -> AsyncGenerator[Hall, None]:
    """The hall with its door open."""
    hall = Hall(folder)
    model = Config.model_validate({"host": "127.0.0.1", "port": 0, **config})
    kit = Kit("http", hall.rooms)
    assert INTEGRATION.setup is not None
    async with INTEGRATION.setup(model, kit):
        port = hall.offers.get(PORT, "http")
        assert port
        hall.port = port
        try:
            yield hall
        finally:
            await kit.close()
    await hall.kit.close()


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncGenerator[Hall, None]:
    async with opened(tmp_path) as one:
        yield one


@pytest.fixture
def open_hall(tmp_path: Path) -> Callable[..., Any]:
    """A hall with other settings: `async with open_hall(limits={...}) as hall`."""
    return lambda **config: opened(tmp_path, **config)


@pytest.fixture
def client_of() -> Callable[[Hall, aiohttp.ClientSession], "Client"]:
    return Client


class Client:
    """HTTP as a program speaks it; answers (status, JSON)."""

    def __init__(self, hall: Hall, session: aiohttp.ClientSession) -> None:
        self._hall, self.session = hall, session

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = OWNER, **headers: str
    ) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        given = {"Authorization": f"Bearer {token}"} if token else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(
            method, self._hall.url + path, data=io.BytesIO(raw) if raw is not None else None, headers=given
        ) as answer:
            read = await answer.read()
            is_json = answer.content_type == "application/json"
            return answer.status, orjson.loads(read) if is_json else read.decode()

    async def get(self, path: str, token: str | None = OWNER, **headers: str) -> tuple[int, Any]:
        return await self.ask("GET", path, None, token, **headers)

    async def post(self, path: str, body: Any = None, token: str | None = OWNER, **headers: str) -> tuple[int, Any]:
        return await self.ask("POST", path, body, token, **headers)


@pytest.fixture
async def client(hall: Hall) -> AsyncGenerator[Client, None]:
    async with aiohttp.ClientSession() as session:
        yield Client(hall, session)


class Wire:
    """A WebSocket as a program speaks it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.number = 0
        self.held: list[Any] = []  # read, but not asked for yet

    async def read(self) -> Any:
        """The next message."""
        if self.held:
            return self.held.pop(0)
        async with asyncio.timeout(10):
            message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return orjson.loads(message.data)

    async def send(self, kind: str, **data: Any) -> int:
        self.number += 1
        await self.socket.send_str(orjson.dumps({"id": self.number, "type": kind, **data}).decode())
        return self.number

    async def ask(self, kind: str, **data: Any) -> Any:
        """The result of a command; what comes before it is held."""
        number = await self.send(kind, **data)
        before: list[Any] = []
        while True:
            message = await self.read()
            if message.get("id") == number and message["type"] in ("result", "pong"):
                self.held = before + self.held
                return message
            before.append(message)

    async def good(self, kind: str, **data: Any) -> Any:
        answer = await self.ask(kind, **data)
        assert answer["success"], answer
        return answer["result"]

    async def bad(self, kind: str, **data: Any) -> Any:
        answer = await self.ask(kind, **data)
        assert not answer["success"], answer
        return answer["error"]

    async def event(self) -> Any:
        message = await self.read()
        assert message["type"] == "event", message
        return message["event"]

    async def quiet(self) -> None:
        """Nothing more has been sent up to now."""
        assert (await self.ask("ping"))["type"] == "pong"
        assert self.held == []


@pytest.fixture
async def connect(hall: Hall) -> AsyncGenerator[Callable[..., Awaitable[Wire]], None]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(token: str | None = OWNER, **headers: str) -> Wire:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            wire = Wire(await session.ws_connect(hall.url + "/api/websocket", headers=named))
            if token is not None:
                assert (await wire.read())["type"] == "auth_required"
                await wire.socket.send_str(orjson.dumps({"type": "auth", "access_token": token}).decode())
                assert (await wire.read())["type"] == "auth_ok"
            return wire

        yield one


@pytest.fixture
async def wire(connect: Callable[..., Awaitable[Wire]]) -> Wire:
    return await connect()
