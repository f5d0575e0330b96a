"""Whole days: the same seed gives the same bytes, waits are what can be worked out by hand, laws are watched."""

import filecmp
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from usher.core.engine import Engine
from usher.core.errors import ConfigError
from usher.core.events import Event
from usher.core.simulation.day import Day, simulate
from usher.core.simulation.report import figures
from usher.core.simulation.scenario import Scenario

EXAMPLE = Path(__file__).parents[3] / "config_examples" / "bank_branch"
DAY = date(2026, 11, 20)
ONE = """
usher: {name: One, time_zone: Asia/Shanghai, languages: [en]}
queue: {a: {name: A, prefix: A}}
counter: {"1": {name: One, serves: [a]}}
"""
# Nothing is left to chance: everybody is there at once, and served for exactly as long as is said.
EXACT: dict[str, Any] = {"spread": 0, "walk": (0, 0), "reaction": (0, 0), "no_show": 0, "patience": 0}


def live(folder: Path, yaml: str = ONE, csv: str = "", made: Callable[[Engine], None] = lambda engine: None,
         **more: Any) -> Day:  # fmt: skip
    (folder / "configuration.yaml").write_text(yaml, "utf-8")
    if csv:
        (folder / "arrivals.csv").write_text(csv, "utf-8")
        more["arrivals"] = folder / "arrivals.csv"
    return simulate(folder, Scenario(DAY, **{**EXACT, **more}), made=made)


def test_waits_are_what_can_be_worked_out_by_hand(tmp_path: Path) -> None:
    """One a minute, each served for 90 s: the n-th waits 30 s longer than the one before."""
    csv = "time,queue\n" + "".join(f"10:{n:02d},a\n" for n in range(11))
    day = live(tmp_path, csv=csv, service=90)
    found = figures(day)
    waits = [wait for life in day.notes.lives.values() for _, wait in life.waits]
    assert waits == pytest.approx([30.0 * n for n in range(11)], abs=0.001)
    assert found["queues"]["a"] | {} == {
        "tickets": 11, "called": 11, "mean": 150.0, "median": 150.0, "p90": 270.0, "max": 300.0, "no_shows": 0,
        "unserved": 0}  # fmt: skip
    assert found["counters"]["1"]["serving"] == 11 * 90
    assert found["counters"]["1"]["utilisation"] == pytest.approx(990 / (8 * 3600 - 1800), abs=0.001)
    assert found["tickets"] == {"issued": 11, "finished": 11, "cancelled": 0, "missed": 0, "left": 0}
    assert found["problems"] == []


def test_a_counter_that_calls_by_itself_is_served_all_the_same(tmp_path: Path) -> None:
    """Staff find somebody called to their counter, and serve them."""
    csv = "time,queue\n" + "".join(f"10:{n:02d},a\n" for n in range(11))
    yaml = ONE.replace("serves: [a]", 'serves: [a], auto_call: true, no_show_after: 3, recall_every: "00:00:30"')
    day = live(tmp_path, yaml, csv, service=90, reaction=(5, 5))
    found = figures(day)
    assert found["tickets"] == {"issued": 11, "finished": 11, "cancelled": 0, "missed": 0, "left": 0}
    assert found["problems"] == []
    assert found["queues"]["a"]["max"] < 400


def test_a_stream_by_chance_waits_as_theory_says(tmp_path: Path) -> None:
    """M/D/1: W = rho / (2 mu (1 - rho)); 1,500 visitors at rho 0.6, so the mean of many runs of luck is near it."""
    rota = tmp_path / "staff.yaml"
    rota.write_text('"1": {from: "00:00", to: "23:59"}', "utf-8")
    day = live(tmp_path, visitors=1500, profile="flat", hours=((0, 83000),), service=0.6 * 83000 / 1500, staff=rota)
    theory = 0.6 / (2 * (1 - 0.6)) * day.scenario.service
    assert figures(day)["queues"]["a"]["mean"] == pytest.approx(theory, rel=0.25)
    assert figures(day)["counters"]["1"]["serving"] == pytest.approx(0.6 * 83000, rel=0.01)


