"""`usher trace`: what automations and scripts did, read from `.usher/traces.db`; the hall may run or not."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from ..errors import UsherError
from ..schema import did_you_mean
from ..translations import terminal_language, translated
from ..words import say
from . import places

NAME: Final = "trace"
HELP: Final = "what automations and scripts did: the last runs, or one of them step by step"
_OUTCOMES: Final = {
    "finished": {"en": "finished", "zh-CN": "完成"},
    "stopped": {"en": "stopped", "zh-CN": "停止"},
    "error": {"en": "error", "zh-CN": "出错"},
    "failed_conditions": {"en": "conditions did not hold", "zh-CN": "条件不满足"},
    "failed_single": {"en": "dropped, it still ran", "zh-CN": "仍在运行，已忽略"},
    "failed_max_runs": {"en": "dropped, too many runs", "zh-CN": "运行过多，已忽略"},
    "interrupted": {"en": "interrupted", "zh-CN": "中断"},
    "cancelled": {"en": "cancelled", "zh-CN": "已取消"},
    "restarted": {"en": "restarted", "zh-CN": "重新开始"},
    "changed": {"en": "automation changed", "zh-CN": "自动化已更改"},
    "cut": {"en": "cut: a circle of causes", "zh-CN": "截断：循环触发"},
}
_RUNNING: Final = {"en": "running", "zh-CN": "运行中"}
_BECAUSE: Final = {"en": "because of", "zh-CN": "起因"}
_MADE_OF: Final = {"en": "made of", "zh-CN": "蓝图"}
_NOTHING: Final = {"en": "Nothing has run here yet.", "zh-CN": "尚无运行记录。"}
_LEFT_OUT: Final = {"en": "... and {n} more steps", "zh-CN": "……另有 {n} 步"}


def add(parser: ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", help="an automation or script (its id or entity), or a run's id")
    parser.add_argument("--last", action="store_true", help="show its last run step by step")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print")
    parser.add_argument("--language", help="en or zh-CN; default: the terminal's")
    places.running(parser)


def run(options: Namespace) -> int:
    from ..language.trace_file import TraceFile

    file = TraceFile(places.data(options) / "traces.db")
    if not file.path.exists():
        raise UsherError(f"{file.path} is not there: no automation has run in this hall yet. Is --config right?")
    language = options.language or terminal_language()
    listed = file.listed()
    one = file.get(options.name) if options.name else None
    if one is None and options.name:
        listed = _of(listed, options.name)
        one = file.get(listed[-1]["run_id"]) if options.last else None
    found: Any = listed if one is None else one
    if options.format == "json":
        print(json.dumps(found, ensure_ascii=False, indent=2))
    elif not found:
        print(say(_NOTHING, language))
    else:
        print("\n".join(_lines(listed, language) if one is None else _steps(one, file, language)))
    return 0


def _of(listed: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The runs of what is called so. Raises UsherError with what there is."""
    found = [t for t in listed if name in (t["item_id"], t["entity_id"], t["entity_id"].partition(".")[2])]
    if not found:
        known = sorted({n for t in listed for n in (t["entity_id"], t["item_id"], t["entity_id"].partition(".")[2])})
        raise UsherError(f"nothing called {name!r} has run here.{did_you_mean(name, known)}")
    return found


def _lines(listed: list[dict[str, Any]], language: str) -> list[str]:
    return [
        f"{_time(t['timestamp']['start'])}  {t['run_id']}  {t['entity_id']}  {_outcome(t, language)}"
        + (f"  {t['trigger']}" if t.get("trigger") else "") + (f"  {translated(t['error'], language)}" if t.get("error") else "")
        for t in listed
    ]  # fmt: skip


def _steps(trace: Mapping[str, Any], file: Any, language: str) -> list[str]:
    from ..language.trace_file import chain_of

    begun = datetime.fromisoformat(trace["timestamp"]["start"])
    lines = [f"{_time(trace['timestamp']['start'])}  {trace['entity_id']}  {_outcome(trace, language)}"]
    if trace.get("error"):
        lines.append(f"  {translated(trace['error'], language)}")
    if made_of := trace.get("blueprint"):
        lines.append(f"  {say(_MADE_OF, language)}  {made_of['path']}  {made_of['version']}")
    lines += [f"  {say(_BECAUSE, language)}  {cause}" for cause in map(_cause, chain_of(trace, file.get)) if cause]
    steps = [(path, step) for path, listed in trace["trace"].items() for step in listed]
    for path, step in sorted(steps, key=lambda each: each[1]["timestamp"]):
        after = (datetime.fromisoformat(step["timestamp"]) - begun).total_seconds()
        told = translated(step.get("error") or "", language) or (
            json.dumps(step["result"], ensure_ascii=False) if "result" in step else ""
        )
        lines.append(f"  {after:9.3f} s  {step['place']}  {path}  {told}".rstrip())
    if trace.get("left_out"):
        lines.append("  " + say(_LEFT_OUT, language, n=trace["left_out"]))
    return lines


def _cause(one: Mapping[str, Any]) -> str:
    known = ("event", "platform", "entity_id", "number", "origin", "user_id", "run_id")
    return "  ".join(str(one[key]) for key in known if one.get(key))


def _outcome(trace: Mapping[str, Any], language: str) -> str:
    outcome = trace.get("script_execution")
    return say(_RUNNING if outcome is None else _OUTCOMES.get(outcome, str(outcome)), language)


def _time(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M:%S")
