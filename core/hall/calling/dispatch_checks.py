"""What is wrong with the rules of who is next: a mix of what is not there, and queues that others may starve."""

from collections.abc import Iterator

from ...errors import Problem
from ...integration import Checked
from ...schema import Reference, did_you_mean
from ...source import place_of
from ..config import Counter, HallConfig, Serves
from .mixing import REST


def check_dispatch(checked: Checked, config: HallConfig) -> None:
    """Complain about each."""
    for name, counter in config.counter.items():
        _check_mix(checked, config, name, counter)
        if all(not one.own for one in counter.serves):
            _complain(checked, ("counter", name, "serves"), f"counter.{name}.serves: every queue is overflow or fallback. "
                      "Take it off the queues that are the counter's own.")  # fmt: skip
    if not checked.whole:
        return  # what keeps a queue from starving may be in a part that could not be read
    for name in config.queue:
        _check_starving(checked, config, name)


def _check_mix(checked: Checked, config: HallConfig, name: str, counter: Counter) -> None:
    usher = checked.root.get("usher")
    queues = {one.queue for one in counter.serves} | {
        q for one in config.staff.values() for q in (s.queue for s in one.serves)
    }
    classes = set[str](usher.weights if usher is not None else ())
    for one in counter.mix:
        if one in config.queue and one not in classes:  # so that it is renamed with its queue
            place = place_of(checked.tree, ("counter", name, "mix", one), key=True)
            checked.references.append(Reference("queue", one, place))
        if one in classes and one in queues:
            _complain(checked, ("counter", name, "mix", one), f"counter.{name}.mix: {one!r} is a class and a queue. Give one of "
                      "them another id.")  # fmt: skip
        elif one in config.queue and one not in queues:
            _complain(
                checked, ("counter", name, "mix", one), f"counter.{name}.mix: this counter does not serve queue.{one}."
            )
        elif one not in classes | queues | {REST} and usher is not None:
            hint = did_you_mean(one, [*classes, *queues, REST]) or " Write a class, a queue, or rest."
            _complain(
                checked, ("counter", name, "mix", one), f"counter.{name}.mix: there is no class or queue {one!r}.{hint}"
            )


def _check_starving(checked: Checked, config: HallConfig, name: str) -> None:
    """A queue is safe if some counter calls it sooner or later, whoever else keeps coming."""
    served = list(_serving(config, name))
    if not served:
        return  # which is told
    if not any(one.own for _, one in served):
        if not any(one.fallback or (one.overflow is not None and one.overflow.waiting_over == 0) for _, one in served):
            _complain(checked, ("queue", name), f"queue.{name}: it is served as overflow only, so the last ones in it are never "
                      "called. Give it a counter of its own, or fallback: true at one.", "warning")  # fmt: skip
        return
    if config.queue[name].boost_after is None and not any(one.own and _safe(counter, one) for counter, one in served):
        _complain(checked, ("queue", name), f"queue.{name}: each of its counters prefers another queue, so it may wait for ever. "
                  "Add boost_after here, or mix to a counter.", "warning")  # fmt: skip


def _serving(config: HallConfig, queue: str) -> Iterator[tuple[Counter, Serves]]:
    for counter in config.counter.values():
        yield from ((counter, one) for one in counter.serves if one.queue == queue)


def _safe(counter: Counter, serves: Serves) -> bool:
    """Whether nothing this counter serves goes before this queue for ever."""
    return bool(counter.mix) or serves.priority >= max(one.priority for one in counter.serves if one.own)


def _complain(checked: Checked, loc: tuple[str | int, ...], text: str, severity: str = "error") -> None:
    checked.problems.append(Problem(place_of(checked.tree, loc, key=True), text, severity))
