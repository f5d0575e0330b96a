"""`render_template`: rendered at once, and again when states change, as often as four times a second."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from ....core.clock import Cancel
from ....core.errors import ActionError, Refused, TemplateError
from ....core.events import Event
from ....core.schema import Strict
from ....core.states import STATE_CHANGED
from ..templates import render

if TYPE_CHECKING:
    from .connection import Connection

PAUSE: Final = 0.25  # seconds between two renderings of one template
MAX_WATCHED: Final = 16  # templates of one socket that are rendered again and again
_LISTENERS: Final[Mapping[str, Any]] = {"all": True, "domains": [], "entities": [], "time": False}


class RenderTemplate(Strict):
    template: str
    variables: dict[str, Any] = Field(default_factory=dict)
    entity_ids: list[str] | str | None = None
    timeout: float | None = None
    strict: bool = False
    report_errors: bool = False


class Watched:
    """One template of one socket."""

    def __init__(self, socket: "Connection", number: int, m: RenderTemplate) -> None:
        self._socket, self._number, self._m = socket, number, m
        self._kit = socket.kit
        self._timer: Cancel | None = None
        self._last: Any = self._render()
        self._stop = self._kit.bus.listen(self._hear, STATE_CHANGED)

    def tell(self) -> None:
        self._socket.event(self._number, {"result": self._last, "listeners": _LISTENERS})

    def _render(self) -> Any:
        return render(self._kit, self._socket.caller, self._m.template, self._m.variables)

    def _hear(self, event: Event) -> None:
        if self._timer is None:
            self._timer = self._kit.clock.after(PAUSE, self._again)

    def _again(self) -> None:
        self._timer = None
        try:
            now = self._render()
        except (ActionError, TemplateError) as error:
            if self._m.report_errors:
                self._socket.event(self._number, {"error": str(error), "level": "ERROR"})
            return
        if now != self._last or type(now) is not type(self._last):
            self._last = now
            self.tell()

    def stop(self) -> None:
        self._stop()
        if self._timer is not None:
            self._timer()


def render_template(socket: "Connection", number: int, m: RenderTemplate) -> None:
    """The result first, then an event with what it renders to; a template that fails at once is an error."""
    if sum(isinstance(one, Watched) for one in socket.subscriptions.values()) >= MAX_WATCHED:
        raise Refused("too_many_templates", {"en": "Too many templates are being watched.",
                                             "zh-CN": "监听的模板过多。"})  # fmt: skip
    watched = Watched(socket, number, m)
    socket.subscribed(number, watched)
    socket.result(number)
    watched.tell()
