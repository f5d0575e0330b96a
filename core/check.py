"""`usher check`: everything that is wrong with a configuration folder, without running it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .config import ALWAYS, Configuration
from .errors import Place, Problem
from .integration import Integration
from .source import shown_path
from .translations import shown, translated


def check(folder: Path, *, strict: bool = False, wings: Sequence[Integration[Any]] | None = None,
          always: Sequence[str] = ALWAYS) -> list[Problem]:  # fmt: skip
    """All problems, by file and line; what this machine lacks is among them. `strict` makes warnings errors."""
    if wings is None:
        from .wings import WINGS

        wings = WINGS
    configuration = Configuration.read(folder, wings, always=always)
    problems = [*configuration.problems, *configuration.missing]
    if strict:
        problems = [replace(p, severity="error") for p in [*problems, *_open_secrets(configuration)]]
    return problems


def show(problems: Sequence[Problem], style: str = "text", language: str = "en") -> str:
    """The problems as text (one a line), json, or github (annotations of a workflow).

    In json `text` is English, whatever the language, for a program may look at it; another language stands beside it.
    """
    if style == "json":
        return json.dumps([_as_json(p, language) for p in problems], ensure_ascii=False, indent=2)
    if style == "github":
        return "\n".join(_as_github(p, language) for p in problems)
    return "\n".join(shown(p, language) for p in problems)


def _as_json(problem: Problem, language: str) -> dict[str, Any]:
    place = problem.place
    where = {"file": place.file, "line": place.line, "column": place.column} if place else {}
    other = {} if language == "en" else {language: translated(problem.text, language)}
    return {**where, "severity": problem.severity, "text": problem.text, **other}


def _as_github(problem: Problem, language: str) -> str:
    """docs.github.com: workflow commands; a line break and % are escaped in the text, and : and , in the file too."""
    text = translated(problem.text, language).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    if problem.place is None:
        return f"::{problem.severity}::{text}"
    file = problem.place.file.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{problem.severity} file={file},line={problem.place.line},col={problem.place.column}::{text}"


def _open_secrets(configuration: Configuration) -> list[Problem]:
    """Files of secrets that others on this machine may read."""
    return [
        Problem(Place(shown_path(file), 1, 1), f"others may read this file. Run: chmod 600 {shown_path(file)}")
        for file in configuration.files
        if file.name == "secrets.yaml" and file.stat().st_mode & 0o077
    ]
