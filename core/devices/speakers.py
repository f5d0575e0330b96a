"""Speakers: what is said aloud in the hall. One announcement at a time per group, urgent first, never too late.

YAML key `speaker:`, entities `speaker.<id>` (idle|speaking|offline), actions speaker.announce, speaker.clear and
speaker.stop, events announcement_started|finished|dropped. No event or log holds what was said: it may name a visitor.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from .. import actions
from ..actions import Answer
from ..entities import Entity
from ..errors import BadData, Refused, Unknown
from ..events import Event
from ..hall import events as hall
from ..ids import new_id
from ..integration import Kit
from ..offers import BLOBS
from .announcements import Announcement, Call, in_order
from .clips import SPEECH, Clips
from .groups import RATE, Group, Player
from .items import keep
from .models import Announce, Called, Silence, SpeakerItem
from .phrases import phrase_key
from .spoken import Spoken
from .voices import Voices
from .waves import chime

REMEMBERED: Final = 500  # calls of late, to know their age by their ticket
WITHDRAWS: Final = (hall.TICKET_FINISHED, hall.TICKET_PUT_BACK, hall.TICKET_NO_SHOW, hall.TICKET_TRANSFERRED,
                    hall.TICKET_HELD, hall.TICKET_CANCELLED, hall.TICKET_EXPIRED, "ticket_undone")  # fmt: skip


class Speaker:
    """One speaker: its entity, and the platform's player while there is one."""

    def __init__(self, item: SpeakerItem, kit: Kit) -> None:
        self.item, self.id, self.gap, self.voices = item, item.id, item.gap, item.voices
        self.player: tuple[Player, Kit] | None = None
        self._entity = Entity(f"speaker.{item.id}", item.title)
        self._now: Announcement | None = None
        self._waiting = 0
        kit.entity(self._entity)
        self.show()

    def speaking(self, announcement: Announcement | None, waiting: int) -> None:
        self._now, self._waiting = announcement, waiting
        self.show()

    def show(self) -> None:
        value = "offline" if self.player is None else "speaking" if self._now else "idle"
        context = self._now.context if self._now else None
        self._entity.show(
            value, {"waiting": self._waiting, "announcement": self._now.id if self._now else None}, context
        )


