"""How good the estimates are, on simulated days of a whole hall; a few of them, or with USHER_LONG=1 as many as the bench."""

import os

import pytest

from ....bench.estimates import DOCTOR, VIP, Days, scored

LONG = os.environ.get("USHER_LONG") == "1"


@pytest.mark.parametrize(("days", "worst"), [(VIP, 5.6), (DOCTOR, 8.5)])
def test_better_than_what_the_field_does(days: Days, worst: float) -> None:
    score = scored(days, days.days if LONG else 3)
    assert score.error <= worst
    if LONG:
        assert 76 <= score.covered <= 84
