"""Six digits whose first tells the time of day."""

from datetime import datetime

import pytest
from usher.core.hall.appointments.codes import band, code


@pytest.mark.parametrize(("hour", "first"), [(0, 1), (8, 3), (9, 4), (11, 4), (12, 5), (14, 5), (17, 6), (23, 8)])
def test_the_first_digit_tells_the_hours(hour: int, first: int) -> None:
    moment = datetime(2025, 11, 24, hour, 30)
    assert band(moment) == first
    assert code(moment, lambda n: 7, lambda text: False) == f"{first}00007"


def test_a_code_that_somebody_has_is_not_given_again() -> None:
    given: set[str] = set()
    moment = datetime(2025, 11, 24, 9)
    for _ in range(50):
        made = code(moment, lambda n: n % 60, given.__contains__)
        assert made not in given
        assert len(made) == 6
        assert made.isdigit()
        given.add(made)


def test_in_a_crowded_band_codes_grow() -> None:
    moment = datetime(2025, 11, 24, 9)
    made = code(moment, lambda n: n * 7919, lambda text: len(text) == 6)
    assert len(made) == 8
