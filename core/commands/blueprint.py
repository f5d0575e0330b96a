"""`usher blueprint`: the blueprints of a configuration: which there are, who uses them, and their newer versions."""

import os
import re
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import ConfigError, Place, Problem, UsherError
from ..translations import shown, terminal_language
from .saying import cells
from .saying import say as tell

if TYPE_CHECKING:
    from ..language.blueprint_files import Blueprint
    from ..language.instances import Instance
    from ..source import Map

UNREAD: Final = ("screen", "device")  # domains that no integration reads as yet
NAME: Final = "blueprint"
HELP: Final = "list, import, check, compare and update blueprints"
_HEAD: Final = {"en": "DOMAIN PATH VERSION WHERE NAME", "zh-CN": "域 路径 版本 来源 名称"}
_OWN: Final = {"en": "own", "zh-CN": "自有"}
_SHIPPED: Final = {"en": "shipped", "zh-CN": "自带"}
_OVER: Final = {"en": ", over the shipped one", "zh-CN": "，覆盖自带的"}
_FAULTY: Final = {"en": "(faulty: usher blueprint check)", "zh-CN": "（有错误：usher blueprint check）"}
_MAX: Final = 1_000_000  # bytes of one blueprint


def add(parser: ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="what")

    def command(name: str, text: str) -> ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument("--config", type=Path, default=Path(), metavar="DIR", help="the configuration folder")
        made.add_argument("--domain", help="automation, script, ticket, screen or device")
        return made

    command("list", "which blueprints there are, where they lie, and what uses them")
    importing = command("import", "check a blueprint, or a folder of them, and copy it into the configuration")
    importing.add_argument("file", help="the file or folder")
    importing.add_argument("--author", help="the folder it goes to; its own author if left out")
    importing.add_argument("--source", metavar="URL", help="where it came from, written into it if it does not say so")
    importing.add_argument("--force", action="store_true", help="also over another one of the same name")
    checking = command("check", "what is wrong with the blueprints of the configuration; exits 1 if anything is")
    checking.add_argument("path", nargs="?", help="only this one, as in usher/announce_call.yaml, or a file")
    for name, text in (("diff", "what another version would change, and whom it would break"),
                       ("update", "take another version, once it is shown; keeps the old file")):  # fmt: skip
        made = command(name, text)
        made.add_argument("path", help="the blueprint, as in me/greet.yaml")
        made.add_argument("file", nargs="?", type=Path, help="the other version; the shipped one if left out")
        if name == "update":
            made.add_argument("--force", action="store_true", help="also if automations that use it would break")


def run(options: Namespace) -> int:
    code: int = _COMMANDS[options.what](options)
    return code


# -- list and check


def _list(options: Namespace) -> int:
    from ..language.instances import instances
    from ..words import say

    root, using = _root(options.config), dict[tuple[str, str], list[str]]()
    for one in instances(root):
        using.setdefault((one.domain, one.path), []).append(one.title)
    language = terminal_language()
    rows: list[tuple[str, ...]] = [tuple(say(_HEAD, language).split())]
    users: list[list[str]] = [[]]
    for domain in _domains(options):
        for path, files in sorted(_files(options.config, domain).items()):
            made = _read(files[0], path, domain)
            where = say(_OWN if files[0].is_relative_to(options.config) else _SHIPPED, language)
            where += say(_OVER, language) if len(files) > 1 else ""
            rows.append(
                (
                    domain,
                    path,
                    made.version or "?",
                    where,
                    say(_FAULTY if made.head is None else made.head.name, language),
                )
            )
            users.append(using.get((domain, path), []))
    widths = [max(cells(row[n]) for row in rows) for n in range(4)]
    for row, names in zip(rows, users, strict=True):
        padded = (cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=False))
        print("  ".join([*padded, row[4]]).rstrip())
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            tell(f"    used by {', '.join(names[:5])}{more}")
    return 0


