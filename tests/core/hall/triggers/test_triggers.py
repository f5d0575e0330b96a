"""The hall's own triggers: ticket, queue and counter, in a running hall; their waits over a restart."""

from usher.core.clock import HandClock
from usher.core.testing import branch

HALL = """
usher: {name: Test, languages: [en]}
queue:
  personal: {name: Personal, prefix: A, services: {cash: {name: Cash}}}
  corporate: {name: Companies, prefix: B}
counter:
  "1": {name: Window 1, serves: [personal, corporate]}
  "2": {name: Window 2, serves: [corporate]}
"""
ONE = """
automation:
  - alias: Told
    mode: parallel
    max: 100
    triggers:
{triggers}
    actions:
      - event: told
        event_data: {{text: "{text}"}}
"""


def yaml(text: str, *triggers: str) -> str:
    return HALL + ONE.format(text=text, triggers="\n".join(f"      - {{{one}}}" for one in triggers))


def told(hall):
    return [event.data["text"] for event in hall.events("told")]


async def issue(hall, clock, queue="personal", **more):
    answer = await hall.act("queue.issue", queue=queue, **more)
    await clock.turn(0)
    return answer["ticket"]["id"]


async def test_a_ticket_is_found_by_all_its_filters(tmp_path):
    clock = HandClock()
    text = yaml(
        "{{ trigger.id }} {{ trigger.ticket.number }} {{ trigger.event.event_type }}",
        "trigger: ticket, event: issued, id: any",
        "trigger: ticket, event: issued, queue: personal, service: cash, id: cash",
        "trigger: ticket, event: [called, started], counter: counter.1, id: one",
        'trigger: ticket, event: called, counter: "2", id: two',
        "trigger: ticket, event: called, calls: 2, id: again",
        "trigger: ticket, event: [issued, finished], state: finished, class: normal, id: done",
    )
    async with branch(text, tmp_path, clock=clock) as hall:
        await issue(hall, clock)
        await issue(hall, clock, service="cash")
        await hall.act("counter.sign_in", counter="1", staff="s1")
        await hall.act("counter.call_next", counter="1")
        await hall.act("counter.recall", counter="1")
        await hall.act("counter.start", counter="1")
        await hall.act("counter.finish", counter="1")
        await clock.turn(0)
        assert told(hall) == [
            "any A001 ticket_issued", "any A002 ticket_issued", "cash A002 ticket_issued", "one A001 ticket_called",
            "one A001 ticket_called", "again A001 ticket_called", "one A001 ticket_started", "done A001 ticket_finished",
        ]  # fmt: skip


async def test_a_line_grows_shrinks_empties_and_is_paused(tmp_path):
    clock = HandClock()
    text = yaml(
        "{{ trigger.id }} {{ trigger.queue.id }} {{ trigger.queue.waiting }}",
        "trigger: queue, queue: personal, waiting_over: 2, id: over",
        "trigger: queue, entity_id: queue.personal, waiting_under: 2, id: under",
        "trigger: queue, event: [empty, paused], id: event",
        "trigger: queue, queue: personal, event: resumed, id: resumed",
        "trigger: queue, queue: corporate, waiting_over: 0, id: other",
    )
    async with branch(text, tmp_path, clock=clock) as hall:
        tickets = [await issue(hall, clock) for _ in range(4)]
        assert told(hall) == ["over personal 3"]
        for ticket in tickets:
            await hall.act("ticket.cancel", ticket=ticket)
            await clock.turn(0)
        assert told(hall)[1:] == ["under personal 1", "event personal 0"]
        await hall.act("queue.pause", queue="personal")
        await hall.act("queue.resume", queue="personal")
        await issue(hall, clock, "corporate")
        assert told(hall)[3:] == ["event personal 0", "resumed personal 0", "other corporate 1"]


