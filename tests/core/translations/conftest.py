"""Every sentence the code can tell an installer, found in its syntax trees, with samples in its holes.

A sentence is a text that is given to one of `TELLING`, or one that looks like a whole sentence or a hint and is given to
nobody in `SILENT`. What is for the log, the database or a developer is left out.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TELLING = frozenset({
    "Problem", "complain", "_complain", "PydanticCustomError", "ValueError", "TemplateError", "Stopped", "Unknowable",
    "UsherError", "StoreError", "IntegrationError", "ImportFailed", "Fault", "lose", "_give_up", "tell", "told", "End",
    "dull", "end_runs", "MarkedYAMLError", "_note", "add_parser", "Parser", "command", "say", "__init__",
})  # fmt: skip
SILENT = frozenset({
    "debug", "info", "warning", "error", "exception", "log", "execute", "executemany", "exec_driver_sql", "cast", "Table",
    "compile", "Field", "getLogger", "dumps", "_tell", "task", "basicConfig", "Formatter", "startswith", "removeprefix",
    "TypeVar", "Kind", "call_exception_handler", "RuntimeError", "TypeError", "ConnectionLost", "SetupFailed", "OSError",
    "NotSupportedError", "Refused_", "removesuffix", "strftime", "_say_", "_down", "Stuck", "register",
})  # fmt: skip
ELSEWHERE = (  # not read by who writes a configuration, or in two languages by its own means
    "core/manual/pages.py", "core/manual/json_schema.py", "core/offers.py", "core/views.py", "core/simulation/laws.py",
    "core/simulation/loop.py", "core/simulation/text.py", "core/simulation/transcripts.py", "core/simulation/paper.py",
    "core/tables.py", "core/testing.py", "core/translations/", "core/language/templates/catalogue.py", "core/language/selector_words.py",
    "integrations/http/openapi.py", "integrations/http/websocket/", "integrations/http/pages.py", "integrations/http/door.py",
    "integrations/http/given.py", "integrations/http/sign_in.py", "integrations/http/rest.py", "integrations/recorder/archive/",
    "integrations/recorder/client.py", "integrations/espeak/", "integrations/escpos/decoding.py", "integrations/escpos/finding.py",
    "integrations/escpos/wires.py", "core/devices/waves.py", "core/devices/voices.py", "core/account_actions.py",
    "core/actions.py", "integrations/http/own.py", "core/hall/calling/dispatch.py", "core/language/restoring.py",
)  # fmt: skip
NOT_SAID = frozenset(
    {"Home Assistant", "What becomes of the ticket that is there now: finish, no_show, put_back or hold."}
)
_SQL = re.compile(r"SELECT |(^| )AND \w+ (=|[<>]=?|NOT IN) ?|\w+ [<>]?= \?")
_SENTENCE = re.compile(r"\s?[\w'!{(].*\s.*[.?]\Z|\s[A-Z(].*|.*: \Z", re.DOTALL)


@dataclass(frozen=True, order=True)
class Message:
    """A sentence of the code with something in its holes."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.text}"


@pytest.fixture(scope="session")
def sentences() -> set[Message]:
    """All that the code can say."""
    return set(messages())


def messages() -> Iterator[Message]:
    for folder in ("core", "integrations"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = file.relative_to(ROOT).as_posix()
            if not name.startswith(ELSEWHERE):
                yield from _Walk(name).of(ast.parse(file.read_text("utf-8")), ())


@dataclass
class _Walk:
    file: str

    def of(self, node: ast.AST, given_to: tuple[str, ...]) -> Iterator[Message]:
        if isinstance(node, ast.Call):
            name = _name(node.func)
            if name in SILENT or (isinstance(node.func, ast.Attribute) and ast.unparse(node.func).startswith("log.")):
                return
            given_to = (*given_to, name)
        elif isinstance(node, (ast.AnnAssign, ast.arg)):
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                yield from self.of(node.value, given_to)
            return
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        elif isinstance(node, ast.Dict) and {"en", "zh-CN"} <= {getattr(k, "value", None) for k in node.keys}:
            return  # in two languages already
        elif isinstance(node, ast.keyword) and node.arg in ("description", "title", "doc", "pattern", "metavar"):
            return
        if isinstance(node, (ast.JoinedStr, ast.Constant)):
            yield from self._texts(node, given_to)
        for child in ast.iter_child_nodes(node):
            if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):  # a piece of a sentence
                yield from self.of(child, given_to)

    def _texts(self, node: ast.JoinedStr | ast.Constant, given_to: tuple[str, ...]) -> Iterator[Message]:
        custom = bool(given_to) and given_to[-1] == "PydanticCustomError"
        for text in dict.fromkeys(_samples(node, custom)):
            told = bool(given_to) and given_to[-1] in TELLING and " " in text.strip()
            if not (told or _SENTENCE.fullmatch(text)) or not re.search("[A-Za-z]{2,} [a-z]{2,}|[a-z]: ", text):
                continue
            if given_to and given_to[-1] == "ValueError":  # as pydantic's fault is told: schema.mend
                text = text.rstrip(".") + "."
            if text.startswith("is "):  # of a value that is put before it
                text = f"'v' {text}"
            if text not in NOT_SAID and not text.isupper() and "CREATE TABLE" not in text and not _SQL.search(text):
                yield Message(self.file, node.lineno, text)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "?")


def _samples(node: ast.JoinedStr | ast.Constant, custom: bool) -> Iterator[str]:
    """The text with samples in its holes; more than one where a hole holds one of several texts."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            near = re.sub(r"(?<=\.)\{[a-z_]+\}\Z", "", node.value) if custom else node.value
            yield re.sub(r"\{([a-z_]+)\}", r"v_\1", near) if custom else near
        return
    texts = [""]
    for index, part in enumerate(node.values):
        if isinstance(part, ast.Constant):
            texts = [text + str(part.value) for text in texts]
            continue
        assert isinstance(part, ast.FormattedValue)
        after = (
            node.values[index + 1].value
            if index + 1 < len(node.values) and isinstance(node.values[index + 1], ast.Constant)
            else ""
        )  # type: ignore[attr-defined]
        choices = _choices(part.value)
        texts = [
            text + (choice if choice is not None else _sample(part, text, str(after)))
            for text in texts
            for choice in choices
        ]
    yield from texts


def _choices(value: ast.expr) -> list[str | None]:
    if isinstance(value, ast.IfExp):
        both = [
            one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else None
            for one in (value.body, value.orelse)
        ]
        return list(dict.fromkeys(both))
    return [None]


def _sample(part: ast.FormattedValue, before: str, after: str) -> str:
    name = re.sub(r"\W", "", ast.unparse(part.value))[:20]  # the same in each hole that holds the same
    if part.conversion == ord("r"):
        return f"'v_{name}'"
    if before and (before[-1].isalpha() or (before[-1] in ".?)" and not after)):
        return ""  # a hint, or the s of a plural
    if not before and re.match(r" [A-Z]", after):
        return ""  # a sentence before this one
    return f"v_{name}"
