"""Who is next, as a rule of its own: any people, any reservations, any rules, against the order of HALL spelt out plainly."""

import itertools
import os
import random
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from usher.core.hall.calling.dispatch import Choice, Desk, Rules, next_ticket, rule_between
from usher.core.hall.calling.mixing import group, turns
from usher.core.hall.config import Overflow, Serves
from usher.core.hall.events import PublicTicket
from usher.core.hall.lines import Lane, Lines, since, standing

MANY = 5000 if os.environ.get("USHER_LONG") == "1" else 80
NOW = 10_000.0
WEIGHTS = {"normal": 0, "elderly": 20, "vip": 50}
OPEN_COUNTERS = {"1": {"staff": "li", "pools": {"seniors"}}, "2": {"staff": "wang", "pools": {"juniors"}}}
QUEUES = ("a", "b", "c")


def ticket(n: int, queue: str = "a", waited: float = 60, **more: Any) -> PublicTicket:
    began = NOW - waited
    return cast("PublicTicket", {
        "id": f"t{n:03}", "number": f"N{n:03}", "queue": queue, "class": "normal", "urgency": 0, "state": "waiting",
        "place": [began, float(n)], "times": {"issued": began, "waiting": began}, "counter": None, "reserved": None,
        "only": False, "visitor": None, **more,
    })  # fmt: skip


def holds(lane: Lane) -> bool:
    """Counters 1 and 2 are open and serve everything; 3 is closed."""
    assert lane.reserved is not None
    kind, name = lane.reserved
    present = {"counter": set(OPEN_COUNTERS), "staff": {"li", "wang"}, "pool": {"seniors", "juniors"}}
    return lane.only or name in present[kind]


def desk(*serves: Serves, mix: dict[str, int] | None = None, credit: dict[str, int] | None = None) -> Desk:
    """Counter 1: Li of the seniors."""
    members = {("counter", "1"), ("staff", "li"), ("pool", "seniors")}
    return Desk("1", serves or (Serves(queue="a"), Serves(queue="b")), members, mix or {}, credit or {})


def rules(boosts: dict[str, float] | None = None, busy: tuple[str, ...] = (), **weights: int) -> Rules:
    return Rules({**WEIGHTS, **weights}, boosts or {}, holds, busy)


def lines(*people: PublicTicket) -> Lines:
    made = Lines()
    for one in people:
        made.enter(one)
    return made


def chosen(here: Desk, people: list[PublicTicket], by: Rules) -> Choice | None:
    return next_ticket(here, lines(*people), NOW, by)


# The order of HALL, spelt out without lanes or heads.


def _reach(here: Desk, people: list[PublicTicket], by: Rules) -> list[tuple[PublicTicket, int]]:
    """Whoever counter 1 may call, with how near they are; of its own queues, else of those it helps out."""
    own: list[tuple[PublicTicket, int]] = []
    helped: list[tuple[PublicTicket, int]] = []
    for one in people:
        serves = next((s for s in here.serves if s.queue == one["queue"]), None)
        if one["visitor"] in by.busy:
            continue
        if one["state"] == "staged":
            if one["counter"] == here.name:
                own.append((one, 0))
            continue
        if serves is None:
            continue
        kept = Lane.alone(one).reserved
        if kept is not None and kept in here.members:
            own.append((one, 1))
        elif kept is None or not holds(Lane.alone(one)):
            waits = [t for t in people if t["queue"] == one["queue"] and t["state"] == "waiting"]
            if serves.own:
                own.append((one, 2))
            elif serves.fallback or (serves.overflow and (
                (serves.overflow.waiting_over is not None and len(waits) > serves.overflow.waiting_over)
                or (serves.overflow.wait_over is not None
                    and any(NOW - since(t) > serves.overflow.wait_over for t in waits)))):  # fmt: skip
                helped.append((one, 2))
    return own or helped


