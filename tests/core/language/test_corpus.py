"""Home Assistant's automations and scripts do what Home Assistant does; where they do not, that is meant and said."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).with_name("corpus")
PLAYING = runpy.run_path(str(FOLDER / "playing.py"))
CASES = PLAYING["cases"](FOLDER)
OTHERWISE = PLAYING["cases"](FOLDER / "otherwise")


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
async def test_as_home_assistant(case, tmp_path):
    told = await PLAYING["play"](case, tmp_path)
    traces = f"traces: {', '.join(case['traces'])}\n" if "traces" in case else ""
    assert told == case["then"] + traces, case["from"]


@pytest.mark.parametrize("case", OTHERWISE, ids=[case["name"] for case in OTHERWISE])
async def test_otherwise_on_purpose(case, tmp_path):
    assert await PLAYING["play"](case, tmp_path) == case["then"], f"there: {case['there']}"


def test_the_corpus_is_large_and_says_where_it_comes_from():
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names)) >= 60
    assert all(case["from"].strip() for case in CASES)
