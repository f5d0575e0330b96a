"""`usher simulate`: a whole day of this very configuration in seconds, and what would have happened."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..errors import UsherError
from ..translations import terminal_language
from . import places

if TYPE_CHECKING:
    from ..simulation.day import Day
    from ..simulation.scenario import Scenario

NAME: Final = "simulate"
HELP: Final = "run a whole day of a configuration in seconds, with simulated visitors, staff and devices"
SHOWN: Final = ("summary", "said", "shown", "printed", "automations")


def add(parser: ArgumentParser) -> None:
    places.folder(parser)
    parser.add_argument("--day", help="the day, as 2026-11-20; today if left out")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same day, byte for byte")
    parser.add_argument("--hours", default="09:00-17:00", help="when the doors are open: 09:00-12:00,13:30-17:00")
    parser.add_argument("--arrivals", default="poisson", metavar="poisson|FILE.csv", help="by chance, or from a file")
    parser.add_argument("--visitors", type=int, help="how many come by chance; else 70 %% of what staff could serve")
    parser.add_argument("--queue", action="append", default=[], metavar="QUEUE=SHARE", help="how visitors divide")
    parser.add_argument("--class", dest="classes", action="append", default=[], metavar="CLASS=SHARE",
                        help="a kind of customer, as vip=0.05 of all")  # fmt: skip
    parser.add_argument("--service", action="append", default=[], metavar="[QUEUE=]SPAN",
                        help="mean service time: 4m, or personal=3m")  # fmt: skip
    parser.add_argument("--booked", type=float, default=0.5, help="how much of what can be booked is booked")
    parser.add_argument(
        "--making", default="8m", help="mean time until a pending ticket is ready: a prescription, a result"
    )
    parser.add_argument("--refer", action="append", default=[], metavar="QUEUE=TO:SHARE",
                        help="who is sent on and comes back: internal=laboratory:0.3")  # fmt: skip
    parser.add_argument(
        "--spread", type=float, default=0.5, help="its standard deviation, in means; 0: always the mean"
    )
    parser.add_argument("--patience", default="1h", help="how long half of the visitors wait at most; 0: for ever")
    parser.add_argument("--no-show", type=float, default=0.03, help="the share who leave without a word")
    parser.add_argument(
        "--staff", type=Path, metavar="FILE.yaml", help="who sits where when; else all counters, all day"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="of the summary")
    parser.add_argument("--show", default="summary", help=f"what to print: {','.join(SHOWN)}")
    parser.add_argument("--language", help="of the report: en or zh-CN; default: the terminal's")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write everything into files there")
    parser.add_argument("--raster", action="store_true", help="with --out: draw every ticket as a picture, too")


def run(options: Namespace) -> int:
    import gc

    gc.disable()  # one day, then all is given back
    from ..simulation.day import simulate

    options.language = options.language or terminal_language()
    wanted = [one.strip() for one in options.show.split(",") if one.strip()]
    for one in wanted:
        if one not in SHOWN:
            raise UsherError(f"--show: there is no {one!r}. Write some of {', '.join(SHOWN)}.")
    if options.raster and options.out is None:
        raise UsherError("--raster draws files. Say where to: --out DIR.")
    day = simulate(options.folder, _scenario(options))
    for line in _lines(day, wanted, options):
        sys.stdout.write(line + "\n")
    if options.out is not None:
        _write(day, options)
    return int(bool(day.notes.laws.count))


def _scenario(options: Namespace) -> "Scenario":
    from ..simulation.scenario import Scenario, duration, hours, referral, share

    spans = [one.rpartition("=") for one in options.service]
    if options.visitors is not None and not 0 <= options.visitors <= 1_000_000:
        raise UsherError("--visitors: write 0 to 1000000.")
    for name in ("spread", "no_show", "booked"):
        if not 0 <= getattr(options, name) <= (10 if name == "spread" else 1):
            raise UsherError(f"--{name.replace('_', '-')}: {getattr(options, name)} is out of range.")
    services = {name.removeprefix("queue."): duration(span) for name, _, span in spans if name}
    return Scenario(
        day=_day(options.day), seed=options.seed, hours=hours(options.hours), visitors=options.visitors,
        arrivals=None if options.arrivals == "poisson" else Path(options.arrivals), staff=options.staff,
        queues={name.removeprefix("queue."): part for name, part in map(share, options.queue)},
        classes=dict(map(share, options.classes)),
        service=next((duration(span) for name, _, span in reversed(spans) if not name), 240.0), services=services,
        booked=options.booked, making=duration(options.making), referrals=dict(map(referral, options.refer)),
        spread=options.spread, patience=duration(options.patience), no_show=options.no_show,
    )  # fmt: skip


def _day(text: str | None) -> date:
    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsherError(f"--day: {text!r} is not a day. Write 2026-11-20.") from error


def _lines(day: "Day", wanted: list[str], options: Namespace) -> Iterator[str]:
    from ..simulation.transcripts import TITLES, TRANSCRIPTS
    from ..words import say

    for one in wanted:
        if one == "summary":
            yield from _summary(day, options.format, options.language)
        else:
            if len(wanted) > 1:
                yield f"\n{say(TITLES[one], options.language)}"
            yield from TRANSCRIPTS[one](day, options.language)


def _summary(day: "Day", form: str, language: str) -> Iterator[str]:
    from ..simulation.report import figures
    from ..simulation.text import Page

    found = figures(day)
    if form == "json":
        import json

        yield json.dumps(found, ensure_ascii=False, indent=2)
        return
    models: dict[str, Any] = day.configuration.models
    names = {f"{kind}.{key}": one.name for kind in ("queue", "counter") for key, one in models.get(kind, {}).items()}
    yield from Page(found, language, names).lines()


def _write(day: "Day", options: Namespace) -> None:
    from ..simulation.transcripts import TRANSCRIPTS

    folder: Path = options.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = {"summary.txt": _summary(day, "text", options.language),
                 "summary.json": _summary(day, "json", options.language),
                 **{f"{one}.txt": made(day, options.language) for one, made in TRANSCRIPTS.items()}}  # fmt: skip
        for name, lines in files.items():
            (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        if options.raster:
            from ..simulation.raster import draw

            draw(day, folder / "printed")
    except OSError as error:
        raise UsherError(f"{folder} cannot be written: {error.strerror}.") from error
