"""What is said aloud: in order, one at a time, urgent first, never late, never twice over a restart."""

import asyncio
import struct
from contextlib import asynccontextmanager

import pytest
from usher.core.devices.clips import Clip, Clips
from usher.core.devices.speakers import SpeakerItem, setup_speakers
from usher.core.devices.spoken import SPOKEN
from usher.core.devices.waves import Sound, read_wav
from usher.core.errors import BadData, ConnectionLost, Failed, Refused, Unknown
from usher.core.hall import events as hall
from usher.core.offers import BLOBS

RATE = 8000
LONG = 2.0  # seconds of each phrase


class Mouths:
    """Voices and speakers in one: what was said is a number, the n-th text, held in the samples."""

    def __init__(self, h) -> None:
        self.h, self.texts = h, []
        self.played: list[tuple[float, str, str]] = []  # when, speaker, the texts heard
        self.clips: list[Clip] = []
        self.stopped = 0
        self.unknown: set[str] = set()
        self.dead: set[str] = set()
        self.silent_for: set[str] = set()

    def known(self, text, language, wanted=()) -> None:
        return None

    async def phrase(self, text, language, wanted=(), patience=20.0) -> Sound:
        if language in self.unknown:
            raise Failed("no voice", "no_voice")
        if (language, text) not in self.texts:
            self.texts.append((language, text))
        level = 100 + self.texts.index((language, text))
        return Sound(RATE, struct.pack("<h", level) * round(LONG * RATE))

    def heard(self, sound: Sound) -> str:
        """The texts in a sound, in order."""
        values = struct.unpack(f"<{len(sound.samples) // 2}h", sound.samples)
        found, last = [], 0
        for value in values[:: RATE // 20]:
            if value != last and 100 <= value < 100 + len(self.texts):
                found.append(self.texts[value - 100][1])
            last = value
        return " ".join(found)

    @asynccontextmanager
    async def open(self, item, kit):
        mouths = self
        if item.id in self.dead:
            raise ConnectionLost("the cable is out.")

        class Player:
            async def play(self, clip: Clip) -> None:
                if item.id in mouths.dead:
                    raise ConnectionLost("the cable is out.")
                mouths.clips.append(clip)
                mouths.played.append((mouths.h.clock.monotonic(), item.id, mouths.heard(clip.sound)))

            async def stop(self) -> None:
                mouths.stopped += 1

        yield Player()

    def said(self) -> list[str]:
        return [text for *_, text in self.played]


@asynccontextmanager
async def speaking(h, *made: dict):
    mouths = Mouths(h)
    h.platform("speaker.test", SpeakerItem, mouths.open)
    kit = h.kit()
    items = [SpeakerItem(platform="test", **{"chime": False, **one}) for one in made or ({"id": "hall"},)]
    async with setup_speakers(items, kit, mouths) as mouths.room:
        await h.clock.turn(0)
        yield mouths
    await kit.close()


def called(h, number: str, counter: str = "1", calls: int = 1, at: float | None = None) -> None:
    h.bus.fire(hall.TICKET_CALLED, {"ticket": h.ticket(number, counter, calls=calls, at=at), "calls": calls})


async def until(h, true) -> None:
    """Let threads (the chime, the store) come to their end; the hall's clock stands still."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await h.clock.turn(0)


TABLES = {"tables": (SPOKEN,)}


async def test_ten_calls_in_one_second_are_all_heard_in_order_one_at_a_time(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        for n in range(10):
            called(h, f"A{n:03}")
            await h.act("speaker.announce", speaker="hall", message={"en": f"A{n:03}"}, ticket=f"id-A{n:03}", repeat=2)
            if n == 4:
                called(h, "T001")
                await h.act("speaker.announce", speaker="hall", message={"en": "T001"}, ticket="id-T001", urgent=True)
            await h.clock.turn(0.1)
        await h.clock.turn(60)
        assert [text.split()[0] for text in mouths.said()] == ["A000", "T001", *(f"A{n:03}" for n in range(1, 10))]
        assert h.of("announcement_dropped") == []
        assert mouths.said()[0] == "A000 A000"  # alone in the line: said twice
        assert mouths.said()[1:3] == ["T001", "A001"]  # in a burst: once, and without a chime
        assert mouths.said()[-1] == "A009"
        ends = 0.0
        for (when, *_), clip in zip(mouths.played, mouths.clips, strict=True):
            assert when >= ends, "one began before the other was over"
            ends = when + clip.seconds
        assert len(h.of("announcement_finished")) == len(mouths.played)


async def test_a_burst_longer_than_the_latest_ends_in_dropped_calls_never_in_late_ones(house):
    async with house(**TABLES) as h, speaking(h, {"id": "hall", "latest": 30}) as mouths:
        begun = h.clock.monotonic()
        for n in range(20):
            called(h, f"A{n:03}")
            await h.act("speaker.announce", speaker="hall", message={"en": f"A{n:03}"}, ticket=f"id-A{n:03}")
        await h.clock.turn(100)
        assert mouths.played[-1][0] - begun < 30
        dropped = [e.data["number"] for e in h.of("announcement_dropped")]
        assert mouths.said() + dropped == [f"A{n:03}" for n in range(20)]
        assert len(dropped) == 8


async def test_a_call_already_too_old_is_refused_at_the_door(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        called(h, "A001", at=h.clock.now() - 25)
        answer = await h.act("speaker.announce", speaker="hall", message="A001", ticket="id-A001")
        assert answer["dropped"] == "too_late"
        await h.clock.turn(5)
        assert mouths.said() == []
        assert h.of("announcement_dropped")[0].data["reason"] == "too_late"


async def test_a_restart_does_not_repeat_but_says_what_was_not_said(house):
    async def both(h) -> list[str]:
        for number in ("A001", "A002"):
            answer = await h.act("speaker.announce", speaker="hall", message={"en": number}, ticket=f"id-{number}")
            yield answer.get("dropped")

    async with house(**TABLES) as h, speaking(h) as mouths:
        called(h, "A001")
        called(h, "A002", "2")
        assert [d async for d in both(h)] == [None, None]
        await h.clock.turn(1)  # in the midst of the first
        assert mouths.said() == ["A001"]
        at = h.clock.now()
        await asyncio.sleep(0.1)  # the writer's thread
    async with house(**TABLES, start=at + 5) as h, speaking(h) as mouths:
        h.counter("1", h.ticket("A001", at=at - 1))
        h.counter("2", h.ticket("A002", "2", at=at - 1))  # the hall said so before this room could hear
        assert [d async for d in both(h)] == ["already_spoken", None]
        await h.clock.turn(5)
        assert mouths.said() == ["A002"]
        called(h, "A001", calls=2)  # a recall is a new call
        answer = await h.act("speaker.announce", speaker="hall", message={"en": "A001"}, ticket="A001")
        assert "dropped" not in answer
    async with house(**TABLES, start=at + 60) as h, speaking(h) as mouths:
        called(h, "A002", "2", at=at - 1)
        answer = await h.act("speaker.announce", speaker="hall", message={"en": "A002"}, ticket="A002")
        assert answer["dropped"] == "too_late"


async def test_who_was_sent_back_to_the_line_is_heard_again(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        for _ in range(2):  # called, missed or put back, and called a first time again at the same counter
            called(h, "A001")
            answer = await h.act("speaker.announce", speaker="hall", message={"en": "A001"}, ticket=h.ticket("A001"))
            assert "dropped" not in answer
            await h.clock.turn(60)
        assert mouths.said() == ["A001", "A001"]


async def test_a_whole_ticket_says_itself_which_call_it_is(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        called(h, "A001", calls=2)  # the automation of the first call was slower than the recall
        first = {**h.ticket("A001", calls=1), "class": "normal"}
        await h.act("speaker.announce", speaker="hall", message={"en": "A001"}, ticket=first)
        answer = await h.act(
            "speaker.announce", speaker="hall", message={"en": "A001"}, ticket=h.ticket("A001", calls=2)
        )
        assert "dropped" not in answer
        await h.clock.turn(10)
        old = {**h.ticket("A002"), "times": {"called": h.clock.now() - 21}}
        answer = await h.act("speaker.announce", speaker="hall", message={"en": "A002"}, ticket=old)
        assert answer["dropped"] == "too_late"
        assert mouths.said() in (["A001"], ["A001", "A001"])


async def test_what_was_spoken_is_forgotten_after_an_hour(house):
    async with house(**TABLES) as h, speaking(h):
        for n in range(3):
            called(h, f"A{n:03}")
            await h.act("speaker.announce", speaker="hall", message="x", ticket=f"id-A{n:03}")
            await h.clock.turn(2000)
        await asyncio.sleep(0.1)
        rows = await h.store.rows(SPOKEN)
        assert len(rows) == 2


async def test_a_call_taken_back_is_not_spoken(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        for number in ("A001", "A002", "A003"):
            called(h, number)
            await h.act("speaker.announce", speaker="hall", message={"en": number}, ticket={"id": f"id-{number}"})
        await h.clock.turn(0)
        h.bus.fire(hall.TICKET_PUT_BACK, {"ticket": h.ticket("A002", None, "waiting")})
        await h.clock.turn(10)
        assert mouths.said() == ["A001", "A003"]
        assert h.of("announcement_dropped")[0].data["reason"] == "withdrawn"


async def test_a_recall_replaces_the_call_that_still_waits(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        for number in ("A001", "A002", "A003"):
            called(h, number)
            await h.act("speaker.announce", speaker="hall", message={"en": number}, ticket=f"id-{number}")
        await h.clock.turn(0)
        called(h, "A002", calls=2)
        await h.act("speaker.announce", speaker="hall", message={"en": "A002 again"}, ticket="id-A002")
        await h.clock.turn(12)
        assert mouths.said() == ["A001", "A002 again", "A003"]
        assert h.of("announcement_dropped")[0].data["reason"] == "overtaken"


async def test_languages_in_the_halls_order_repeated_after_a_chime(house):
    async with house(**TABLES) as h, speaking(h, {"id": "hall", "chime": True}) as mouths:
        await h.act("speaker.announce", speaker="hall", message={"en": "go", "zh-CN": "请", "fr": "va"}, repeat=2)
        await until(h, lambda: mouths.played)
        assert mouths.said() == ["请 go 请 go"]
        assert mouths.clips[0].seconds == pytest.approx(4 * LONG + 1.1 + 4 * 0.35, abs=0.1)
        await h.clock.turn(12)
        await h.act("speaker.announce", speaker="hall", message="plain", chime=False)
        await h.act("speaker.announce", speaker="hall", message="both", languages=["en", "zh-CN"], chime=False)
        await h.clock.turn(10)
        assert mouths.said()[1:] == ["plain", "both both"]
        assert ("zh-CN", "plain") in mouths.texts  # the hall's first language
        assert ("en", "plain") not in mouths.texts


async def test_a_language_without_a_voice_is_left_out_and_told(house):
    async with house(**TABLES) as h, speaking(h, {"id": "hall", "chime": True}) as mouths:
        mouths.unknown = {"zh-CN"}
        await h.act("speaker.announce", speaker="hall", message={"en": "go", "zh-CN": "请"})
        await until(h, lambda: mouths.played)
        await h.clock.turn(8)
        assert mouths.said() == ["go"]
        assert h.of("announcement_started")[0].data["missing"] == ["zh-CN"]
        mouths.unknown = {"zh-CN", "en"}
        await h.act("speaker.announce", speaker="hall", message={"en": "gone"})
        await until(h, lambda: len(mouths.played) == 2)
        await h.clock.turn(8)
        assert mouths.clips[-1].seconds == pytest.approx(1.1, abs=0.1)  # the chime says look up
        await h.act("speaker.announce", speaker="hall", message={"en": "gone"}, chime=False)
        await h.clock.turn(8)
        assert h.of("announcement_dropped")[-1].data["reason"] == "no_voice"


async def test_states_follow_and_stop_is_at_once(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        assert h.value("speaker.hall") == "idle"
        for n in range(3):
            await h.act("speaker.announce", speaker="hall", message=f"text {n}")
        await h.clock.turn(0)
        assert h.value("speaker.hall") == "speaking"
        assert h.states.get("speaker.hall").attributes["waiting"] == 2
        assert await h.act("speaker.clear", speaker="hall") == {"dropped": 2}
        assert await h.act("speaker.stop", target={"entity_id": "speaker.hall"}) == {"dropped": 1}
        await h.clock.turn(0)
        assert (mouths.stopped, h.value("speaker.hall")) == (1, "idle")
        assert [e.data["reason"] for e in h.of("announcement_dropped")] == ["cleared", "cleared", "stopped"]
        await h.act("speaker.announce", speaker="hall", message="and on")
        await h.clock.turn(5)
        assert mouths.said() == ["text 0", "and on"]


async def test_speakers_of_one_group_never_speak_at_once(house):
    rooms = ({"id": "hall", "group": "floor"}, {"id": "desk", "group": "floor"}, {"id": "cellar"})
    async with house(**TABLES) as h, speaking(h, *rooms) as mouths:
        answer = await h.act("speaker.announce", speaker=["hall", "desk", "cellar"], message="everybody")
        assert len(answer["announcements"]) == 2
        await h.act("speaker.announce", speaker="desk", message="desk only")
        await h.act("speaker.announce", speaker="cellar", message="cellar only")
        await h.clock.turn(10)
        begun = {(speaker, text): when for when, speaker, text in mouths.played}
        assert begun["hall", "everybody"] == begun["desk", "everybody"]
        assert begun["desk", "desk only"] >= begun["hall", "everybody"] + LONG
        assert ("hall", "desk only") not in begun


async def test_an_offline_speaker_says_what_is_not_too_late_when_it_is_back(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        mouths.dead.add("hall")
        called(h, "A001")
        await h.act("speaker.announce", speaker="hall", message={"en": "A001"}, ticket="id-A001")
        await h.clock.turn(0)
        assert h.value("speaker.hall") == "offline"
        mouths.dead.clear()
        await h.clock.turn(3)
        assert mouths.said() == ["A001"]
        await h.clock.turn(3)
        mouths.dead.add("hall")
        called(h, "A002")
        await h.act("speaker.announce", speaker="hall", message={"en": "A002"}, ticket="id-A002")
        await h.clock.turn(25)
        assert [e.data["reason"] for e in h.of("announcement_dropped")] == ["too_late"]
        mouths.dead.clear()
        await h.clock.turn(400)
        assert h.value("speaker.hall") == "idle"
        assert mouths.said() == ["A001"]


async def test_the_line_is_bounded(house):
    async with house(**TABLES) as h, speaking(h):
        for n in range(51):
            await h.act("speaker.announce", speaker="hall", message=f"text {n}")
            await h.clock.turn(0)
        with pytest.raises(Refused) as refused:
            await h.act("speaker.announce", speaker="hall", message="one more")
        assert refused.value.code == "busy"
        assert "before" in await h.act("speaker.announce", speaker="hall", message="fire", urgent=True)


@pytest.mark.parametrize(
    "data",
    [
        {"message": ""},
        {"message": {"en": "  "}},
        {"message": "x" * 1_000_000},
        {"message": 5.5, "volume": 3},
        {"message": "x", "repeat": 100},
        {"message": {"en": ["x"]}},
        {"message": {f"l{n}": "x" for n in range(50)}},
        {"message": "x", "languages": ["x" * 1000]},
        {"message": "x", "ticket": {"calls": 2}},
        {"message": "x", "ticket": {"id": "t", "times": "now"}},
        {"message": "x", "ticket": "t" * 100_000},
        {},
    ],
)
async def test_bad_data_is_refused_with_what_is_wrong(house, data):
    async with house(**TABLES) as h, speaking(h):
        with pytest.raises(BadData) as bad:
            await h.act("speaker.announce", speaker="hall", **data)
        assert bad.value.fields
        with pytest.raises(Unknown):
            await h.act("speaker.announce", speaker="hull", message="x")


async def test_one_that_fails_does_not_silence_the_hall(house, monkeypatch, caplog):
    async with house(**TABLES) as h, speaking(h) as mouths:
        with monkeypatch.context() as patch:
            patch.setattr("usher.core.devices.groups.join", lambda *_: 1 / 0)
            await h.act("speaker.announce", speaker="hall", message="broken")
            await h.clock.turn(0)
        await h.act("speaker.announce", speaker="hall", message="whole")
        await h.clock.turn(5)
        assert mouths.said() == ["whole"]
        assert h.of("announcement_dropped")[0].data["reason"] == "failed"
        assert "ZeroDivisionError" in caplog.text


async def test_no_event_holds_what_was_said(house):
    async with house(**TABLES) as h, speaking(h):
        await h.act("speaker.announce", speaker="hall", message="Mr Zhang, welcome")
        await h.clock.turn(8)
        assert len(h.of("announcement_started", "announcement_finished")) == 2
        assert not any("Zhang" in repr(event) for event in h.heard)


async def test_clips_are_lent_as_wav_under_names_that_cannot_be_guessed(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        await h.act("speaker.announce", speaker="hall", message="hello")
        await h.clock.turn(1)
        clip = mouths.clips[0]
        blob = await h.offers.get(BLOBS, "speech")(clip.name)
        assert blob.content_type == "audio/wav"
        assert read_wav(blob.body) == clip.sound
        assert await h.offers.get(BLOBS, "speech")("0" * 40) is None
        assert clip.expires <= clip.at + 5
    sound = Sound(RATE, bytes(4000))
    assert Clips().keep(sound) != Clips().keep(sound)  # each engine has its own secret
    few = Clips(held=10_000)
    names = [few.keep(Sound(RATE, bytes([n]) * 4000)) for n in range(1, 6)]
    assert [await few.blob(n) is not None for n in names] == [False, False, False, True, True]


def speakers(*made: dict) -> list[SpeakerItem]:
    return [SpeakerItem(platform="test", **{"chime": False, **one}) for one in made]


async def test_a_reload_keeps_what_waits_to_be_said(house):
    async with house(**TABLES) as h, speaking(h) as mouths:
        for number in ("A001", "A002", "A003"):
            await h.act("speaker.announce", speaker="hall", message=number)
        await h.clock.turn(0)
        await mouths.room.take(speakers({"id": "hall", "volume": 0.5}, {"id": "desk"}))
        await h.clock.turn(30)
        assert mouths.said() == ["A001", "A002", "A003"]
        assert h.value("speaker.desk") == "idle"


async def test_what_only_a_speaker_taken_out_was_to_say_is_dropped_and_told(house):
    async with (
        house(**TABLES) as h,
        speaking(h, {"id": "hall", "group": "all"}, {"id": "desk", "group": "all"}) as mouths,
    ):
        await h.act("speaker.announce", speaker=["hall", "desk"], message="first")
        await h.act("speaker.announce", speaker="desk", message="only there")
        await h.act("speaker.announce", speaker=["hall", "desk"], message="both")
        await h.clock.turn(0)
        await mouths.room.take(speakers({"id": "hall", "group": "all"}))
        await h.clock.turn(30)
        assert [(who, text) for _, who, text in mouths.played if text != "first"] == [("hall", "both")]
        assert [e.data["reason"] for e in h.of("announcement_dropped")] == ["removed"]
        with pytest.raises(Unknown):
            await h.act("speaker.announce", speaker="desk", message="x")
