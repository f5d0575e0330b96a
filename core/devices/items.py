"""What every item under `display:`, `speaker:`, `voice:` has in common, and how its platform is found, kept and asked."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any, Final, TypeVar, cast

from pydantic import AfterValidator, Field

from ..errors import ActionError, ConnectionLost, Place, SetupFailed
from ..integration import PLATFORMS, Kit
from ..limits import within
from ..schema import Name, Strict, WordsField
from ..source import Map, Seq, place_of
from ..words import Words

T = TypeVar("T")
LONGEST: Final = 1000  # characters of one text
LANGUAGES: Final = 20  # of one message


def _sayable(message: Words) -> Words:
    texts = [message] if isinstance(message, str) else list(message.values())
    if not any(text.strip() for text in texts):
        raise ValueError("there is no text. Write one, or one a language: {en: Hello, zh-CN: 你好}")
    if len(texts) > LANGUAGES:
        raise ValueError(f"a text in more than {LANGUAGES} languages is too much for people in passing")
    if any(len(text) > LONGEST for text in texts):
        raise ValueError(f"a text of more than {LONGEST} characters is too long for people in passing")
    return message


Saying = Annotated[WordsField, AfterValidator(_sayable)]
"""What an action shows or says to people: one text, or one a language."""


class DeviceItem(Strict):
    """One device in the YAML; a platform's own model adds what it needs."""

    platform: str = Field(description="The integration that serves it.")
    id: Name = Field(description="Its name, as in display.hall.")
    name: WordsField | None = Field(None, description="What people call it.")

    @property
    def title(self) -> Words:
        return self.name or self.id


def keep(kind: str, item: DeviceItem, kit: Kit, ready: Callable[[Any], None], lost: Callable[[], None],
         around: Callable[[Any, Kit], AbstractAsyncContextManager[Any]]) -> None:  # fmt: skip
    """Have `item` opened by its platform, and entered again whenever its connection is lost.

    `around(device, own)` is the kind's own work in the device's block, `own` its Kit: what fails there fails the device.
    """

    @asynccontextmanager
    async def open_one(own: Kit) -> AsyncGenerator[Any, None]:
        platform = kit.offers.get(PLATFORMS, f"{kind}.{item.platform}")
        if platform is None:
            raise SetupFailed(f"{kind}.{item.id}: no integration here serves a {kind} as {item.platform!r}.")
        async with platform.open(item, own) as device, around(device, own):
            yield device

    kit.keep(f"{kind}.{item.id}", open_one, ready=ready, lost=lost)


def place_of_item(tree: Any, kind: str, name: str, *keys: str) -> Place | None:
    """Where a key of an item stands in the whole YAML; the item itself if it has no such key."""
    listed: Any = tree.get(kind) if isinstance(tree, Map) else None
    if isinstance(listed, Map):
        return place_of(tree, (kind, *keys))
    for index, item in enumerate(listed if isinstance(listed, Seq) else ()):
        if isinstance(item, Map) and str(item.get("id")) == name:
            return place_of(tree, (kind, index, *keys))
    return None


async def ask(own: Kit, work: Coroutine[Any, Any, T], limit: float, what: str) -> T:
    """Have a device do something as its own task: what it breaks is its own block, not the kind's.

    `limit` in seconds; a device that takes longer is lost. Raises ConnectionLost, and the device's ActionErrors.
    """
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def run() -> Any:
        try:
            return await within(work, limit)
        except ActionError as error:
            return error
        except TimeoutError as error:
            raise ConnectionLost(f"{what} did not answer within {limit:g} s.") from error

    def ended(task: "asyncio.Task[Any]") -> None:
        if done.done():
            return
        if task.cancelled():
            done.set_result(ConnectionLost(f"{what} is gone."))
        else:
            error = task.exception()
            lost = ConnectionLost(f"{what} failed: {error}") if error else None
            done.set_result(error if isinstance(error, ConnectionLost) else lost or task.result())

    task = own.task(run(), what)
    task.add_done_callback(ended)
    outcome = await done
    if isinstance(outcome, (ActionError, ConnectionLost)):
        raise outcome
    return cast("T", outcome)
