"""What is recorded: Home Assistant's order of include and exclude (its recorder documentation, "Configure filter")."""

import pytest
from usher.integrations.recorder.config import Chosen, Config
from usher.integrations.recorder.filters import Filter, ages


def chosen(**lists: list[str]) -> Chosen:
    return Chosen.model_validate(lists)


def passes(include: Chosen, exclude: Chosen, *ids: str) -> list[str]:
    keeps = Filter(Config.model_validate({}).model_copy(update={"include": include, "exclude": exclude}))
    return [one for one in ids if keeps.entity(one)]


IDS = ("queue.a", "queue.vip", "counter.1", "sensor.door_battery", "sensor.heat")
RULES = [
    # 1. neither: all
    (chosen(), chosen(), [*IDS]),
    # 2. include only: what is listed
    (chosen(domains=["queue"]), chosen(), ["queue.a", "queue.vip"]),
    (chosen(entities=["counter.1"], entity_globs=["*_battery"]), chosen(), ["counter.1", "sensor.door_battery"]),
    # 3. exclude only: all but what is listed
    (chosen(), chosen(domains=["sensor"], entities=["queue.a"]), ["queue.vip", "counter.1"]),
    (chosen(), chosen(entity_globs=["queue.*"]), ["counter.1", "sensor.door_battery", "sensor.heat"]),
    # 4. domains or globs included, and something excluded: entity before glob before domain
    (chosen(domains=["queue"]), chosen(entities=["queue.vip"]), ["queue.a"]),
    (chosen(domains=["queue"], entities=["queue.vip"]), chosen(entity_globs=["queue.*"]), ["queue.vip"]),
    (chosen(entity_globs=["sensor.*"]), chosen(domains=["sensor"], entities=["sensor.heat"]), ["sensor.door_battery"]),
    (chosen(domains=["sensor"]), chosen(domains=["sensor"]), ["sensor.door_battery", "sensor.heat"]),
    (chosen(domains=["sensor"]), chosen(entity_globs=["*_battery"]), ["sensor.heat"]),
    # 5. domains or globs excluded, single entities included
    (chosen(entities=["sensor.heat"]), chosen(domains=["sensor"]), ["queue.a", "queue.vip", "counter.1", "sensor.heat"]),
    (chosen(entities=["queue.a"]), chosen(entity_globs=["queue.*"]), ["queue.a", "counter.1", "sensor.door_battery", "sensor.heat"]),
    # 6. entities only, in both: the included ones
    (chosen(entities=["queue.a"]), chosen(entities=["counter.1"]), ["queue.a"]),
]  # fmt: skip


@pytest.mark.parametrize(("include", "exclude", "expected"), RULES)
def test_the_order_of_rules(include: Chosen, exclude: Chosen, expected: list[str]) -> None:
    assert passes(include, exclude, *IDS) == expected


def test_events_by_type_and_by_the_entity_they_name() -> None:
    keeps = Filter(Config.model_validate({"exclude": {"event_types": ["call_lost"], "domains": ["automation"]}}))
    assert not keeps.event("call_lost", {})
    assert keeps.event("ticket_called", {"ticket": {}})
    assert not keeps.event("automation_triggered", {"entity_id": "automation.a"})
    only = Filter(Config.model_validate({"include": {"event_types": ["ticket_called"]}}))
    assert [only.event(kind, {}) for kind in ("ticket_called", "ticket_issued")] == [True, False]
    assert only.entity("queue.a")  # types say nothing of entities


def test_the_first_age_that_fits_counts() -> None:
    keep = {"queue.vip": 5, "queue.*": 90, "*": 30}
    assert ages(keep, ["queue.vip", "queue.a", "counter.1"]) == {"queue.vip": 5, "queue.a": 90, "counter.1": 30}
    assert ages({}, ["queue.a"]) == {}
