"""A rating is given: once for each service, within its time. What is refused is counted and nothing else."""

import asyncio
from typing import Any, Final

import orjson

from ...core.actions import Call
from ...core.errors import Refused, Unknown
from ...core.integration import Kit
from ...core.schema import did_you_mean
from ...core.store import busy
from ...core.tables import Batch
from .config import Config, KnownLevel
from .counts import HALL, Counts
from .models import OfService, Rate, Reasons, Stars
from .polls import Poll, Polls
from .tables import RATINGS, STARS

GRACE: Final = 5.0  # seconds a tap at the last moment may take to get here
REASONS_GRACE: Final = 60.0  # and reasons that were being chosen


class Ratings:
    """The actions of those who rate."""

    def __init__(self, config: Config, kit: Kit, polls: Polls, counts: Counts, stars: dict[str, int]) -> None:
        self._config, self._kit, self._polls, self._counts, self._stars = config, kit, polls, counts, stars
        self._turn = asyncio.Lock()  # one after the other: the second of two taps is a second rating

    async def rate(self, data: Rate, call: Call) -> dict[str, Any]:
        """Answers {poll, level, bad}; the same request gets the same answer."""
        level, by = self._level(data.level), _by(call)
        reasons = self._reasons(data.reasons)
        async with self._turn:
            poll = self._poll(data)
            if poll.rated is not None and by is not None and poll.rated["by"] == by:
                return {"poll": poll.id, "level": poll.rated["level"], "bad": poll.rated["bad"]}
            at = self._in_time(poll, data)
            if poll.rated is not None:
                self._count(poll, "duplicate")
                raise Refused("already_rated", {
                    "en": "This service has been rated already. Thank you.", "zh-CN": "本次服务已评价，谢谢。"})  # fmt: skip
            origin = "phone" if data.counter is None else "terminal"
            await self._keep(poll, _rated(level, at, origin, by), reasons)
        if self._polls.asked.get(poll.counter) is poll:
            self._polls.done(poll.counter)
        self._polls.told(poll)
        self._tell("feedback_given", poll, call)
        if level.bad:
            self._tell("bad_rating", poll, call)
        return {"poll": poll.id, "level": level.id, "bad": level.bad}

    async def reasons(self, data: Reasons, call: Call) -> dict[str, Any]:
        """What was wrong, said after the rating; once."""
        reasons = self._reasons(data.reasons)
        async with self._turn:
            poll = self._poll(data, rated=True)
            if poll.rated is None:
                raise Refused("not_rated", {"en": "Rate the service first.", "zh-CN": "请先评价。"})
            if poll.reasons:
                if poll.reasons == reasons:
                    return {"poll": poll.id, "reasons": reasons}
                raise Refused("already_rated", {
                    "en": "The reasons were given already. Thank you.", "zh-CN": "原因已提交，谢谢。"})  # fmt: skip
            if self._kit.clock.now() > poll.finished + self._limit(data) + self._config.reasons_for + REASONS_GRACE:
                raise _closed()
            batch, kept = Batch(), poll.reasons
            poll.reasons = reasons
            self._write(batch, poll)
            try:
                await self._save(batch)
            except BaseException:
                poll.reasons = kept
                raise
        self._tell("feedback_reasons", poll, call)
        return {"poll": poll.id, "reasons": reasons}

    async def stars(self, data: Stars, call: Call) -> dict[str, Any]:
        """The back office says how many lamps burn."""
        if data.staff not in self._config.staff:
            hint = did_you_mean(data.staff, self._config.staff)
            raise Unknown("unknown_staff", {
                "en": "There is no {staff} under feedback: staff:.{hint}", "zh-CN": "feedback: staff: 下没有 {staff}。"},
                staff=data.staff, hint=hint)  # fmt: skip
        batch = Batch()
        if data.stars is None:
            batch.drop(STARS, data.staff)
        else:
            batch.put(STARS, data.staff, self._kit.site.id, data.stars)
        await self._save(batch)
        if data.stars is None:
            self._stars.pop(data.staff, None)
        else:
            self._stars[data.staff] = data.stars
        for counter in self._kit.states.domain("counter"):
            self._polls.changed(counter.entity_id.partition(".")[2])
        return {"staff": data.staff, "stars": data.stars}

    # -- which service, and whether it may be rated still

    def _of_counter(self, counter: str | None) -> list[str]:
        """Whose count it is that a tap was for nothing; raises Unknown: nothing is counted for what is no counter."""
        if counter is None:
            return [HALL]
        if self._kit.states.get(f"counter.{counter}") is None:
            raise Unknown("unknown_counter", {
                "en": "There is no counter {counter}.", "zh-CN": "没有 {counter} 号窗口。"}, counter=counter)  # fmt: skip
        return [HALL, f"counter:{counter}"]

    def _poll(self, data: OfService, *, rated: bool = False) -> Poll:
        if data.counter is None and data.ticket is None:
            raise Refused("which_service", {
                "en": "Say which counter or which ticket.", "zh-CN": "请指定窗口或票号。"})  # fmt: skip
        if data.poll is not None:
            poll = self._polls.get(data.poll)
            if poll is not None and (poll.counter == data.counter or poll in self._polls.of(data.ticket or "")):
                return poll
            self._counts.count(self._of_counter(data.counter), "late")
            raise _closed()
        if data.ticket is not None:
            polls = self._polls.of(data.ticket)
            if not polls:
                self._counts.count([HALL], "late")
                raise _closed()
            return next((poll for poll in polls if (poll.rated is not None) is rated), polls[0])
        poll = self._polls.asked.get(str(data.counter)) or (self._last(str(data.counter)) if rated else None)
        tapped = data.at if isinstance(data, Rate) else None
        if poll is None or (tapped is not None and tapped < poll.finished):  # a tap before the question was asked
            self._counts.count(self._of_counter(data.counter), "idle")
            raise Refused("nothing_to_rate", {
                "en": "There is nothing to rate here now.", "zh-CN": "当前没有可评价的服务。"})  # fmt: skip
        return poll

    def _last(self, counter: str) -> Poll | None:
        """What was rated last at this counter."""
        found = [poll for poll in self._polls if poll.counter == counter and poll.rated is not None]
        return found[-1] if found else None

    def _in_time(self, poll: Poll, data: Rate) -> float:
        """When it was tapped, wall time; raises Refused if that was too late, or too long ago."""
        now = self._kit.clock.now()
        at = now if data.at is None or data.poll is None else min(data.at, now)
        if not poll.finished - GRACE <= at <= poll.finished + self._limit(data) + GRACE:
            self._count(poll, "late")
            raise _closed()
        if now > poll.finished + max(self._config.offline_within, self._limit(data)) + GRACE:
            self._count(poll, "late")
            raise _closed()
        return at

    def _limit(self, data: OfService) -> float:
        return self._config.phone_within if data.counter is None else self._config.within

    def _level(self, named: str) -> KnownLevel:
        known = self._config.known
        if named in known:
            return known[named]
        if named.isdecimal() and 1 <= int(named) <= len(known):
            return list(known.values())[int(named) - 1]
        raise Unknown("unknown_level", {"en": "There is no level {level}.{hint}", "zh-CN": "没有 {level} 这个评价等级。"},
                      level=named, hint=did_you_mean(named, known))  # fmt: skip

    def _reasons(self, named: list[str]) -> list[str]:
        for reason in named:
            if reason not in self._config.reasons:
                raise Unknown("unknown_reason", {
                    "en": "There is no reason {reason}.{hint}", "zh-CN": "没有 {reason} 这个原因。"},
                    reason=reason, hint=did_you_mean(reason, self._config.reasons))  # fmt: skip
        return list(dict.fromkeys(named))

    # -- keeping it

    async def _keep(self, poll: Poll, rated: dict[str, Any], reasons: list[str]) -> None:
        batch = Batch()
        whose = ofs(poll.ticket)
        take_back = self._counts.add(batch, whose, f"level:{rated['level']}", score=rated["score"])
        poll.rated, poll.reasons = {**rated, "day": self._counts.day}, reasons
        self._write(batch, poll)
        try:
            await self._save(batch)
        except BaseException:
            poll.rated = poll.reasons = None
            take_back()
            raise
        self._counts.changed(whose)

    def _write(self, batch: Batch, poll: Poll) -> None:
        """The rating and its poll. Who rated is not in the rating: a ticket's number is given anew each day."""
        assert poll.rated is not None
        ticket, rated = poll.ticket, poll.rated
        batch.put(
            RATINGS, poll.id, self._kit.site.id, rated["at"], rated["day"], ticket["counter"], ticket["staff"],
            ticket["queue"], ticket["service"], ticket["class"], ticket["number"], rated["level"], rated["score"],
            int(rated["bad"]), orjson.dumps(poll.reasons or []).decode(), rated["origin"],
        )  # fmt: skip
        self._polls.write(batch, poll)

    async def _save(self, batch: Batch) -> None:
        if self._kit.store.full:
            raise busy()
        await self._kit.store.save(batch)

    def _count(self, poll: Poll, what: str) -> None:
        self._counts.count(ofs(poll.ticket), what)

    def _tell(self, event: str, poll: Poll, call: Call) -> None:
        assert poll.rated is not None
        rated, known = poll.rated, self._config.reasons
        self._kit.bus.fire(event, {
            "poll": poll.id, "ticket": poll.ticket, "counter": poll.ticket["counter"], "staff": poll.ticket["staff"],
            "queue": poll.ticket["queue"], "reasons": poll.reasons or [],
            "reason_names": [known[reason].name if reason in known else reason for reason in poll.reasons or ()],
            **{key: rated[key] for key in ("level", "level_name", "score", "bad", "satisfied", "origin")},
        }, call.context)  # fmt: skip


def _rated(level: KnownLevel, at: float, origin: str, by: str | None) -> dict[str, Any]:
    """What became of a poll, with the level as it was then: the YAML may say otherwise later."""
    return {"level": level.id, "level_name": level.name, "score": level.score, "bad": level.bad,
            "satisfied": level.satisfied, "at": at, "origin": origin, "by": by}  # fmt: skip


def ofs(ticket: dict[str, Any]) -> list[str]:
    """Whose count it is."""
    named = [(kind, ticket[kind]) for kind in ("counter", "staff", "queue") if ticket[kind] is not None]
    return [HALL, *(f"{kind}:{name}" for kind, name in named)]


def _by(call: Call) -> str | None:
    return None if call.request_id is None else f"{call.caller.id}|{call.request_id}"


def _closed() -> Refused:
    return Refused("rating_closed", {
        "en": "This service cannot be rated any more.", "zh-CN": "本次服务的评价时间已过。"})  # fmt: skip
