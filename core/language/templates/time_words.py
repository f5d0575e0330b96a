"""What templates ask of time, all of it from the hall's clock. A time without a zone is the hall's."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from ...clock import Clock, local
from ...errors import TemplateError
from .defaults import NONE, fall_back
from .reads import Seen
from .sandbox import check_time_format

_UNITS: Final = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3600), ("minute", 60),
                 ("second", 1))  # fmt: skip
_LOOSE: Final = re.compile(  # 2026-1-9 5:02, which is no ISO 8601
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(Z|[+-]\d{2}:?\d{2})?\Z"
)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?\Z")
_LENGTH: Final = re.compile(
    r"(?:(?P<days>-?\d{1,9}) (?:days?, )?)?(?P<sign>-?)(?:(?P<hours>\d{1,9}):(?=\d+:\d+))?(?:(?P<minutes>\d{1,9}):)?"
    r"(?P<seconds>\d{1,9}(?:[.,]\d{1,9})?)\Z"
)
_NUMBER: Final = r"\d{1,9}(?:[.,]\d{1,9})?"
_ISO_LENGTH: Final = re.compile(
    rf"(?P<sign>[-+]?)P(?:(?P<days>{_NUMBER})D)?(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?"
    rf"(?:(?P<seconds>{_NUMBER})S)?)?\Z"
)


class Times:
    """The words; `seen` is told that the time was asked for."""

    def __init__(self, clock: Clock, seen: Seen) -> None:
        self._clock, self._seen = clock, seen

    @property
    def zone(self) -> tzinfo:
        return self._clock.zone

    def now(self) -> datetime:
        self._seen.time()
        return local(self._clock)

    def utcnow(self) -> datetime:
        self._seen.time()
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def today_at(self, at: str = "") -> datetime:
        today = self.now().date()
        match = _CLOCK.match(at) if at else None
        try:
            hour, minute, second = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
            moment = time(hour, minute, second) if match or not at else None
        except ValueError:
            moment = None
        if moment is None:
            raise TemplateError(f"today_at: {at!r} is not a time. Write today_at('17:30').")
        return datetime.combine(today, moment, self.zone)

    def as_datetime(self, value: Any, default: Any = NONE) -> Any:
        if isinstance(value, datetime):
            return value
        if isinstance(value, date):
            return datetime.combine(value, time())
        try:
            return datetime.fromtimestamp(float(value), UTC)
        except (ValueError, TypeError, OverflowError, OSError):
            moment = _parsed(value)
        if moment is not None:
            return moment
        if default is NONE and isinstance(value, str) and type(value) is str:  # not of `unknown`
            return None
        return fall_back("as_datetime", value, default)

    def as_timestamp(self, value: Any, default: Any = NONE) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        moment = value if isinstance(value, datetime) else _parsed(value)
        if moment is None:
            return fall_back("as_timestamp", value, default)
        return self._placed(moment).timestamp()

    def as_local(self, value: datetime) -> datetime:
        return self._placed(value).astimezone(self.zone)

    def as_timedelta(self, value: Any) -> timedelta | None:
        """`PT10M`, `1 02:30:00`, `02:30`."""
        text = str(value)
        match = _LENGTH.match(text) or _ISO_LENGTH.match(text)
        if match is None:
            return None
        parts = {k: float(v.replace(",", ".")) for k, v in match.groupdict().items() if v and k != "sign"}
        days = timedelta(days=parts.pop("days", 0.0))
        if match.re is _ISO_LENGTH:
            length = days + timedelta(**parts)
            return -length if match["sign"] == "-" else length
        return days + timedelta(**parts) * (-1 if match["sign"] == "-" else 1)

    def strptime(self, text: Any, format: str, default: Any = NONE) -> Any:
        try:
            return datetime.strptime(str(text)[:200] if isinstance(text, str) else text, format[:200])
        except (ValueError, TypeError, re.error):
            return fall_back("strptime", text, default)

    def timestamp_custom(self, value: Any, format: str = "%Y-%m-%d %H:%M:%S", local: bool = True,
                         default: Any = NONE) -> Any:  # fmt: skip
        check_time_format(format)
        try:
            return datetime.fromtimestamp(float(value), self.zone if local else UTC).strftime(format[:200])
        except (ValueError, TypeError, OverflowError, OSError):
            return fall_back("timestamp_custom", value, default)

    def timestamp_local(self, value: Any, default: Any = NONE) -> Any:
        return self._stamp("timestamp_local", value, self.zone, default)

    def timestamp_utc(self, value: Any, default: Any = NONE) -> Any:
        return self._stamp("timestamp_utc", value, UTC, default)

    def _stamp(self, name: str, value: Any, zone: tzinfo, default: Any) -> Any:
        try:
            return datetime.fromtimestamp(float(value), zone).isoformat()
        except (ValueError, TypeError, OverflowError, OSError):
            return fall_back(name, value, default)

    def relative_time(self, value: Any) -> Any:
        """`5 minutes`: how long ago, in the largest unit; a time to come is given back as it is."""
        return self.time_since(value)

    def time_since(self, value: Any, precision: int = 1) -> Any:
        """How long ago, in so many units, the last one rounded; a time to come is given back as it is."""
        now = self.now()
        if not isinstance(value, datetime) or now < (moment := self._placed(value)):
            return value
        return in_units((now - moment).total_seconds(), precision)

    def time_until(self, value: Any, precision: int = 1) -> Any:
        """How long until then; a time gone by is given back as it is."""
        now = self.now()
        if not isinstance(value, datetime) or now > (moment := self._placed(value)):
            return value
        return in_units((moment - now).total_seconds(), precision)

    def _placed(self, moment: datetime) -> datetime:
        return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)


def in_units(seconds: float, precision: int) -> str:
    """`1 hour 5 minutes`, as Home Assistant writes it: so many units, the last one rounded."""
    left, words = round(seconds), list[str]()
    for unit, span in _UNITS:
        if left < span:
            continue
        last = len(words) + 1 == precision
        count = round(left / span) if last else left // span
        words.append(f"{count} {unit}{'' if count == 1 else 's'}")
        if last:
            break
        left -= count * span
    return " ".join(words) or "0 seconds"


def _parsed(value: Any) -> datetime | None:
    text = str(value) if isinstance(value, str) else ""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        match = _LOOSE.match(text)
    if match is None:
        return None
    *parts, zone = match.groups()
    try:
        return datetime.fromisoformat("{:0>4}-{:0>2}-{:0>2}T{:0>2}:{:0>2}:{:0>2}".format(*(p or "0" for p in parts))
                                      + (zone or ""))  # fmt: skip
    except ValueError:
        return None
