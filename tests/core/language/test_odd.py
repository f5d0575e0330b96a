"""However odd the YAML: complaints, never a traceback, and what is left of it can still be set up."""

import copy
import logging
import random

import pytest
from usher.core.language.automations import Automations
from usher.core.source import Map, Seq

from .test_check import KNOWN, RIGHT

ODD = [None, True, 5, -1.5, "", "x", "{{ x", "{{ 1 }}", [], {}, [[]], [None], {"a": None}, {5: 6}, {"trigger": "state"},
       {"condition": "state"}, {"action": 5}, {"choose": {"conditions": 1}}, "a.b", "9" * 400, {"delay": {"hours": "x"}},
       {"use_blueprint": 5}, {"use_blueprint": {"path": 5, "input": 5}}]  # fmt: skip


def spots(tree, found):
    """Every (container, key) in a tree."""
    for key in list(tree) if isinstance(tree, Map) else range(len(tree)):
        found.append((tree, key))
        if isinstance(tree[key], (Map, Seq)):
            spots(tree[key], found)
    return found


def placed(value, place):
    """A plain value as if it stood in the file."""
    if isinstance(value, dict):
        made = Map(place)
        for key, inner in value.items():
            made.put(key, placed(inner, place), place, place)
        return made
    if isinstance(value, list):
        made = Seq(place)
        for inner in value:
            made.put(placed(inner, place), place)
        return made
    return value


def mutate(tree, chance):
    made = copy.deepcopy(tree)
    for _ in range(chance.choice((1, 1, 2))):
        where, key = chance.choice(spots(made, []))
        if chance.random() < 0.2 and isinstance(where, Map) and isinstance(key, str):
            value = where.pop(key)
            where.put(key[1:] + "x", value, where.key_places[key], where.value_places[key])
        else:
            where[key] = placed(chance.choice(ODD), made.place)
    return made


@pytest.mark.parametrize("seed", range(4))
async def test_no_yaml_ends_in_a_traceback(wing, tmp_path, seed, caplog):
    from usher.core.integration import Checked
    from usher.core.language import LANGUAGE
    from usher.core.language.config import LanguageConfig, actions, entities

    from .conftest import Say, Wing, parse

    chance = random.Random(seed)
    tree = parse(RIGHT, tmp_path)
    caplog.set_level(logging.CRITICAL)
    told = 0
    async with wing("automation: []") as w:
        for _ in range(75):
            odd = mutate(tree, chance)
            config = LanguageConfig.model_validate({"automation": odd.get("automation")})
            known = KNOWN | entities(config)
            checked = Checked(config, odd, {}, [], [], tmp_path, known, {"test.say": Say, **actions(config)})
            LANGUAGE.check(checked)
            told += bool(checked.problems)
            assert all(p.place is None or p.place.line > 0 for p in checked.problems)
            other = Wing(tmp_path, w.clock, w.store)
            other.states.set("queue.main", 1)
            await Automations(other.kit, config.automation).begin()
            other.states.set("queue.main", 2)
            other.bus.fire("x", {"a": {"b": 1}})
            await other.clock.turn(0)
            await other.kit.close()
    assert told > 40  # of 75: the odd ones really are