async def test_the_longest_wait_passes_a_limit_by_the_clock(tmp_path):
    clock = HandClock()
    text = yaml("{{ trigger.queue.oldest_wait }}", 'trigger: queue, queue: personal, wait_over: "00:10"')
    async with branch(text, tmp_path, clock=clock) as hall:
        first = await issue(hall, clock)
        await clock.turn(300)
        await issue(hall, clock)
        await clock.turn(299)
        assert told(hall) == []
        await clock.turn(1)
        assert told(hall) == [600]
        await clock.turn(200)
        await hall.act("ticket.cancel", ticket=first)  # the next has waited 500 s
        await clock.turn(99)
        assert told(hall) == [600]
        await clock.turn(1)
        assert told(hall) == [600, 600]
    async with branch(text, tmp_path, clock=clock) as hall:  # already over: no news
        await clock.turn(1000)
        assert told(hall) == []


async def test_for_of_a_line_outlives_a_restart(tmp_path):
    clock = HandClock()
    text = yaml("{{ trigger.queue.waiting }}", 'trigger: queue, queue: personal, waiting_over: 1, for: "00:05"')
    async with branch(text, tmp_path, clock=clock) as hall:
        one = await issue(hall, clock)
        await issue(hall, clock)
        await clock.turn(60)
        await hall.act("ticket.cancel", ticket=one)
        await clock.turn(600)
        assert told(hall) == []
        await issue(hall, clock)
        await clock.turn(200)
    async with branch(text, tmp_path, clock=clock) as hall:
        await clock.turn(99)
        assert told(hall) == []
        await clock.turn(1)
        assert told(hall) == [2]
    async with branch(text, tmp_path, clock=clock) as hall:  # it has fired, and does not again
        await clock.turn(1000)
        assert told(hall) == []


COUNTERS = yaml(
    "{{ trigger.id }} {{ trigger.counter.id }} {{ trigger.ticket.number if trigger.ticket is defined and trigger.ticket }}",
    "trigger: counter, event: [signed_in, paused, resumed, signed_out], id: event",
    'trigger: counter, counter: "1", to: idle, from: closed, id: opened',
    'trigger: counter, counter: "1", to: idle, for: "00:02", id: idle',
    'trigger: counter, serving_over: "00:15", id: long',
)


async def test_a_counter_opens_idles_and_serves_too_long(tmp_path):
    clock = HandClock()
    async with branch(COUNTERS, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="s1")
        await clock.turn(120)
        assert sorted(told(hall)) == ["event 1", "idle 1", "opened 1"]
        await issue(hall, clock)
        await hall.act("counter.call_next", counter="1")
        await clock.turn(60)
        await hall.act("counter.start", counter="1")
        await clock.turn(14 * 60)
    async with branch(COUNTERS, tmp_path, clock=clock) as hall:  # counted from the start of the service
        await clock.turn(59)
        assert told(hall) == []
        await clock.turn(1)
        assert told(hall) == ["long 1 A001"]
    async with branch(COUNTERS, tmp_path, clock=clock) as hall:  # once for each visitor, also after a restart
        await clock.turn(3600)
        assert told(hall) == []
        await issue(hall, clock)
        await hall.act("counter.call_next", counter="1", current="finish")
        await hall.act("counter.start", counter="1")
        await clock.turn(15 * 60)
        assert told(hall) == ["long 1 A002"]
        await hall.act("counter.finish", counter="1")
        await hall.act("counter.pause", counter="1")
        await hall.act("counter.resume", counter="1")
        await hall.act("counter.sign_out", counter="1")
        await clock.turn(600)
        assert told(hall)[1:] == ["event 1"] * 3


async def test_overdue_when_the_hall_comes_up_fires_late(tmp_path):
    clock = HandClock()
    async with branch(COUNTERS, tmp_path, clock=clock) as hall:
        await hall.act("counter.sign_in", counter="1", staff="s1")
        await issue(hall, clock)
        await hall.act("counter.call_next", counter="1")
        await hall.act("counter.start", counter="1")
        await clock.turn(60)
    await clock.turn(3600)
    async with branch(COUNTERS, tmp_path, clock=clock) as hall:
        await clock.turn(0)
        assert told(hall) == ["long 1 A001"]
