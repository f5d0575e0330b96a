"""What the model of a queue or counter alone cannot see: numbers that look alike, queues that nobody serves."""

from typing import cast

from ..errors import Problem
from ..integration import Checked
from ..source import place_of
from .admission.admission_checks import check_admission
from .appointments.checks import check_appointments
from .calling.dispatch_checks import check_dispatch
from .config import HallConfig
from .config.legs import BACK
from .counters.panel_checks import check_panel
from .counters.staff_checks import check_staff
from .journeys.plan_checks import check_plans
from .numbering import clashes
from .visitors.checks import check_visitors


def check(checked: Checked) -> None:
    """Complain about what would go wrong in the hall."""
    config = cast("HallConfig", checked.config)
    for name, text in clashes(config.queue):
        queue = config.queue[name]
        key = (
            "end"
            if text.startswith("end ")
            else ""
            if text.startswith("it shares")
            else "prefix"
            if queue.prefix
            else ""
        )
        place = place_of(checked.tree, ("queue", name, key) if key else ("queue", name), key=not key)
        checked.problems.append(Problem(place, f"queue.{name}: {text}"))
    if BACK in config.queue:
        _complain(checked, ("queue", BACK), f"queue.{BACK}: in a plan (then:) {BACK!r} means where the visitor comes from. "
                  "Give the queue another id.")  # fmt: skip
    _check_heirs(checked, config)
    check_admission(checked, config)
    check_appointments(checked, config)
    check_dispatch(checked, config)
    check_panel(checked, config)
    check_plans(checked, config)
    check_staff(checked, config)
    check_visitors(checked, config)
    served = {one.queue for counter in config.counter.values() for one in counter.serves}
    served |= {one.queue for who in config.staff.values() for one in who.serves}
    misspelt = not served <= config.queue.keys()  # which is told; one of these queues may be meant
    for name in config.queue:
        if name not in served and checked.whole and not misspelt:
            _complain(checked, ("queue", name), f"queue.{name}: no counter serves it, so nobody in it is ever called. "
                      "Add it under serves: of a counter.", "warning")  # fmt: skip
    for name, counter in config.counter.items():
        names = [one.queue for one in counter.serves]
        for at, one in enumerate(names):
            if one in names[:at]:
                _complain(checked, ("counter", name, "serves", at),
                          f"counter.{name}.serves: {one} stands here twice. Remove one.")  # fmt: skip


def _check_heirs(checked: Checked, config: HallConfig) -> None:
    """`replaces:` names queues that are gone, each but once."""
    first: dict[str, str] = {}
    for name, queue in config.queue.items():
        for at, gone in enumerate(queue.replaces):
            if gone in config.queue:
                _complain(checked, ("queue", name, "replaces", at),
                          f"queue.{name}.replaces: queue.{gone} is still here. Take it out, or remove this line.")  # fmt: skip
            elif first.setdefault(gone, name) != name:
                _complain(checked, ("queue", name, "replaces", at),
                          f"queue.{name}.replaces: {gone!r} is replaced by queue.{first[gone]} already. Keep one.")  # fmt: skip


def _complain(checked: Checked, loc: tuple[str | int, ...], text: str, severity: str = "error") -> None:
    checked.problems.append(Problem(place_of(checked.tree, loc, key=True), text, severity))