def _steps(here: Desk, by: Rules, one: PublicTicket, near: int, turn: dict[str, int]) -> list[tuple[str, Any]]:
    """The rules one after the other, and what each says of this ticket: less goes first."""
    waited, after = NOW - since(one), by.boosts.get(one["queue"])
    boosted = after is not None and waited >= after
    serves = next((s for s in here.serves if s.queue == one["queue"]), None)
    steps: list[tuple[str, Any]] = [("urgency", -one["urgency"]), ("near", near), ("boost", -waited if boosted else 0)]
    if here.mix:
        steps.append(("mix", turn[group(here.mix, standing(one), one["queue"])]))
    else:
        steps += [("priority", -serves.priority if serves else 0), ("class", -by.weights.get(standing(one), 0))]
    return [*steps, ("place", (*one["place"], one["id"]))]


def plainly(here: Desk, people: list[PublicTicket], by: Rules) -> list[tuple[PublicTicket, list[tuple[str, Any]]]]:
    """All whom counter 1 may call, in the order it would call them now."""
    reach = _reach(here, people, by)
    turn = (
        turns(here.mix, here.credit, {group(here.mix, standing(t), t["queue"]) for t, _ in reach}) if here.mix else {}
    )
    listed = [(one, _steps(here, by, one, near, turn)) for one, near in reach]
    return sorted(listed, key=lambda pair: [value for _, value in pair[1]])


def _between(one: list[tuple[str, Any]], other: list[tuple[str, Any]]) -> str:
    name, first, second = next((n, a, b) for (n, a), (_, b) in zip(one, other, strict=True) if a != b)
    return name if name != "near" else "staged" if 0 in (first, second) else "reserved"


PEOPLE = st.lists(
    st.fixed_dictionaries({
        "queue": st.sampled_from(QUEUES), "class": st.sampled_from(["normal", "normal", "elderly", "vip"]),
        "urgency": st.sampled_from([0, 0, 0, 5]), "waited": st.sampled_from([10, 60, 600, 1900, 2500, 4000]),
        "place": st.one_of(st.none(), st.integers(0, 5000)),
        "kept": st.sampled_from([
            {}, {}, {}, {}, {"reserved": "1"}, {"reserved": "2"}, {"reserved": "3"}, {"reserved": "3", "only": True},
            {"reserved_staff": "li"}, {"reserved_staff": "wang"}, {"reserved_staff": "zhao"}, {"reserved_pool": "seniors"},
            {"reserved_pool": "juniors"}, {"state": "staged", "counter": "1"}, {"state": "staged", "counter": "2"}]),
        "visitor": st.sampled_from([None, None, "v1", "v2"]), "stands_as": st.sampled_from([None, None, None, "vip"]),
    }),
    min_size=1, max_size=14,
)  # fmt: skip
SERVES = st.lists(
    st.builds(lambda queue, priority, how: Serves(queue=queue, priority=priority, **how),
              st.sampled_from(QUEUES), st.integers(0, 2),
              st.sampled_from([{}, {}, {"fallback": True}, {"overflow": Overflow(waiting_over=2)},
                               {"overflow": Overflow(wait_over=1200, waiting_over=9)}])),
    min_size=1, max_size=3, unique_by=lambda one: one.queue,
)  # fmt: skip
HALLS = st.fixed_dictionaries({
    "people": PEOPLE, "serves": SERVES, "boosts": st.dictionaries(st.sampled_from(QUEUES), st.sampled_from([1800.0, 3000.0])),
    "mix": st.one_of(st.just({}), st.just({}), st.dictionaries(st.sampled_from(["vip", "elderly", "a", "rest"]), st.integers(1, 3))),
    "credit": st.dictionaries(st.sampled_from(["vip", "a", "rest"]), st.integers(-3, 3)),
    "busy": st.sampled_from([(), (), ("v1",)]),
})  # fmt: skip


def _people(drawn: list[dict[str, Any]]) -> list[PublicTicket]:
    people = []
    for n, one in enumerate(drawn):
        made = ticket(n, one["queue"], one["waited"], urgency=one["urgency"], visitor=one["visitor"], **one["kept"])
        made["class"] = one["class"]
        if one["place"] is not None:  # moved, kept or in front: place and wait are two things
            made["place"] = [NOW - one["place"], float(n)]
        if one["stands_as"]:
            made["stands_as"] = one["stands_as"]
        people.append(made)
    return people


def _hall(drawn: dict[str, Any]) -> tuple[Desk, list[PublicTicket], Rules]:
    here = desk(*drawn["serves"], mix=drawn["mix"], credit=drawn["credit"])
    return here, _people(drawn["people"]), rules(drawn["boosts"], drawn["busy"])


