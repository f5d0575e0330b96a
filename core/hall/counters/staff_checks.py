"""What is wrong with staff, skills and service codes, as far as the models alone cannot see it."""

from ...errors import Problem
from ...integration import Checked
from ...schema import did_you_mean
from ...source import place_of
from ..config import HallConfig


def check_staff(checked: Checked, config: HallConfig) -> None:
    """Complain about each."""
    _check_names(checked, config)
    _check_skills(checked, config)
    for name, one in config.staff.items():
        queues = [serves.queue for serves in one.serves]
        for at, queue in enumerate(queues):
            if queue in queues[:at]:
                _complain(checked, ("staff", name, "serves", at),
                          f"staff.{name}.serves: {queue} stands here twice. Remove one.")  # fmt: skip
    for code, offered in config.service_code.items():
        for at, queue in enumerate(offered.queues):
            if queue not in config.queue and checked.whole:
                hint = did_you_mean(queue, list(config.queue)) or " Take it out."
                _complain(checked, ("service_code", code, "queues", at),
                          f"service_code.{code}.queues: there is no queue {queue!r}.{hint}")  # fmt: skip


def _check_names(checked: Checked, config: HallConfig) -> None:
    """An id, a badge's number and a user account each mean one person."""
    first: dict[str, str] = {}
    for name, one in config.staff.items():
        for key, said in (("", name), ("number", one.number), ("user", one.user)):
            if said is None:
                continue
            other = first.setdefault(said.casefold(), name)
            if other != name:
                loc = ("staff", name, key) if key else ("staff", name)
                _complain(checked, loc, f"staff.{name}: {said!r} means staff.{other} already. Give each their own.")


def _check_skills(checked: Checked, config: HallConfig) -> None:
    known = {skill for one in config.staff.values() for skill in one.skills}
    for name, queue in config.queue.items():
        for at, skill in enumerate(queue.skills):
            if skill not in known and checked.whole:
                hint = did_you_mean(skill, known) or " Add it under skills: of somebody in staff."
                _complain(checked, ("queue", name, "skills", at),
                          f"queue.{name}.skills: nobody in staff can do {skill!r}, so nobody in it is ever called.{hint}",
                          "warning")  # fmt: skip


def _complain(checked: Checked, loc: tuple[str | int, ...], text: str, severity: str = "error") -> None:
    checked.problems.append(Problem(place_of(checked.tree, loc, key=True), text, severity))
