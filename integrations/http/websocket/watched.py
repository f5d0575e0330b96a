"""`render_template`: rendered at once, and again when something it read has changed, four times a second at most."""

from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from ....core.clock import Cancel
from ....core.errors import Refused, TemplateError
from ....core.events import Event
from ....core.schema import Strict
from ..templates import track

if TYPE_CHECKING:
    from .connection import Connection

PAUSE: Final = 0.25  # seconds between two answers for one template
MAX_WATCHED: Final = 16  # templates of one socket that are rendered again and again


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
        self._clock = socket.kit.clock
        self._timer: Cancel | None = None
        self._told = 0.0
        self._tracked = track(socket.kit, socket.caller, m.template, m.variables, self._rendered)
        if isinstance(self._tracked.result, TemplateError):
            self._tracked.stop()
            raise self._tracked.result

    def tell(self) -> None:
        """What it renders to now."""
        result = self._tracked.result
        self._told = self._clock.monotonic()
        if not isinstance(result, TemplateError):
            self._socket.event(self._number, {"result": result, "listeners": self._tracked.listeners})
        elif self._m.report_errors:
            self._socket.event(self._number, {"error": str(result), "level": "ERROR"})

    def _rendered(self, result: Any, event: Event | None) -> None:
        """At once, or after the pause with the newest result of all that came meanwhile."""
        if self._timer is None:
            wait = self._told + PAUSE - self._clock.monotonic()
            if wait > 0:
                self._timer = self._clock.after(wait, self._again)
            else:
                self.tell()

    def _again(self) -> None:
        self._timer = None
        self.tell()

    def stop(self) -> None:
        self._tracked.stop()
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