def test_what_stands_in_a_file_comes_so(tmp_path: Path) -> None:
    yaml = ONE.replace("queue: {a: {name: A, prefix: A}}", "queue: {a: {name: A, prefix: A, services: {x: {name: X}}}}")
    yaml = yaml.replace("languages: [en]", "languages: [en], classes: {vip: 9, normal: 0}")
    day = live(
        tmp_path,
        yaml,
        "time,queue,service,class,party,duration\n09:00,a,x,,2,600\n09:01,a,,,,\n09:02,queue.a,,vip,,30\n",
    )
    lives = list(day.notes.lives.values())
    assert [(life.number, life.class_) for life in lives] == [("A001", "normal"), ("A002", "normal"), ("A003", "vip")]
    assert [life.called - day.midnight for life in lives if life.called] == pytest.approx(
        [32400, 32400 + 600 + 30, 32400 + 600], abs=0.001)  # fmt: skip


@pytest.mark.parametrize(("csv", "told"), [
    ("tiem,queue\n", "arrivals.csv:1:1  there is no column 'tiem'. Did you mean 'time'?"),
    ("time\n", "arrivals.csv:1:1  the column 'queue' is missing."),
    ("time,queue\n09:00,a\n9 o'clock,a\n", "arrivals.csv:3:1  time: \"9 o'clock\" is not a time of day. Write 09:05 or 09:05:30."),
    ("time,queue,party\n09:00,b,0\n", "arrivals.csv:2:2  queue: there is no queue 'b'."),
    ("time,queue,party\n09:00,a,0\n", "arrivals.csv:2:3  party: '0' is not a number of people. Write 1 to 99."),
])  # fmt: skip
def test_a_faulty_file_is_told_with_its_place(tmp_path: Path, csv: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        live(tmp_path, csv=csv)
    assert told in str(caught.value)


def test_delays_and_for_pass_in_virtual_time_and_midnight_ends_the_day(tmp_path: Path) -> None:
    yaml = ONE + """
automation:
  - {id: long, alias: Long, triggers: {trigger: numeric_state, entity_id: queue.a, above: 1, for: "00:05"},
     actions: [{delay: "01:00"}, {event: late}]}
  - {id: night, alias: Night, triggers: {trigger: time, at: "23:30"}, actions: {event: night}}
  - {id: never, alias: Never, triggers: {trigger: event, event_type: nothing_fires_this}, actions: {event: x}}
"""  # fmt: skip
    heard: list[Event] = []
    (tmp_path / "nobody.yaml").write_text('"1": {from: "22:00", to: "22:01"}', "utf-8")
    day = live(tmp_path, yaml, "time,queue\n10:00,a\n10:01,a\n10:02,a\n", staff=tmp_path / "nobody.yaml", service=7200,
               overtime=0, made=lambda engine: engine.bus.listen(heard.append, "late", "night") and None)  # fmt: skip
    at = [(event.type, round(event.at - day.midnight)) for event in heard]
    assert at == [("late", 36000 + 60 + 300 + 3600), ("night", 23 * 3600 + 1800)]
    found = figures(day)
    assert [one["fired"] for one in found["automations"]] == [1, 0, 1]
    assert found["never_fired"] == ["automation.never"]
    assert found["tickets"] == {"issued": 3, "finished": 1, "cancelled": 0, "missed": 0, "left": 2}
    assert found["problems"] == []


def test_helpers_live_through_the_day(tmp_path: Path) -> None:
    """A switch turned by the hour lets a timer run while it is on; both are the real ones, in virtual time."""
    yaml = ONE + """
input_boolean: {rush: {name: Rush hour}}
timer: {tea: {duration: "00:20"}}
automation:
  - {id: on, alias: "On", triggers: {trigger: time, at: "11:00"},
     actions: {action: input_boolean.turn_on, target: {entity_id: input_boolean.rush}}}
  - {id: off, alias: "Off", triggers: {trigger: time, at: "13:00"},
     actions: {action: input_boolean.turn_off, target: {entity_id: input_boolean.rush}}}
  - {id: tea, alias: Tea, triggers: {trigger: ticket, event: issued},
     conditions: "{{ is_state('input_boolean.rush', 'on') and is_state('timer.tea', 'idle') }}",
     actions: {action: timer.start, target: {entity_id: timer.tea}}}
  - {id: brewed, alias: Brewed, triggers: {trigger: event, event_type: timer.finished},
     actions: {event: brewed, event_data: {rush: "{{ states('input_boolean.rush') }}"}}}
"""  # fmt: skip
    heard: list[Event] = []
    csv = "time,queue\n10:30,a\n12:00,a\n12:10,a\n12:50,a\n14:00,a\n"
    day = live(tmp_path, yaml, csv, made=lambda engine: engine.bus.listen(heard.append, "brewed") and None)
    told = [(round(event.at - day.midnight), event.data["rush"]) for event in heard]
    assert told == [(43200 + 1200, "on"), (46200 + 1200, "off")], "the second outlasts the rush"
    found = figures(day)
    assert [one["fired"] for one in found["automations"]] == [2, 1, 1, 2]
    assert found["not_entered"] == []
    assert found["errors"] == []
    assert found["asked"] == {}
    assert not (tmp_path / ".usher").exists()


def test_an_automation_that_fails_is_told_with_its_place(tmp_path: Path) -> None:
    yaml = (
        ONE
        + """
automation:
  - alias: Bad
    triggers: {trigger: ticket, event: issued}
    actions:
      - action: queue.pause
        data: {queue: "{{ trigger.ticket.number }}"}
"""
    )
    found = figures(live(tmp_path, yaml, "time,queue\n10:00,a\n10:01,a\n"))
    errors = [one for one in found["errors"] if one["level"] == "error"]
    assert len(errors) == 2
    assert "configuration.yaml:10:9" in errors[0]["text"]


def test_a_broken_law_is_found(tmp_path: Path) -> None:
    """An event that says a number was called to a second counter, and a ticket that was never issued."""

    def lie(engine: Engine) -> None:
        def hear(event: Event) -> None:
            if event.data.get("lie"):
                return
            ticket = event.data["ticket"]
            engine.bus.fire("ticket_called", {"ticket": {**ticket, "counter": "2"}, "from": None, "lie": True})
            engine.bus.fire(
                "ticket_issued", {"ticket": {**ticket, "id": "x", "state": "waiting"}, "from": None, "lie": True}
            )

        engine.bus.listen(hear, "ticket_called")

    found = figures(live(tmp_path, csv="time,queue\n10:00,a\n", made=lie))
    told = [one["en"] for one in found["problems"]]
    assert told[:2] == ["A001 was called to counter 2 while it was at counter 1.", "The number A001 was given twice."]
    assert any("2 tickets were issued and 1 ended" in one for one in told)
    assert found["problems_count"] == len(told)


def test_refusals_are_counted_by_code_and_nothing_outside_is_done(tmp_path: Path) -> None:
    yaml = (
        ONE
        + """
automation:
  - {alias: Close, triggers: {trigger: time, at: "12:00"}, actions: {action: queue.pause, data: {queue: a}}}
"""
    )
    found = figures(live(tmp_path, yaml, "time,queue\n11:00,a\n12:30,a\n12:31,a\n"))
    assert found["refusals"] == [{"action": "queue.issue", "code": "paused", "times": 2}]
    assert found["tickets"]["issued"] == 1
    assert not (tmp_path / ".usher").exists(), "the hall's own data is never touched"


def test_the_example_says_shows_and_prints(tmp_path: Path) -> None:
    day = simulate(EXAMPLE, Scenario(DAY, visitors=30, service=200))
    found, recording = figures(day), day.recording
    assert found["tickets"]["issued"] == len(recording.printed) == 30
    assert "http" in found["not_entered"]
    said = recording.said[0]
    assert [tongue for tongue, _ in said.texts] == ["zh-CN", "en"] * 2
    assert said.seconds > 8, "announcements take their time"
    assert recording.shown[-1].board.calls == ()
    assert [one for one in found["errors"] if one["level"] == "error"] == []


@pytest.mark.xdist_group("processes")
def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    """Two processes with other hash seeds and time zones."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "usher.core", "simulate", str(EXAMPLE), "--day", "2026-11-20", "--seed", "5",
             "--visitors", "120", "--class", "vip=0.1", "--no-show", "0.1", "--out", str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for seed, zone in (("1", "UTC"), ("77", "America/New_York"))
    ]  # fmt: skip
    answers = [(*process.communicate(timeout=100), process.returncode) for process in running]
    assert answers[0][2] == 0, answers[0][1]
    assert answers[0] == answers[1]
    names = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert names == ["automations.txt", "printed.txt", "said.txt", "shown.txt", "summary.json", "summary.txt"]
    assert filecmp.cmpfiles(tmp_path / "1", tmp_path / "77", names, shallow=False) == (names, [], [])
