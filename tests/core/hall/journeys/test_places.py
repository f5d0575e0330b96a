"""Places in line: whatever the line is made of, who is moved stands exactly where it was asked, and nobody else moves."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from usher.core.hall.config import HallConfig
from usher.core.hall.events import PublicTicket
from usher.core.hall.floor import Floor
from usher.core.hall.hall import Hall
from usher.core.hall.journal import Decision
from usher.core.hall.journeys.moves import move
from usher.core.hall.journeys.places import behind, between, just_behind, rank

CLASSES = {"vip": 50, "elderly": 20, "also_elderly": 20}
Person = tuple[str, int, float]  # class, urgency, effective time
PEOPLE = st.lists(
    st.tuples(st.sampled_from(["normal", *CLASSES]), st.sampled_from([0, 0, 3]), st.sampled_from([100.0, 200.0, 300.0])),
    min_size=1, max_size=8,
)  # fmt: skip


def _hall() -> Hall:
    hall = Hall.__new__(Hall)
    config = HallConfig.model_validate(
        {"queue": {"q": {"name": "Q"}}, "counter": {"1": {"name": "One", "serves": ["q"]}}}
    )
    hall.config, hall.queues, hall.counters = config, config.queue, config.counter
    hall.estimates = None
    return hall


def _ticket(n: int, person: Person) -> PublicTicket:
    class_, urgency, at = person
    return cast("PublicTicket", {
        "id": f"t{n}", "number": f"A{n:03d}", "queue": "q", "class": class_, "urgency": urgency, "triage": urgency or None,
        "state": "waiting", "place": [at, float(n)], "times": {"issued": at, "waiting": at}, "counter": None,
        "reserved": None, "only": False, "visitor": None, "leg": 1, "plan": [], "service": None,
    })  # fmt: skip


def _made(people: list[Person]) -> Decision:
    floor = Floor(CLASSES)
    for n, person in enumerate(people):
        floor.put("ticket", f"t{n}", _ticket(n, person))
    return Decision(floor, 400.0, "2026-11-22", 100, 300.0)


def _line(d: Decision) -> list[str]:
    return [t["id"] for t in d.floor.everyone("q")]


@given(people=PEOPLE, data=st.data())
def test_who_is_moved_stands_where_it_was_asked_and_nobody_else_moves(people: list[Person], data: Any) -> None:
    hall, d = _hall(), _made(people)
    for _ in range(data.draw(st.integers(1, 6))):
        mover = data.draw(st.sampled_from(_line(d)))
        others = [id_ for id_ in _line(d) if id_ != mover]
        to = data.draw(st.one_of(st.sampled_from(["front", "end"]), st.integers(0, 9)))
        wanted = {"front": 0, "end": len(others)}.get(str(to), min(to, len(others)) if isinstance(to, int) else 0)
        ticket = move(hall, d, d.floor.tickets[mover], to, "m", "asked")
        assert _line(d) == [*others[:wanted], mover, *others[wanted:]]
        assert ticket["class"] == people[int(mover[1:])][0]
        assert d.events[-1][1]["ahead"] == wanted
        d.seq += 1  # each is a decision of its own


@given(people=PEOPLE, data=st.data())
def test_moved_before_somebody_and_back_again(people: list[Person], data: Any) -> None:
    hall, d = _hall(), _made(people)
    before = _line(d)
    mover, other = data.draw(st.sampled_from(before)), data.draw(st.sampled_from(before))
    if mover == other:
        return
    move(hall, d, d.floor.tickets[mover], d.floor.tickets[other], "m", "asked")
    line = _line(d)
    assert line.index(mover) + 1 == line.index(other)
    move(hall, d, d.floor.tickets[mover], "keep", "m", "a mistake")
    own = d.floor.tickets[mover]
    assert (own["urgency"], own.get("stands_as")) == (people[int(mover[1:])][1], None)


@given(people=PEOPLE, person=PEOPLE, n=st.integers(0, 9))
def test_behind_the_nth_is_among_its_like(people: list[Person], person: list[Person], n: int) -> None:
    d = _made(people)
    line = _line(d)
    new = _ticket(99, person[0])
    new["place"] = behind(d, new, "q", n)
    d.put("ticket", new["id"], new)
    after = _line(d)
    assert [id_ for id_ in after if id_ != new["id"]] == line
    own = rank(d.floor, new)
    alike_before = [id_ for id_ in line[:n] if rank(d.floor, d.floor.tickets[id_]) == own]
    assert all(after.index(id_) < after.index(new["id"]) for id_ in alike_before)
    if n < len(line):
        assert all(
            after.index(new["id"]) < after.index(id_) for id_ in line[n:] if rank(d.floor, d.floor.tickets[id_]) == own
        )


@given(people=PEOPLE, data=st.data(), count=st.integers(1, 5))
def test_parts_stand_together_in_the_partys_place(people: list[Person], data: Any, count: int) -> None:
    d = _made(people)
    party = d.floor.tickets[data.draw(st.sampled_from(_line(d)))]
    last, expected = party, _line(d)
    for part in range(count):
        new = cast("PublicTicket", {**party, "id": f"p{part}", "number": f"P{part}", "place": just_behind(d, last)})
        d.put("ticket", new["id"], new)
        expected.insert(expected.index(last["id"]) + 1, new["id"])
        last = new
    assert _line(d) == expected


@given(low=st.floats(0, 1e9), high=st.floats(0, 1e9), turn=st.integers(0, 10**6), gap=st.integers(1, 10))
def test_between_two_neighbours(low: float, high: float, turn: int, gap: int) -> None:
    before = [min(low, high), float(turn)]
    after = [max(low, high), float(turn + gap)]
    assert before < between(before, after) < after
    assert between(None, after) < after
    assert before < between(before, None)
