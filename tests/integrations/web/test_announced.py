"""The whole road in one engine: a call is committed, an automation hears it, espeak speaks it, the page is told to play."""

import asyncio
from pathlib import Path

import orjson
from usher.core.devices.waves import Sound, loudness, read_wav
from usher.core.offers import BLOBS
from usher.core.testing import branch

YAML = """
usher: {name: Test, languages: [zh-CN, en]}
queue: {main: {name: Main, prefix: A, digits: 3}}
counter:
  "1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [{queue: main}]}
  "2": {name: {en: Window 2, zh-CN: 2号窗口}, serves: [{queue: main}]}
display: [{platform: web, id: hall}]
voice: [{platform: espeak, id: espeak}]
speaker: [{platform: web, id: hall, display: display.hall}]
automation:
  - alias: Calls are spoken
    use_blueprint: {path: usher/announce_call.yaml, input: {speaker: speaker.hall}}
"""


async def happened(hall, kind: str, count: int = 1) -> list:
    async with asyncio.timeout(20):
        while len(hall.events(kind)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return [event.data for event in hall.events(kind)]


def doc(hall) -> dict:
    return orjson.loads(hall.engine.views.get("display/hall").read().body)


async def heard(hall, say: dict) -> Sound:
    blob = await hall.engine.offers.get(BLOBS, "speech")(say["url"].rpartition("/")[2])
    return read_wav(blob.body)


async def test_a_call_is_shown_and_heard_and_a_restart_repeats_nothing(tmp_path: Path):
    async with branch(YAML, tmp_path) as hall:
        for counter in ("1", "2"):
            await hall.act("queue.issue", queue="main")
            await hall.act("counter.sign_in", counter=counter, staff=f"staff{counter}")
        for counter in ("1", "2"):
            await hall.act("counter.call_next", counter=counter)
        started = await happened(hall, "announcement_started")
        assert [s["number"] for s in started] == ["A001"]  # the second waits until the first is over
        assert started[0]["missing"] == []
        shown = doc(hall)
        assert [call["number"] for call in shown["calls"]] == ["A002", "A001"]
        sound = await heard(hall, shown["say"][0])
        assert sound.seconds > 4  # chime, Chinese, English
        second = 2 * sound.rate
        parts = [Sound(sound.rate, sound.samples[at : at + second]) for at in range(0, len(sound.samples), second)]
        assert all(loudness(part) > 200 for part in parts[:-1]), "no second of it is silent"
        assert hall.state("speaker.hall").attributes["waiting"] == 1
        await asyncio.sleep(0.1)  # the mark of what was spoken is on its way to the disk
    async with branch(YAML, tmp_path) as hall:
        started = await happened(hall, "announcement_started")
        dropped = await happened(hall, "announcement_dropped")
        assert [s["number"] for s in started] == ["A002"]
        assert [(d["number"], d["reason"]) for d in dropped] == [("A001", "already_spoken")]
        assert [call["number"] for call in doc(hall)["calls"]] == ["A002", "A001"]
        assert len(doc(hall)["say"]) == 1
    async with branch(YAML, tmp_path) as hall:
        assert len(await happened(hall, "announcement_dropped", 2)) == 2
        assert hall.events("announcement_started") == []


async def test_a_call_put_back_is_neither_shown_nor_spoken(tmp_path: Path):
    async with branch(YAML, tmp_path) as hall:
        for counter in ("1", "2"):
            await hall.act("queue.issue", queue="main")
            await hall.act("counter.sign_in", counter=counter, staff=f"staff{counter}")
            await hall.act("counter.call_next", counter=counter)
        await happened(hall, "announcement_started")
        await hall.act("counter.put_back", counter="2")
        dropped = await happened(hall, "announcement_dropped")
        assert [(d["number"], d["reason"]) for d in dropped] == [("A002", "withdrawn")]
        assert [call["number"] for call in doc(hall)["calls"]] == ["A001"]
        assert doc(hall)["recent"] == []
