"""Home Assistant's trace/list, trace/get and trace/contexts, from the questions `trace.list` and `trace.get`."""

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from ....core.errors import Unknown
from ....core.schema import Strict

if TYPE_CHECKING:
    from .connection import Connection


class ListTraces(Strict):
    """trace/list and trace/contexts."""

    domain: Literal["automation", "script"] | None = None
    item_id: str | None = Field(None, max_length=200)


class GetTrace(Strict):
    """trace/get."""

    domain: Literal["automation", "script"]
    item_id: str = Field(max_length=200)
    run_id: str = Field(max_length=64)


async def _listed(socket: "Connection", m: ListTraces) -> list[dict[str, Any]]:
    data = {key: value for key, value in (("domain", m.domain), ("item_id", m.item_id)) if value is not None}
    answer = await socket.kit.actions.call("trace.list", data, socket.door.call(socket.caller))
    found: list[dict[str, Any]] = (answer or {})["traces"]
    return found


async def list_traces(socket: "Connection", number: int, m: ListTraces) -> None:
    socket.result(number, await _listed(socket, m))


async def contexts(socket: "Connection", number: int, m: ListTraces) -> None:
    """Which run carries a context: what a logbook links to. A run's id is its context's."""
    socket.result(number, {
        one["run_id"]: {"run_id": one["run_id"], "domain": one["domain"], "item_id": one["item_id"]}
        for one in await _listed(socket, m)
    })  # fmt: skip


async def get_trace(socket: "Connection", number: int, m: GetTrace) -> None:
    call = socket.door.call(socket.caller)
    try:
        answer = await socket.kit.actions.call("trace.get", {"run_id": m.run_id}, call)
    except Unknown as error:
        socket.error(number, {"code": "not_found", "message": error.say(socket.caller.language)})
        return
    found: dict[str, Any] = (answer or {})["trace"]
    if (found["domain"], found["item_id"]) != (m.domain, m.item_id):
        socket.error(number, {"code": "not_found", "message": f"{m.domain}.{m.item_id} has no such run."})
        return
    socket.result(number, found)


COMMANDS: Final = (
    ("trace/list", ListTraces, list_traces),
    ("trace/get", GetTrace, get_trace),
    ("trace/contexts", ListTraces, contexts),
)