def _check(options: Namespace) -> int:
    files: list[tuple[Path, str, str | None]]
    if options.path is not None and Path(options.path).is_file():
        files = [(Path(options.path), options.path, None)]
    elif options.path is not None:
        domain, path, files_of = _find(options, options.path)
        files = [(files_of[0], path, domain)]
    else:
        files = [(found[0], path, domain) for domain in _domains(options)
                 for path, found in sorted(_files(options.config, domain).items())]  # fmt: skip
    problems = [problem for file, path, domain in files for problem in _faults(_read(file, path, domain))]
    for problem in problems:
        print(shown(problem, terminal_language()))
    return int(any(problem.severity == "error" for problem in problems))


def _faults(made: "Blueprint") -> list[Problem]:
    from ..language.instances import template_faults, unused

    return list(dict.fromkeys([*made.problems, *template_faults(made), *unused(made)]))


# -- import


def _import(options: Namespace) -> int:
    if re.match(r"https?://", options.file):
        raise UsherError("usher fetches nothing by itself. Download the file, look at it, and import the file.")
    given = Path(options.file)
    files = sorted(given.rglob("*.yaml")) if given.is_dir() else [given]
    if not files or not files[0].is_file():
        raise UsherError(f"{given}: there is no such file, or no .yaml in it.")
    _root(options.config)
    made = [_read(file, file.name, None) for file in files]
    problems = [problem for one in made for problem in _faults(one) if problem.severity == "error"]
    if problems:
        raise ConfigError(problems)
    planned = [(one, _target(one, options), _with_source(one, options.source)) for one in made]
    for one, target, text in planned:
        if target.is_file() and _text(target) != text and not options.force:
            raise UsherError(f"{target}: there is another blueprint of this name. See what is different with "
                             f"usher blueprint diff {target.parent.name}/{target.name} {one.file}, "
                             "then update it or use --force.")  # fmt: skip
    for one, target, text in planned:
        same = target.is_file() and _text(target) == text
        if not same:
            _write(target, text)
        tell(f"{target}: {'is already there' if same else 'imported'} ({one.domain}, version {one.version})")
        if one.domain in UNREAD:
            tell(f"    nothing reads a blueprint of {one.domain} yet; it is kept as it is.")
            continue
        print(f"    use_blueprint: {{path: {target.parent.name}/{target.name}, input: {{{', '.join(one.inputs)}}}}}")
    return 0


def _target(made: "Blueprint", options: Namespace) -> Path:
    author = options.author or (made.head.author if made.head is not None else None) or "own"
    name = re.sub(r"[^a-z0-9]+", "_", author.lower()).strip("_") or "own"
    folder: Path = options.config
    return folder / "blueprints" / made.domain / name / made.file.name


def _with_source(made: "Blueprint", url: str | None) -> str:
    """The file's text, with `source_url` in its head if it has none and one is known."""
    text = _text(made.file)
    if url is None or made.head is None or made.head.source_url is not None:
        return text
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if (found := re.match(r"(\s+)domain:", line)) is not None:
            lines.insert(index + 1, f"{found[1]}source_url: {url}\n")
            return "".join(lines)
    raise UsherError(
        f"{made.file}: the head stands on one line, so source_url cannot be written into it. Add it there."
    )


# -- diff and update


def _diff(options: Namespace) -> int:
    old, new, using = _versions(options)
    _show(old, new, using)
    return 0


def _update(options: Namespace) -> int:
    old, new, using = _versions(options)
    if _text(old.file) == _text(new.file):
        tell(f"{old.file}: is already this version ({old.version}).")
        return 0
    if not old.file.is_relative_to(options.config):
        raise UsherError(f"{old.path} is shipped with usher and not in this configuration. Import the file instead.")
    broken = _show(old, new, using)
    faults = [problem for problem in _faults(new) if problem.severity == "error"]
    if faults:
        raise ConfigError(faults)
    if broken and not options.force:
        raise UsherError(f"Nothing was changed: {len(broken)} would break. Mend them first, or use --force.")
    kept = old.file.with_name(f"{old.file.name}.{old.hash or 'faulty'}.old")
    _write(kept, _text(old.file))
    _write(old.file, _text(new.file))
    tell(f"\n{old.file}: updated; the old one is {kept.name}. A running hall takes it with: usher call usher.reload")
    return 0