@settings(max_examples=MANY, deadline=None)
@given(drawn=HALLS)
def test_the_heads_give_whom_comparing_everybody_gives(drawn: dict[str, Any]) -> None:
    here, people, by = _hall(drawn)
    order, choice = plainly(here, people, by), chosen(here, people, by)
    assert (choice.ticket["id"] if choice else None) == (order[0][0]["id"] if order else None)


@settings(max_examples=MANY, deadline=None)
@given(drawn=HALLS)
def test_the_explanation_names_exactly_the_rule_that_decided(drawn: dict[str, Any]) -> None:
    here, people, by = _hall(drawn)
    order, choice = plainly(here, people, by), chosen(here, people, by)
    if choice is None:
        return
    steps = {one["number"]: step for one, step in order}
    first = steps[choice.ticket["number"]]
    for rule, numbers in choice.passed.items():
        for number in numbers:
            assert _between(first, steps[number]) == rule
    told = {number for numbers in choice.passed.values() for number in numbers}
    nearest = next((one["number"] for one, _ in order if one["number"] in told), None)
    assert choice.rule == ("alone" if nearest is None else _between(first, steps[nearest]))
    queues = {one["queue"] for one, _ in order} - {choice.ticket["queue"]}
    assert queues == {one["queue"] for one, _ in order if one["number"] in told} - {choice.ticket["queue"]}


@settings(max_examples=MANY, deadline=None)
@given(drawn=HALLS)
def test_what_stands_between_any_ticket_and_its_call_is_told(drawn: dict[str, Any]) -> None:
    here, people, by = _hall(drawn)
    order = plainly(here, people, by)
    steps = {one["id"]: step for one, step in order}
    for one in people:
        rule = rule_between(one, here, lines(*people), NOW, by)
        if one["id"] not in steps:
            assert rule in ("busy", "elsewhere", "not_served", "helping", "enough")
        elif one is order[0][0]:
            assert rule == "chosen"
        else:
            assert rule == _between(order[0][1], steps[one["id"]])


@settings(max_examples=MANY, deadline=None)
@given(drawn=HALLS, chance=st.randoms(use_true_random=False))
def test_ties_are_broken_the_same_way_every_time(drawn: dict[str, Any], chance: random.Random) -> None:
    """Whatever the order in which they came into the lines, and after any of them left and came back."""
    here, people, by = _hall(drawn)
    for one in people:  # the same moment, the same place: only the id is left
        one["place"] = [NOW - 5000, 0.0]
    first = chosen(here, people, by)
    for _ in range(3):
        shuffled = chance.sample(people, len(people))
        stood = lines(*shuffled)
        for one in shuffled[::2]:
            stood.leave(one)
            stood.enter(one)
        assert next_ticket(here, stood, NOW, by) == first


@settings(max_examples=MANY, deadline=None)
@given(drawn=HALLS)
def test_a_rule_that_does_not_apply_changes_nothing(drawn: dict[str, Any]) -> None:
    here, people, by = _hall(drawn)
    first = chosen(here, people, by)
    unused = replace_rules(by, boosts={"z": 1.0, **{q: by.boosts.get(q, 5001.0) for q in QUEUES}}, gold=99)
    far = [*here.serves, Serves(queue="empty", priority=9), Serves(queue="calm", overflow=Overflow(waiting_over=50))]
    others = [ticket(900, "nobody_serves_it", 9000, urgency=99), ticket(901, "a", 9000, state="held", urgency=99),
              ticket(902, "a", 9000, state="staged", counter="2", urgency=99), ticket(903, "calm", 9)]  # fmt: skip
    assert chosen(here, people, unused) == first
    assert chosen(cast("Any", _with(here, serves=far)), people, by) == first
    assert chosen(cast("Any", _with(here, serves=far)), [*people, *others], by) == first or not _reach(here, people, by)


def replace_rules(by: Rules, boosts: dict[str, float], **weights: int) -> Rules:
    return Rules({**by.weights, **weights}, boosts, by.holds, by.busy)


def _with(here: Desk, serves: list[Serves]) -> Desk:
    return Desk(here.name, serves, here.members, here.mix, here.credit)