class Speakers:
    """All speakers of the hall, and their verbs."""

    def __init__(self, kit: Kit, voices: Voices) -> None:
        self._kit, self._clips, self._spoken, self._voices = kit, Clips(), Spoken(kit), voices
        self._speakers: dict[str, Speaker] = {}
        self._parts: dict[str, Kit] = {}
        self._groups: dict[str, Group] = {}
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._begun = False

    async def take(self, items: Sequence[SpeakerItem]) -> None:
        """These are the speakers now; one whose YAML is the same goes on, and what waits to be said is said."""
        wanted = {item.id: item for item in items}
        if wanted and not self._begun:
            self._begun = True
            await self._begin()
        if any(item.chime for item in items):
            self._kit.task(asyncio.to_thread(chime, RATE), "chime")  # made once, before the first call
        for name, speaker in list(self._speakers.items()):
            if wanted.get(name) != speaker.item:
                await self._parts.pop(name).close()
                del self._speakers[name]
                again = wanted.get(name)
                if again is None or (again.group or again.id) != self._group_of(speaker):
                    self._groups[self._group_of(speaker)].forget(name)
        for name, item in wanted.items():
            if name not in self._speakers:
                self._add(item)

    def _add(self, item: SpeakerItem) -> None:
        part = self._parts[item.id] = self._kit.part(f"speaker.{item.id}")
        speaker = self._speakers[item.id] = Speaker(item, part)
        name = self._group_of(speaker)
        group = self._groups.get(name)
        if group is None:
            group = Group(name, self._kit, self._voices, self._clips, self._spoken, self._tell)
            self._groups[name] = group
            self._kit.task(group.run(), f"speaker.{name}")
        group.speakers[item.id] = speaker
        self._keep(speaker, part)

    async def _begin(self) -> None:
        kit = self._kit
        await self._spoken.open()
        kit.offer(BLOBS, SPEECH, self._clips.blob)
        kit.listen(self._called, hall.TICKET_CALLED)
        kit.listen(self._withdrawn, *WITHDRAWS)
        kit.action("speaker.announce", Announce, self._announce,
                   description={"en": "Say something aloud.", "zh-CN": "语音播报。"})  # fmt: skip
        kit.action("speaker.clear", Silence, self._clear,
                   description={"en": "Say nothing of what waits.", "zh-CN": "清除待播内容。"})  # fmt: skip
        kit.action("speaker.stop", Silence, self._stop,
                   description={"en": "Be silent at once.", "zh-CN": "立即停止播报。"})  # fmt: skip

    def _keep(self, speaker: Speaker, part: Kit) -> None:
        group = self._groups[self._group_of(speaker)]

        @asynccontextmanager
        async def around(player: Player, own: Kit) -> AsyncGenerator[None, None]:
            speaker.player = (player, own)
            speaker.show()
            group.wake()
            try:
                yield
            finally:
                speaker.player = None
                speaker.show()

        keep("speaker", speaker.item, part, lambda _: None, lambda: None, around)

    async def _announce(self, data: Announce, call: actions.Call) -> Answer:
        speakers = self._named(data.speaker)
        about = self._about(data)
        answers: list[dict[str, Any]] = []
        for name in dict.fromkeys(self._group_of(s) for s in speakers):
            members = tuple(s.id for s in speakers if self._group_of(s) == name)
            new = self._compose(data, self._speakers[members[0]].item, members, about, call)
            answers.append(self._line_up(self._groups[name], new))
        return answers[0] if len(answers) == 1 else {"announcements": answers}

    def _line_up(self, group: Group, new: Announcement) -> dict[str, Any]:
        late = new.expires <= self._kit.clock.now()
        if late or (new.call is not None and self._spoken.has(group.name, new.call.key)):
            reason = "too_late" if late else "already_spoken"
            self._tell("announcement_dropped", new, {"reason": reason})
            return {"id": new.id, "dropped": reason}
        place = group.add(new)
        if place is None:
            raise Refused("busy", {"en": "Too much waits to be said already.", "zh-CN": "待播内容过多，请稍后再试。"})
        return {"id": new.id, "before": place}

    def _compose(self, data: Announce, item: SpeakerItem, members: tuple[str, ...], call: Call | None,
                 why: actions.Call) -> Announcement:  # fmt: skip
        order = data.languages or item.languages or list(self._kit.site.languages)
        if isinstance(data.message, str) and not data.languages:
            order = order[:1]  # nobody can say one text in every language
        texts = in_order(data.message, order, data.language)
        if not texts:
            raise BadData({"en": f"speaker.announce: there is no text in {', '.join(order)}.",
                           "zh-CN": f"speaker.announce：没有 {'、'.join(order)} 的文本。"}, {"message": "no text"})  # fmt: skip
        now = since = self._kit.clock.now()
        if call is not None:  # two texts about the same call are two announcements
            since = call.at or now
            call = replace(call, text=phrase_key(*(part for text in texts for part in text))[:8])
        return Announcement(
            new_id(),
            texts,
            members,
            asked=now,
            expires=since + item.too_late,
            latest=since + max(item.latest, item.too_late),
            repeat=data.repeat or item.repeat,
            chime=item.chime if data.chime is None else data.chime,
            urgent=data.urgent,
            volume=item.volume if data.volume is None else data.volume,
            call=call,
            context=why.context.child(),
        )

    def _about(self, data: Announce) -> Call | None:
        if data.ticket is None:
            return None
        if isinstance(data.ticket, Called):
            return Call(data.ticket.id, data.ticket.number, data.ticket.calls, data.ticket.times.get("called"))
        ticket = data.ticket
        known = self._calls.get(ticket) or next((c for c in self._calls.values() if c.number == ticket), None)
        return known or self._at_a_counter(ticket) or Call(ticket)

    def _at_a_counter(self, ticket: str) -> Call | None:
        """A call made before this room could hear of it (the hall is set up first)."""
        for state in self._kit.states.domain("counter"):
            there = state.attributes.get("ticket")
            if there and ticket in (there["id"], there["number"]):
                return _call_of(there, state.changed_at)
        return None

    async def _clear(self, data: Silence, call: actions.Call) -> Answer:
        return {"dropped": sum(group.clear() for group in self._groups_of(data.speaker))}

    async def _stop(self, data: Silence, call: actions.Call) -> Answer:
        return {"dropped": sum(group.stop() for group in self._groups_of(data.speaker))}

    def _called(self, event: Event) -> None:
        """Remember when it was called: the text may come later, by an automation, or again after a restart."""
        ticket = hall.ticket_of(event)
        self._calls[ticket["id"]] = _call_of(ticket, event.at)
        self._calls.move_to_end(ticket["id"])
        while len(self._calls) > REMEMBERED:
            self._calls.popitem(last=False)

    def _withdrawn(self, event: Event) -> None:
        ticket_id = hall.ticket_of(event)["id"]
        self._calls.pop(ticket_id, None)
        for group in self._groups.values():
            group.withdraw(ticket_id)

    def _tell(self, kind: str, announcement: Announcement, more: Mapping[str, Any]) -> None:
        call = announcement.call
        data = {
            "id": announcement.id,
            "speakers": list(announcement.speakers),
            "languages": [language for language, _ in announcement.texts],
            "ticket": call.ticket if call else None,
            "number": call.number if call else None,
            "calls": call.calls if call else None,
            "urgent": announcement.urgent,
            **more,
        }
        self._kit.bus.fire(kind, data, announcement.context)

    def _groups_of(self, names: Sequence[str]) -> list[Group]:
        return [self._groups[name] for name in dict.fromkeys(self._group_of(s) for s in self._named(names))]

    def _group_of(self, speaker: Speaker) -> str:
        return speaker.item.group or speaker.id

    def _named(self, names: Sequence[str]) -> list[Speaker]:
        for name in names:
            if name not in self._speakers:
                raise Unknown("unknown_speaker", {"en": f"There is no speaker.{name} here.",
                                                  "zh-CN": f"没有 speaker.{name} 这个喇叭。"})  # fmt: skip
        return [self._speakers[name] for name in names]


def _call_of(ticket: hall.PublicTicket, at: float) -> Call:
    return Call(ticket["id"], ticket["number"], ticket["calls"], ticket["times"].get("called", at))


@asynccontextmanager
async def setup_speakers(items: Sequence[SpeakerItem], kit: Kit, voices: Voices) -> AsyncGenerator[Speakers, None]:
    """Keep every speaker up, and speak."""
    speakers = Speakers(kit, voices)
    await speakers.take(items)
    yield speakers
