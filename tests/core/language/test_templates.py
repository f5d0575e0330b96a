"""Templates: typed results, clear complaints, and none that runs away."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from usher.core.bus import Bus
from usher.core.clock import HandClock
from usher.core.errors import Place, TemplateError
from usher.core.language.templates import Templates
from usher.core.language.templates.results import of_text
from usher.core.language.templates.sandbox import Stopped
from usher.core.offers import FILTERS, FUNCTIONS, Offers
from usher.core.source import Text
from usher.core.states import States


@pytest.fixture
def offers():
    return Offers()


@pytest.fixture
def templates(offers):
    clock = HandClock(start=1_763_769_600.0, zone="Asia/Shanghai")  # 2025-11-22 08:00 there
    states = States(Bus(clock), clock)
    states.set("queue.main", 5, {"waiting": 5, "next": "A012", "name": {"en": "Main", "zh-CN": "综合"}})
    states.set("queue.other", 0)
    states.set("sensor.heat", 21.5, {"unit_of_measurement": "°C"})
    states.set("automation.x", True)
    states.set("counter.1", "serving")
    states.set("printer.lobby", None, available=False)
    return Templates(states, clock, offers)


# What Home Assistant 2025.2 gives for the same (docs/configuration/templating), where a hall has the same thing.
RESULTS = [
    ("{{ 1 + 2 }}", 3),
    ("{{ 5 / 2 }}", 2.5),
    ("{{ '007' }}", "007"),  # a leading zero is no number
    ("{{ '12' }}", 12),
    ("{{ 'A012' }}", "A012"),
    ("{{ true }}", True),
    ("{{ none }}", None),
    ("{{ [1, 'a'] }}", [1, "a"]),
    ("{{ {'a': 1} }}", {"a": 1}),
    ("  {{ 3 }}\n", 3),
    ("{{ 1 }}{{ 2 }}", 12),
    ("{{ '1e3' }}", "1e3"),
    ("{{ 'x' ~ 1 }}", "x1"),
    ("a {{ 1 }}", "a 1"),
    ("", ""),
    ("{{ states('queue.main') }}", 5),
    ("{{ states('queue.main') | int + 1 }}", 6),
    ("{{ states('queue.main') == '5' }}", True),
    ("{{ states('queue.main') != '5' }}", False),
    ("{{ states('queue.main') in ['4', '5'] }}", True),
    ("{{ states('counter.1') }}", "serving"),
    ("{{ states('automation.x') }}", "on"),
    ("{{ is_state('queue.main', '5') }}", True),
    ("{{ is_state('counter.1', ['idle', 'serving']) }}", True),
    ("{{ is_state('queue.none', 'unknown') }}", False),
    ("{{ is_state('printer.lobby', 'unavailable') }}", True),
    ("{{ 'counter.1' is is_state('serving') }}", True),
    ("{{ state_attr('queue.main', 'next') }}", "A012"),
    ("{{ state_attr('queue.main', 'nothing') }}", None),
    ("{{ state_attr('queue.none', 'x') }}", None),
    ("{{ is_state_attr('queue.main', 'waiting', 5) }}", True),
    ("{{ has_value('queue.main') }}", True),
    ("{{ has_value('printer.lobby') }}", False),
    ("{{ 'queue.none' | has_value }}", False),
    ("{{ states('queue.none') }}", "unknown"),
    ("{{ states('printer.lobby') }}", "unavailable"),
    ("{{ states('printer.lobby') | float(0) }}", 0),
    ("{{ states.queue.main.state }}", 5),
    ("{{ states.queue.main.attributes.next }}", "A012"),
    ("{{ states.queue.main.name.en }}", "Main"),
    ("{{ states['queue.main'].state }}", 5),
    ("{{ states.queue | map(attribute='entity_id') | list }}", ["queue.main", "queue.other"]),
    ("{{ states.queue | selectattr('state', 'gt', 3) | map(attribute='object_id') | join(',') }}", "main"),
    ("{{ states.queue | count }}", 2),
    ("{{ states('sensor.heat') }}", 21.5),
    ("{{ states('sensor.heat', with_unit=True) }}", "21.5 °C"),
    ("{{ states('sensor.heat') | round(0) }}", 22),
    ("{{ states('sensor.heat') | round(1, 'ceil') }}", 21.5),
    ("{{ 'x' | float(default=7) }}", 7),
    ("{{ '3.7' | int }}", 3),
    ("{{ 'x' | int(-1) }}", -1),
    ("{{ 'yes' | bool }}", True),
    ("{{ iif(1 > 2, 'a', 'b') }}", "b"),
    ("{{ (none) | iif(1, 2, 3) }}", 3),
    ("{{ now().hour }}", 8),
    ("{{ utcnow().hour }}", 0),
    ("{{ today_at('09:30') > now() }}", True),
    ("{{ (now() + timedelta(minutes=90)).strftime('%H:%M') }}", "09:30"),
    ("{{ as_timestamp(utcnow()) }}", 1763769600.0),
    ("{{ 1763769600 | timestamp_custom('%H:%M') }}", "08:00"),
    ("{{ as_timestamp('nonsense', 0) }}", 0),
    ("{{ relative_time(now() - timedelta(minutes=5)) }}", "5 minutes"),
    ("{{ [3, 1, 2] | max }} {{ min(4, 2) }}", "3 2"),
    ("{{ [1, 2, 6] | average }}", 3),
    ("{{ [1, 2, 6] | median }}", 2),
    ("{{ {'a': 1} | to_json }}", {"a": 1}),
    ("{{ ('{\"a\": 2}' | from_json).a }}", 2),
    ("{{ 'Münch 3' | slugify }}", "munch_3"),
    ("{{ '5' | is_number }}", True),
    ("{{ x is defined }}", False),
    ("{{ x | default('d') }}", "d"),
    ("{{ 1 if false }}", ""),
    ("{% set a = 3 %}{{ a }}", 3),
    ("{% for q in states.queue if q.state > 0 %}{{ q.object_id }}{% endfor %}", "main"),
    ("{{ state_attr('queue.main', 'name') | translate('zh-CN') }}", "综合"),
    ("{{ '{:<4}|{:.1f}'.format('a', 2.55) }}", "a   |2.5"),
    ("{{ '%02d' | format(7) }}", "07"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), RESULTS, ids=[text for text, _ in RESULTS])
def test_result(templates, text, expected):
    result = templates.render(text)
    assert result == expected
    assert type(result) is type(expected) or {type(result), type(expected)} == {int, float}


COMPLAINTS = [
    ("{{ tickt.number }}", "there is no variable 'tickt' here"),
    ("{{ trigger.event.dta }}", "there is no 'dta' in it. It holds: data"),
    ("{{ states('queue.none') + 1 }}", "queue.none is 'unknown': there is no value to calculate with"),
    ("{{ 1 + states('printer.lobby') }}", "printer.lobby is 'unavailable'"),
    ("{{ states('printer.lobby') > 3 }}", "printer.lobby is 'unavailable'"),
    ("{{ states('printer.lobby') * 2 }}", "printer.lobby is 'unavailable'"),
    ("{{ states('printer.lobby') | float }}", "printer.lobby is 'unavailable'"),
    ("{{ 'x' | int }}", "int got 'x' and no default. Write int(0)"),
    ("{{ states.queue.none.state }}", "there is no entity queue.none"),
    ("{{ 1 / 0 }}", "division by zero"),
    ("{{ x | spoken }}", "there is no template filter 'spoken' here"),
    ("{{ nothing(1) }}", "there is no variable 'nothing' here"),
    ("{{ 1 is odder }}", "odder"),
    ("{{ ''.__class__ }}", "unsafe"),
    ("{{ trigger.event.data.update({'n': 2}) }}", "unsafe"),
    ("{{ states._states }}", "unsafe"),
    ("{% include 'x' %}", "there is no template file 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "part"), COMPLAINTS, ids=[text for text, _ in COMPLAINTS])
def test_complaint(templates, text, part):
    with pytest.raises(TemplateError) as told:
        templates.render(text, {"trigger": {"event": {"data": {"n": 1}}}, "x": 1})
    assert part in str(told.value)


def test_a_syntax_error_and_a_failure_name_their_place(templates):
    place = Place("a.yaml", 7, 9)
    with pytest.raises(TemplateError) as told:
        templates.read("{{ 1 + }}", place)
    assert str(told.value).startswith("a.yaml:7:9  template: ")
    template = templates.read(Text("{{ 1 }}\n{{ x.y }}", place))
    with pytest.raises(TemplateError) as told:
        template.render({"x": {}})
    assert str(told.value).startswith("a.yaml:7:9  template (line 2 of it): there is no 'y' in it")


RUNAWAYS = [
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in range(10000000) %}{% endfor %}",
    "{{ range(99999) | list | map('string') | list | sort | list | length }}",
    "{% for i in range(90000) %}{{ big | sum }}{% endfor %}",
    "{% for i in range(90000) %}{{ 5000 in big }}{% endfor %}",
    "{% for i in range(90000) %}{{ big[1:] | length }}{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(30) }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% for i in [1] recursive %}{{ loop(range(9999)) }}{% endfor %}",
    "{{ 'x' * 10 ** 9 }}",
    "{{ [0] * 10 ** 9 }}",
    "{{ 10 ** (10 ** 6) }}",
    "{% set ns = namespace(x=3) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}"
    "{% set ns.x = y %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] | join %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('a', ns.x) %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x | replace('a', ns.x) %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = '{0}{0}'.format(ns.x) %}{% endfor %}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = '%s%s' % (ns.x, ns.x) %}{% endfor %}",
    "{% set s = 'x' * 200000 %}{{ [s] * 30000 }}",
    "{% set s = 'x' * 200000 %}{{ ([s] * 30000) | string | length }}",
    "{% set s = 'x' * 200000 %}{{ ([s] * 30000) | to_json | length }}",
    "{% set s = 'x' * 200000 %}{{ ([s] * 30000) | upper | length }}",
    "{% set s = 'x' * 200000 %}{{ ('' ~ [s] * 30000) | length }}",
    "{% set s = 'x' * 200000 %}{{ ('%s' % [[s] * 30000]) | length }}",
    "{% set s = 'x' * 200000 %}{{ '{}'.format([s] * 30000) | length }}",
    "{% set s = 'x' * 200000 %}{{ ('%(a)s' * 30000) % {'a': s} }}",
    "{% set s = 'x' * 200000 %}{{ ('{a}' * 30000).format(a=s) }}",
    "{% set s = 'x' * 200000 %}a{{ range(30000) | map('default', s) | list }}",
    "{{ 'x' | center(10 ** 9) }}",
    "{{ 'x'.ljust(10 ** 9) }}",
    "{{ 'x' | indent(10 ** 9, first=true) }}",
    "{{ '{:>999999999}'.format('x') }}",
    "{{ '{:>{w}}'.format('x', w=10 ** 9) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '%*d' % (10 ** 9, 1) }}",
    "{{ now().strftime('%999999999d') }}",
    "{{ [1] | batch(10 ** 9, 'x') | list }}",
    "{{ [1] | slice(10 ** 9) | list }}",
    "{{ {'a': 1} | tojson(indent=10 ** 9) }}",
    "{% for i in range(90000) %}{{ 'xxxxxxxxxx' }}{% endfor %}",
]  # fmt: skip


@pytest.mark.parametrize("text", RUNAWAYS)
@pytest.mark.timeout(20)
def test_a_runaway_is_stopped(templates, text):
    with pytest.raises(TemplateError) as told:
        templates.render(text, {"big": list(range(20000))})
    assert "stopped" in str(told.value) or "too many" in str(told.value)


def test_after_a_stop_the_next_one_counts_anew(templates):
    with pytest.raises(Stopped):
        templates.render("{% for i in range(90000) %}{% for j in range(9) %}{% endfor %}{% endfor %}")
    assert templates.render("{% for i in range(90000) %}{% endfor %}3") == 3


def test_lent_words_may_come_late(templates, offers):
    template = templates.read("{{ n | spoken }} {{ shout(n) }}")
    with pytest.raises(TemplateError):
        template.render({"n": "A1"})
    offers.add(FILTERS, "spoken", lambda n: f"A, {n[1]}")
    take_back = offers.add(FUNCTIONS, "shout", lambda n: n + "!")
    assert template.render({"n": "A1"}) == "A, 1 A1!"
    take_back()
    with pytest.raises(TemplateError):
        template.render({"n": "A1"})


def test_what_it_reads_is_known(templates):
    uses = templates.read(
        "{{ states('queue.a') }}{{ states.queue.b.state }}{{ 'queue.c' | states }}{{ 'queue.d' is is_state('x') }}"
        "{{ now() }}{{ y | default(1) }}{{ f(z) | spoken }}"
    ).uses  # fmt: skip
    assert uses.entities == {"queue.a", "queue.b", "queue.c", "queue.d"}
    assert (uses.time, uses.everything) == (True, False)
    assert set(uses.names) == {"states", "now", "y", "f", "z"}
    assert uses.asked == {"y"}
    assert "spoken" in uses.filters
    assert templates.read("{{ states(x) }}").uses.everything
    assert templates.read("{% for s in states %}{% endfor %}").uses.everything


def test_what_it_is_given_is_not_changed_and_not_shared(templates):
    names = {"a": [1, {"b": 2}]}
    result = templates.read("{{ a }}").render(names)
    result[1]["b"] = 3
    assert names == {"a": [1, {"b": 2}]}
    template = templates.read("x{{ 1 }}")
    assert template.render({}) == template.render({})


@given(st.text(max_size=40))
def test_any_text_has_a_value(text):
    assert of_text(text) is not NotImplemented


@given(st.recursive(st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text("ab c", min_size=1, max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner, max_size=3)))  # fmt: skip
def test_data_goes_through_a_template_unchanged(value):
    clock = HandClock()
    templates = Templates(States(Bus(clock), clock), clock)
    result = templates.render("{{ x }}", {"x": value})
    assert result == (value.strip() if isinstance(value, str) else value)


@given(st.text("{}%# abc1.()|'\"", max_size=40))
def test_any_template_renders_or_complains(text):
    clock = HandClock()
    templates = Templates(States(Bus(clock), clock), clock)
    with suppress(TemplateError):  # any other error fails
        templates.render(text, {})


def test_a_text_from_a_file_is_a_text_in_states_too():
    """An integration may show what stands in its YAML, which knows its place; that is no truth."""
    clock = HandClock()
    states = States(Bus(clock), clock)
    states.set("sensor.mode", Text("quiet", Place("a.yaml", 1, 1)))
    templates = Templates(states, clock)
    assert templates.render("{{ states('sensor.mode') }} {{ states.sensor.mode.state }}", {}) == "quiet quiet"
