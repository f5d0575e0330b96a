"""`script/bench [--runs N] [NAME ...]`: prints every figure as it is known; names are process, templates, kernel, tickets, dispatch, calls, triggers, speech, check, reload."""

import argparse
import importlib
import os
import platform

from .figures import show

ROOMS = (
    "process",
    "templates",
    "kernel",
    "tickets",
    "dispatch",
    "calls",
    "triggers",
    "speech",
    "check",
    "blueprints",
    "reload",
    "recorder",
    "simulate",
    "estimates",
    "scale",
    "crowd",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measures the hall; medians of --runs runs.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("names", nargs="*", help=", ".join(ROOMS))
    options = parser.parse_args()
    unknown = set(options.names) - set(ROOMS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; write {', '.join(ROOMS)}")
    load = os.getloadavg()[0]
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f}; medians of {options.runs} runs"
    )
    for name in options.names or ROOMS:
        print(f"\n{name}")
        show(importlib.import_module(f".{name}", __package__).run(options.runs))


if __name__ == "__main__":
    main()