@settings(max_examples=MANY, deadline=None)
@given(drawn=HALLS)
def test_a_place_in_line_counts_as_the_line_is_listed(drawn: dict[str, Any]) -> None:
    _, people, _ = _hall(drawn)
    stood = lines(*people)
    for queue in QUEUES:
        listed = list(stood.everyone(queue, WEIGHTS))
        assert [stood.ahead(one, WEIGHTS) for one in listed] == list(range(len(listed)))
        assert len(listed) == stood.waiting(queue)
        assert stood.oldest(queue) == min(map(since, listed), default=None)
    for one in people:
        stood.leave(one)
    assert stood == Lines()


# One rule at a time.


def _numbers(here: Desk, people: list[PublicTicket], by: Rules) -> list[str]:
    """Everybody, as counter 1 calls them one after the other."""
    left, order = [*people], []
    while choice := chosen(here, left, by):
        order.append(choice.ticket["number"])
        left = [one for one in left if one["id"] != choice.ticket["id"]]
        here = Desk(here.name, here.serves, here.members, here.mix, choice.credit)
    return order


def test_who_waited_too_long_goes_before_priority_class_and_place() -> None:
    people = [ticket(1, "b", 1700, **{"class": "vip"}), ticket(2, "a", 2400), ticket(3, "a", 1900), ticket(4, "a", 100)]
    here = desk(Serves(queue="a"), Serves(queue="b", priority=9))
    assert _numbers(here, people, rules()) == ["N001", "N002", "N003", "N004"]
    people.append(ticket(5, "a", 2000, **{"class": "vip"}))
    assert _numbers(here, people, rules({"a": 1800})) == ["N002", "N005", "N003", "N001", "N004"]


def test_a_reservation_and_urgency_go_before_a_long_wait() -> None:
    people = [ticket(1, "a", 2400), ticket(2, "a", 5, reserved="1"), ticket(3, "a", 5, urgency=3),
              ticket(4, "a", 5, state="staged", counter="1")]  # fmt: skip
    assert _numbers(desk(), people, rules({"a": 1800})) == ["N003", "N004", "N002", "N001"]


@pytest.mark.parametrize(("kept", "others"), [
    ({"reserved_staff": "li"}, {"reserved_staff": "wang"}), ({"reserved_pool": "seniors"}, {"reserved_pool": "juniors"}),
    ({"reserved": "1"}, {"reserved": "2"}),
])  # fmt: skip
def test_reserved_for_a_counter_a_member_of_staff_or_a_pool(kept: dict[str, str], others: dict[str, str]) -> None:
    people = [ticket(1, "a", 900), ticket(2, "a", 100, **kept), ticket(3, "a", 1000, **others)]
    assert _numbers(desk(), people, rules()) == ["N002", "N001"]


def test_a_reservation_for_staff_who_are_not_there_lapses_unless_only() -> None:
    people = [ticket(1, "a", 900), ticket(2, "a", 1000, reserved_staff="zhao"),
              ticket(3, "a", 1100, reserved_staff="zhao", only=True)]  # fmt: skip
    assert _numbers(desk(), people, rules()) == ["N002", "N001"]


def test_a_mix_takes_turns_and_looks_at_neither_priority_nor_class() -> None:
    here = desk(Serves(queue="a"), Serves(queue="b", priority=9), mix={"vip": 2, "rest": 1})
    people = [ticket(n, "a", 900 - n, **{"class": "vip"}) for n in range(4)]
    people += [ticket(10, "b", 100), ticket(11, "a", 500, **{"class": "elderly"})]
    assert _numbers(here, people, rules()) == ["N000", "N011", "N001", "N002", "N010", "N003"]


def test_a_counter_helps_out_when_its_own_queues_are_empty_and_enough_wait_there() -> None:
    here = desk(Serves(queue="a"), Serves(queue="b", priority=9, overflow=Overflow(waiting_over=2)))
    own, there = [ticket(1, "a", 5)], [ticket(n, "b", 900) for n in range(2, 6)]
    assert _numbers(here, [*own, *there], rules()) == [
        "N001",
        "N002",
        "N003",
    ]  # then two are left, which is not over two
    choice = chosen(here, there, rules())
    assert choice is not None
    assert choice.reasons[0] == {
        "en": "Nobody waits in this counter's own queues, and 4 in b: it helps out.",
        "zh-CN": "本窗口自有队列无人等候，而 b 有 4 人等候，协助办理。"}  # fmt: skip


