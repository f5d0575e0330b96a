"""The mix of a counter: groups take turns by weight, evenly, and none is left out."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from usher.core.hall.calling.mixing import REST, charged, group, turns

MIX = {"appointment": 2, "rest": 1}
GROUPS = st.dictionaries(st.sampled_from(["vip", "loans", "cash", "cards"]), st.integers(1, 9), min_size=1)


def _called(mix: dict[str, int], present: list[set[str]]) -> list[str]:
    """Who is called when, each time, these groups have somebody waiting."""
    credit: dict[str, int] = {}
    order = []
    for here in present:
        first = min(turned := turns(mix, credit, here), key=lambda one: turned[one])
        credit = charged(mix, credit, here, first)
        order.append(first)
    return order


def test_a_class_is_named_before_a_queue_and_all_else_is_the_rest() -> None:
    assert group({"vip": 1, "loans": 1}, "vip", "loans") == "vip"
    assert group({"vip": 1, "loans": 1}, "normal", "loans") == "loans"
    assert group({"vip": 1, "loans": 1}, "normal", "cash") == REST


def test_two_appointments_to_one_of_the_rest_evenly_mixed() -> None:
    order = _called(MIX, [{"appointment", "rest"}] * 9)
    assert order == ["appointment", "rest", "appointment"] * 3


def test_the_rest_has_a_turn_though_the_mix_does_not_name_it() -> None:
    assert _called({"appointment": 2}, [{"appointment", "rest"}] * 3) == ["appointment", "rest", "appointment"]


def test_a_group_that_was_empty_all_morning_does_not_come_all_at_once() -> None:
    morning = [{"appointment"}] * 40
    order = _called(MIX, [*morning, *[{"appointment", "rest"}] * 6])
    assert Counter(order[40:]) == {"appointment": 4, "rest": 2}


@settings(max_examples=50, deadline=None)
@given(mix=GROUPS)
def test_over_a_round_each_group_has_exactly_its_share(mix: dict[str, int]) -> None:
    full = {**mix, REST: 1}
    length = sum(full.values())
    order = _called(mix, [set(full)] * (3 * length))
    for at in range(3):
        assert Counter(order[at * length : (at + 1) * length]) == Counter(full)


@settings(max_examples=50, deadline=None)
@given(mix=GROUPS, chance=st.randoms(use_true_random=False))
def test_whoever_comes_and_goes_nobody_who_waits_is_left_out(mix: dict[str, int], chance: random.Random) -> None:
    """A group that always has somebody waiting is called at least once in any few rounds."""
    names = sorted({*mix, REST})
    patient = chance.choice(names)
    order = _called(mix, [{patient, *chance.sample(names, chance.randint(0, len(names)))} for _ in range(200)])
    window = 4 * (sum(mix.values()) + 1)
    for at in range(len(order) - window):
        assert patient in order[at : at + window]


def test_a_group_no_longer_in_the_mix_is_forgotten() -> None:
    assert charged({"vip": 1}, {"gold": 5, "vip": -1}, {"vip", "rest"}, "rest") == {"rest": -1}


def test_a_group_called_out_of_turn_pays_all_the_same() -> None:
    """Staff may call somebody whose group is not among the heads: a visitor who is back from hold."""
    assert sum(charged(MIX, {}, {"rest"}, "appointment").values()) == 0
