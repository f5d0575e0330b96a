"""Every error usher raises on purpose; each shows itself in one line and says who mends it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .frozen import frozen
from .words import Words, say


class UsherError(Exception):
    """The root of all errors raised on purpose."""


@frozen
class Place:
    """Where something stands in the installer's files; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about the configuration: its place, what is wrong, and the mend."""

    place: Place | None
    text: str
    severity: str = field(default="error", compare=False)  # error | warning

    def __str__(self) -> str:
        mark = "warning: " if self.severity == "warning" else ""
        return f"{self.place or 'configuration'}  {mark}{self.text}"


class ConfigError(UsherError):
    """The YAML is wrong; who wrote it mends it. Holds every problem found, not the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


class TemplateError(UsherError):
    """A template failed or was stopped; names its place when it has one."""

    def __init__(self, text: str, place: Place | None = None) -> None:
        self.text, self.place = text, place
        super().__init__(f"{place}  {text}" if place else text)


class ActionError(UsherError):
    """An action did not do what was asked. `code` is for machines, the words are for people."""

    code = "failed"

    def __init__(self, words: Words, code: str | None = None, **values: object) -> None:
        self.words, self.values = words, values
        if code is not None:
            self.code = code
        super().__init__(self.say())

    def say(self, language: str | None = None) -> str:
        """The message in the asker's language."""
        return say(self.words, language, **self.values)


class UnknownAction(ActionError):
    """No such action here."""

    code = "unknown_action"


class BadData(ActionError):
    """The data does not fit the action's model. `fields` says what is wrong where."""

    code = "bad_data"

    def __init__(self, words: Words, fields: dict[str, str] | None = None) -> None:
        self.fields = fields or {}
        super().__init__(words)


class NotPermitted(ActionError):
    """The caller may not do this."""

    code = "not_permitted"


class Refused(ActionError):
    """The hall says no, for a reason that can be shown on a screen (the queue is full, nobody is waiting).

    `next` is when it will be possible, in Unix seconds, where that is known.
    """

    code = "refused"

    def __init__(self, code: str, words: Words, *, next: float | None = None, **values: object) -> None:
        super().__init__(words, code, **values)
        self.next = next


class Unknown(Refused):
    """The thing named does not exist: `unknown_ticket`, `unknown_queue`, `unknown_counter`."""


class Failed(ActionError):
    """A device did not do its part, or it took too long."""


class IntegrationError(UsherError):
    """An integration cannot work."""


class MissingExtra(IntegrationError):
    """A pip extra is not installed; the message is the pip line."""

    def __init__(self, name: str, extra: str) -> None:
        super().__init__(f"{name} needs a package that is not installed. Run: pip install 'usher[{extra}]'")


class SetupFailed(IntegrationError):
    """Set-up failed for a reason that waiting does not mend."""


class ConnectionLost(IntegrationError):
    """The other end is gone; the supervisor waits and enters again."""


class StoreError(UsherError):
    """The data could not be stored, or the data folder cannot be used."""
