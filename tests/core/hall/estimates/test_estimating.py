"""What a hall learns of itself, each by itself."""

import json
import random
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from usher.core.hall.estimates.estimating import ENOUGH, RATIOS, SLOT, Arrivals, Errors, Pace, Rhythm
from usher.core.hall.estimates.learning import Learned

DAY, NEXT = "2026-11-22", "2026-11-23"


def test_nothing_is_said_of_nothing() -> None:
    assert Pace().mean(DAY, None) is None
    assert Pace().mean(DAY, 240.0) == 240
    assert Errors().mean_error is None
    assert Errors().interval(3) is None


def test_a_young_queue_leans_on_what_is_expected() -> None:
    pace = Pace()
    for _ in range(10):
        pace.add(100.0, DAY)
    tomorrow = pace.mean(NEXT, 300.0)
    assert tomorrow == 200  # ten measured, ten of the twenty missing
    assert pace.mean(NEXT, None) == 100


def test_a_slow_day_shows_and_is_over_in_the_evening() -> None:
    pace = Pace([300.0] * 200)
    for _ in range(40):
        pace.add(450.0, DAY)
    usual = pace.mean(NEXT, None)
    today = pace.mean(DAY, None)
    assert usual is not None
    assert today is not None
    assert usual == pytest.approx(325)
    assert today == pytest.approx((20 * 325 + 40 * 450) / 60)


def test_a_finish_that_was_forgotten_does_not_spoil_the_mean() -> None:
    pace = Pace([300.0] * 100)
    pace.add(5 * 3600.0, DAY)
    assert pace.recent[-1] == 8 * 300


def test_a_service_taken_back_was_none() -> None:
    pace = Pace([300.0] * 30)
    before = pace.mean(DAY, None)
    pace.add(40.0, DAY)
    assert pace.mean(DAY, None) != before
    pace.take_back(DAY)
    assert pace.mean(DAY, None) == before
    pace.take_back(NEXT)  # of another day: nothing to take back
    assert len(pace.recent) == 30


@given(st.lists(st.floats(1, 3600), min_size=1, max_size=60), st.floats(0, 4000))
def test_who_has_been_served_long_still_takes_something(services: list[float], elapsed: float) -> None:
    pace = Pace(services)
    mean = pace.mean(DAY, None)
    assert mean is not None
    assert 0 < pace.left(elapsed, mean) <= max(*services, mean) + 1e-6


def test_what_is_left_follows_those_who_took_longer() -> None:
    pace = Pace([60.0] * 90 + [600.0] * 30)
    mean = pace.mean(DAY, None)
    assert mean is not None
    assert pace.left(0.0, mean) == pytest.approx(mean)
    assert pace.left(61.0, mean) > 400  # one of the slow ones


def test_lunch_is_foreseen() -> None:
    rhythm = Rhythm()
    for day in range(5):
        for slot in range(9 * 6, 17 * 6):
            rhythm.note(day, slot * SLOT, 3 if 12 * 6 <= slot < 13 * 6 else 6)
    noon = 12 * 3600
    assert rhythm.real(5, 10 * 3600, 6, 1800) == 1800
    assert rhythm.real(5, noon - 600, 6, 1800) == 600 + 2400  # 600 s at six, the rest at three
    assert rhythm.real(5, 13 * 3600 - 600, 3, 1800) == 600 + 600  # they come back
    assert rhythm.real(5, noon - 600, 1, 1800) == 1800  # never fewer than one
    assert rhythm.real(5, 3 * 3600, 2, 1800) == 1800  # a time never seen


def test_a_weekday_of_its_own_counts_once_it_is_known() -> None:
    rhythm = Rhythm()
    for week in range(4):
        for day in range(7):
            rhythm.note(day, 10 * 3600, 2 if day == 5 else 6)
            assert week >= 0
    assert rhythm.usual(5, 10 * 3600) == 2
    assert rhythm.usual(1, 10 * 3600) == 6


def test_the_interval_holds_eight_of_ten() -> None:
    errors = Errors()
    for n in range(ENOUGH * 4):
        errors.add(60.0 + n % 100, 100.0, 60.0, 200.0, 5)
    found = errors.interval(5)
    assert found is not None
    low, high = found
    inside = sum(low * 100 <= 60 + n % 100 <= high * 100 for n in range(100))
    assert 80 <= inside <= 84
    assert errors.interval(50) is None  # nothing is known of long lines
    figures = errors.figures()
    assert figures["coverage"] == 100
    assert errors.mean_error == pytest.approx(sum(abs(60 + n - 100) for n in range(100)) / 100, abs=1)


def test_arrivals_of_the_last_hour() -> None:
    arrivals = Arrivals()
    for minute in range(120):
        arrivals.add(0, "normal", minute * 60.0)
        if minute % 10 == 0:
            arrivals.add(0, "vip", minute * 60.0)
    rates = {class_: rate for _, class_, rate in arrivals.rates(119 * 60.0)}
    assert rates["normal"] == pytest.approx(1 / 60, rel=0.05)
    assert rates["vip"] == pytest.approx(1 / 600, rel=0.2)
    arrivals.add(0, "vip", 86400.0)
    assert list(arrivals.rates(86400.0)) == [(0, "vip", 1 / 900)]  # another day begins with nobody


def test_the_figures_are_of_the_latest_alone() -> None:
    dice, errors = random.Random(3), Errors()
    for _ in range(2 * RATIOS + 50):
        wait = dice.randint(5, 900)
        errors.add(dice.uniform(1, 1000), wait, round(wait * 0.6), round(wait * 1.5), dice.randrange(30))
        scored = list(errors.scored)
        assert errors.figures()["scored"] == len(scored) <= RATIOS
        assert errors.figures()["mean_wait"] == round(sum(a for a, _, _, _ in scored) / len(scored))
        assert errors.figures()["waited_longer"] == round(100 * sum(a > w for a, w, _, _ in scored) / len(scored), 1)
    assert Errors(scored=errors.scored).figures() == errors.figures()
    assert Errors(scored=errors.scored).mean_error == errors.mean_error


def test_it_is_kept_as_json() -> None:
    learned = Learned()
    for n in range(30):
        learned.pace.add(100.0 + n, DAY)
        learned.errors.add(200.0, 180.0, 100.0, 300.0, n)
    learned.rhythm.note(1, 36000, 4)
    back = Learned.restored(cast("dict[str, object]", json.loads(json.dumps(learned.kept()))))
    assert back.pace.mean(NEXT, None) == learned.pace.mean(NEXT, None)
    assert back.errors.mean_error == learned.errors.mean_error == 20
    assert back.errors.figures() == learned.errors.figures()
    assert [len(band) for band in back.errors.ratios] == [len(band) for band in learned.errors.ratios]
    assert back.rhythm.usual(1, 36000) == 4
    assert Learned.restored({}).kept() == Learned().kept()
