"""`for:` over a restart, a crash of the disk and a switch; and that no edge is lost, whatever is written when."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.language.holding import Room
from usher.core.language.tables import WAITS
from usher.core.language.templates import Templates
from usher.core.language.templates.tracking import TemplateWatch
from usher.core.language.trigger_kinds import builtin_kinds
from usher.core.language.watching import EventWatch, StateWatch
from usher.core.offers import STARTED
from usher.core.states import States

FOR = """
automation:
  - id: gone
    alias: Gone
    mode: parallel
    triggers:
      - {trigger: state, entity_id: test.a, to: 'on', for: "00:10", id: state}
      - {trigger: numeric_state, entity_id: test.n, above: 10, for: "00:20", id: number}
      - {trigger: template, value_template: "{{ is_state('test.a', 'on') }}", for: "00:30", id: template}
    actions:
      - action: test.say
        data: {text: "{{ trigger.id }} {{ trigger.from_state.state }} {{ trigger.for.total_seconds() | int }}"}
"""
BEFORE = {"test.a": "off", "test.n": 1}
NOW = {"test.a": "on", "test.n": 11}


async def begin(w):
    w.states.set("test.a", "on")
    w.states.set("test.n", 11)
    await w.settle()


async def test_it_goes_on_with_what_is_left(wing):
    async with wing(FOR, states=BEFORE) as w:
        await begin(w)
        await w.turn(300)
        assert len(await w.store.rows(WAITS)) == 3
    async with wing(FOR, states=NOW) as w:
        await w.turn(299)
        assert w.said == []
        await w.turn(1)
        assert w.said == ["state off 600"]
        await w.turn(1200)
        assert w.said == ["state off 600", "number 1 1200", "template off 1800"]
        assert await w.store.rows(WAITS) == []


async def test_overdue_fires_late_in_order_once_the_hall_is_up(wing, clock):
    async with wing(FOR, states=BEFORE) as w:
        await begin(w)
    await clock.turn(3600)
    async with wing(FOR, states=NOW, started=False) as w:
        await w.settle()
        assert w.said == []
        w.offers.add(STARTED, "hall", "boot")
        w.bus.fire("usher_started")
        await w.settle()
        assert w.said == ["state off 600", "number 1 1200", "template off 1800"]
    async with wing(FOR, states=NOW) as w:  # it has fired
        await w.turn(7200)
        assert w.said == []


async def test_it_waits_for_a_device_to_say_how_it_is(wing, clock):
    async with wing(FOR, states=BEFORE) as w:
        await begin(w)
    await clock.turn(3600)
    async with wing(FOR) as w:  # up, but the devices are not there yet
        await w.turn(10)
        w.states.set("test.a", None, available=False)
        w.states.set("test.n", None, available=False)
        await w.turn(10)
        assert w.said == []
        w.states.set("test.n", 12)
        await w.turn(1)
        assert w.said == ["number 1 1200"]
        w.states.set("test.a", "off")  # it does not stand as it was: forgotten
        await w.turn(7200)
        assert w.said == ["number 1 1200"]
        assert await w.store.rows(WAITS) == []


async def test_what_no_longer_stands_or_is_changed_is_dropped(wing):
    async with wing(FOR, states=BEFORE) as w:
        await begin(w)
    async with wing(FOR.replace("00:10", "00:11"), states={"test.a": "on", "test.n": 3}) as w:
        await w.turn(7200)
        assert w.said == ["template off 1800"]  # the only one whose trigger is the same and which still stands
        assert await w.store.rows(WAITS) == []


async def test_turned_off_it_forgets_and_turned_on_it_begins_anew(wing):
    async with wing(FOR, states=BEFORE) as w:
        await begin(w)
        await w.act("automation.turn_off", automation="gone")
        assert await w.store.rows(WAITS) == []
        await w.act("automation.turn_on", automation="gone")
        await w.turn(7200)
        assert w.said == []


# -- no edge is lost

VALUES = some.sampled_from([None, 1, 2, 3, "x"])
WRITES = some.lists(some.lists(some.tuples(some.sampled_from("ab"), VALUES), max_size=6), max_size=8)


def number(value):
    return value if isinstance(value, int) else None


def model(writes):
    """What must fire, worked out event by event from the writes alone."""
    now, fired = {"a": 1, "b": 1}, []
    inside, true = {"a": False, "b": False}, False
    for name, value in (one for burst in writes for one in burst):
        old, now[name] = now[name], value
        if value is old:
            continue
        if value == 2:
            fired.append(("state", name))
        if (n := number(value)) is not None:
            if n > 1.5 and not inside[name]:
                fired.append(("number", name))
            inside[name] = n > 1.5
        if None not in now.values() and "x" not in now.values():  # else the template fails: neither true nor false
            is_true = now["a"] + now["b"] >= 4
            if is_true and not true:
                fired.append(("template", name))
            true = is_true
    return fired


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WRITES)
def test_no_edge_is_lost_and_none_is_made_up(writes):
    """Bursts written by one listener: all but the first event of each is told while later ones are true already."""
    clock = HandClock()
    bus = Bus(clock)
    states = States(bus, clock)
    states.set("test.a", 1)
    states.set("test.b", 1)
    templates, events = Templates(states, clock), EventWatch(bus)
    tracking = TemplateWatch(states, bus, clock)
    kinds = builtin_kinds(Room(templates, StateWatch(bus, states, events), tracking, lambda: True), clock, events)
    fired = []
    both = ["test.a", "test.b"]
    for word, tree in (
        ("state", {"entity_id": both, "to": 2}),
        ("numeric_state", {"entity_id": both, "above": 1.5}),
        ("template", {"value_template": "{{ states('test.a') | float + states('test.b') | float >= 4 }}"}),
    ):
        told = word.removesuffix("_state").replace("numeric", "number")
        kinds[word].attach(
            kinds[word].model.model_validate(tree),
            lambda data, _, told=told: fired.append((told, data["entity_id"].removeprefix("test."))),
        )
    wanted = iter(writes)
    bus.listen(
        lambda _: [states.set(f"test.{name}", value, available=value is not None) for name, value in next(wanted)],
        "burst",
    )
    for _ in writes:
        bus.fire("burst")
    # An event's own order between kinds is that of the YAML but for templates, which are asked first.
    assert sorted(fired) == sorted(model(writes))
    for word in ("state", "number", "template"):
        assert [one for one in fired if one[0] == word] == [one for one in model(writes) if one[0] == word]