def _versions(options: Namespace) -> "tuple[Blueprint, Blueprint, list[Instance]]":
    """The blueprint as it is, the other version, and who uses it."""
    from ..language.instances import instances

    domain, path, files = _find(options, options.path)
    if options.file is not None:
        other: Path = options.file
        if not other.is_file():
            raise UsherError(f"{other}: there is no such file.")
    elif len(files) > 1:
        other = files[1]
    else:
        raise UsherError(
            f"{path} has no other version here. Name its file: usher blueprint {options.what} {path} FILE."
        )
    old, new = _read(files[0], path, domain), _read(other, path, domain)
    using = [one for one in instances(_root(options.config)) if (one.domain, one.path) == (domain, path)]
    return old, new, using


def _show(old: "Blueprint", new: "Blueprint", using: "list[Instance]") -> list[Problem]:
    from ..language.instances import breaks, difference, summary

    lines = difference(_text(old.file), _text(new.file), str(old.file), str(new.file))
    if lines:
        print("\n".join(lines))
    else:
        tell("The files are the same.")
    print()
    for line in summary(old, new):
        tell(line)
    broken = breaks(new, using)
    tell(f"used by {len(using)}: " + ("none would break" if not broken else "these would break:"))
    for problem in broken:
        print(f"  {shown(problem, terminal_language())}")
    return broken


# -- files


def _domains(options: Namespace) -> list[str]:
    from ..language.blueprint_files import DOMAINS
    from ..schema import did_you_mean

    if options.domain is None:
        return list(DOMAINS)
    if options.domain not in DOMAINS:
        hint = did_you_mean(options.domain, DOMAINS) or f" There are: {', '.join(DOMAINS)}."
        raise UsherError(f"no such domain {options.domain!r}.{hint}")
    return [options.domain]


def _files(folder: Path, domain: str) -> dict[str, list[Path]]:
    """The files of each path: the configuration's own first."""
    from ..language.blueprints import Library

    found: dict[str, list[Path]] = {}
    for root in Library(folder, domain).roots():
        for file in sorted(root.rglob("*.yaml")):
            found.setdefault(file.relative_to(root).as_posix(), []).append(file)
    return found


def _find(options: Namespace, path: str) -> tuple[str, str, list[Path]]:
    from ..schema import did_you_mean

    all_of = {domain: _files(options.config, domain) for domain in _domains(options)}
    found = [domain for domain, files in all_of.items() if path in files]
    if not found:
        known = [one for files in all_of.values() for one in files]
        raise UsherError(f"no such blueprint {path!r}.{did_you_mean(path, known) or ' See usher blueprint list.'}")
    if len(found) > 1:
        raise UsherError(f"{path} is a blueprint of {' and '.join(found)}. Add --domain {found[0]}.")
    return found[0], path, all_of[found[0]][path]


def _read(file: Path, path: str, domain: str | None) -> "Blueprint":
    from ..language.blueprint_files import read_blueprint

    if file.stat().st_size > _MAX:
        raise ConfigError([Problem(Place(str(file), 1, 1), f"more than {_MAX} bytes: this is no blueprint.")])
    return read_blueprint(file, path, domain)


def _root(folder: Path) -> "Map":
    """The configuration as it stands; what is wrong with it elsewhere is not asked here."""
    from ..config import Configuration
    from ..wings import WINGS

    if not (folder / "configuration.yaml").is_file():
        raise UsherError(f"{folder}: there is no configuration.yaml. Name the configuration folder with --config DIR.")
    return Configuration.read(folder, WINGS).tree


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def _write(file: Path, text: str) -> None:
    """All or nothing: another process never reads half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.new")
    beside.write_bytes(text.encode())
    os.replace(beside, file)


_COMMANDS: Final = {"list": _list, "import": _import, "check": _check, "diff": _diff, "update": _update}