def test_a_counter_helps_out_who_has_waited_too_long() -> None:
    here = desk(Serves(queue="a"), Serves(queue="b", overflow=Overflow(wait_over=900)))
    assert _numbers(here, [ticket(1, "b", 1000), ticket(2, "b", 950), ticket(3, "b", 100)], rules()) == ["N001", "N002"]


def test_a_counter_falls_back_to_other_queues_when_its_own_are_empty() -> None:
    here = desk(Serves(queue="a"), Serves(queue="b", priority=9, fallback=True))
    assert _numbers(here, [ticket(1, "b", 900, urgency=5), ticket(2, "a", 5)], rules()) == ["N002", "N001"]


def test_what_is_reserved_here_is_not_help() -> None:
    here = desk(Serves(queue="a"), Serves(queue="b", fallback=True))
    assert _numbers(here, [ticket(1, "b", 900, reserved="1"), ticket(2, "a", 5)], rules()) == ["N001", "N002"]


def test_the_boosted_are_told_from_those_they_overtook_in_their_own_line() -> None:
    front, long = ticket(1, "a", 10), ticket(2, "a", 2500)
    front["place"] = [0.0, 0.0]  # brought back to the front
    choice = chosen(desk(), [front, long], rules({"a": 1800}))
    assert choice is not None
    assert choice.passed == {"boost": ["N001"]}
    assert choice.reasons == [{"en": "N002 before N001: has waited 41 min, which lifts it.",
                               "zh-CN": "N002 先于 N001：已等候 41 分钟，优先呼叫。"}]  # fmt: skip


def test_many_put_back_by_one_rule_are_one_reason() -> None:
    here = desk(*(Serves(queue=f"q{n}") for n in range(6)))
    choice = chosen(here, [ticket(n, f"q{n}", 100 - n) for n in range(6)], rules())
    assert choice is not None
    assert choice.reasons == [{"en": "N000 before N001, N002, N003 and 2 more: came earlier.",
                               "zh-CN": "N000 先于 N001、N002、N003 等 5 人：先到。"}]  # fmt: skip


@pytest.mark.parametrize("lifted", [{"mix": {"vip": 3, "rest": 1}}, {"boosts": {"a": 600.0, "b": 600.0}}])
def test_nobody_starves_however_many_go_before(lifted: dict[str, Any]) -> None:
    """A counter that keeps calling, a line of VIPs that never ends, and one patient visitor of the least queue."""
    here = desk(Serves(queue="a"), Serves(queue="b", priority=9), mix=lifted.get("mix"))
    stood, by = lines(ticket(0, "a", 0)), rules(lifted.get("boosts"))
    coming = itertools.count(1)
    for minute in range(60):
        now = NOW + 60 * minute
        for _ in range(2):
            n = next(coming)
            stood.enter(ticket(n, "b", -60 * minute, **{"class": "vip"}))
        choice = next_ticket(here, stood, now, by)
        assert choice is not None
        if choice.ticket["number"] == "N000":
            return
        stood.leave(choice.ticket)
        here = Desk(here.name, here.serves, here.members, here.mix, choice.credit)
    raise AssertionError("never called")


def test_without_boost_and_mix_strict_priority_does_starve() -> None:
    """What `usher check` warns of."""
    here = desk(Serves(queue="a"), Serves(queue="b", priority=9))
    stood = lines(ticket(0, "a", 5000), ticket(1, "b", 1))
    for n in range(2, 50):
        choice = next_ticket(here, stood, NOW, rules())
        assert choice is not None
        assert choice.ticket["queue"] == "b"
        stood.leave(choice.ticket)
        stood.enter(ticket(n, "b", 1))


def test_who_was_moved_among_others_stands_as_one_of_them() -> None:
    people = [ticket(1, "a", 500, **{"class": "vip"}), ticket(2, "a", 400, stands_as="vip"), ticket(3, "a", 900)]
    assert _numbers(desk(), people, rules()) == ["N001", "N002", "N003"]
    assert [t["number"] for t in lines(*people).everyone("a", WEIGHTS)] == ["N001", "N002", "N003"]
