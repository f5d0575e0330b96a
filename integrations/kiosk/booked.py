"""What somebody with an appointment shows at a kiosk: a code typed, the QR code of the booking scanned, a card held."""

from collections.abc import Callable, Sequence
from typing import Final

from ...core.access import Caller
from ...core.errors import Unknown
from .config import Shown

_CODE: Final = (6, 8)  # digits


def meant(text: str, by: Sequence[Shown], read: Callable[[str], Caller | None]) -> dict[str, str]:
    """The field of appointment.check_in that this text fills, by what the kiosk takes; raises Unknown.

    A QR code holds the address of the booking's page, whose last part is its signed link. `read` tells whom a link
    stands for.
    """
    text = text.strip()
    token = text.rpartition("/")[2]
    if token.startswith("a."):
        caller = read(token)
        if caller is not None:
            return {"appointment": caller.name}
    digits = "".join(c for c in text if c not in " -")
    plain = digits.isascii() and digits.isdigit()
    if "code" in by and plain and len(digits) in _CODE:
        return {"appointment": digits}
    if "phone" in by and digits.removeprefix("+").isdigit() and len(digits) > max(_CODE):
        return {"phone": digits}
    if "card" in by:
        return {"card": text}
    if "case" in by:
        return {"case": text}
    raise Unknown("unknown_appointment", {
        "en": "No appointment is known by that.", "zh-CN": "未找到相应的预约。"})  # fmt: skip
