"""What a printer's platform fills: say how the printer is, and print one job, confirmed or not at all.

A platform asks the printer before and after each job: written is not printed. Every wait of it has a limit.
"""

from typing import Final, Literal, Protocol, TypeAlias

from ...errors import Failed
from ...frozen import frozen
from ...words import Words
from .sheets import Piece

PrinterState: TypeAlias = Literal["ready", "paper_low", "paper_out", "fault", "offline"]

REASONS: Final[dict[str, Words]] = {
    "paper_low": {"en": "The paper is nearly used up.", "zh-CN": "纸张即将用完。"},
    "paper_out": {"en": "There is no paper.", "zh-CN": "打印机缺纸。"},
    "cover_open": {"en": "The cover is open.", "zh-CN": "打印机盖子未合上。"},
    "feeding": {"en": "Somebody is feeding paper.", "zh-CN": "正在手动走纸。"},
    "cutter": {"en": "The cutter is jammed.", "zh-CN": "切刀卡住。"},
    "fault": {"en": "The printer reports a fault.", "zh-CN": "打印机报告故障。"},
    "offline": {"en": "The printer says it is off line.", "zh-CN": "打印机处于脱机状态。"},
    "mute": {"en": "The printer does not answer.", "zh-CN": "打印机没有应答。"},
    "unreachable": {"en": "The printer cannot be reached.", "zh-CN": "无法连接打印机。"},
    "cut_off": {"en": "The connection broke off while printing.", "zh-CN": "打印过程中连接中断。"},
    "slow": {"en": "The printer took too long.", "zh-CN": "打印超时。"},
    "too_late": {"en": "The ticket waited too long for the printer.", "zh-CN": "小票等待打印时间过长。"},
    "bad_drawing": {"en": "The ticket could not be drawn.", "zh-CN": "票面无法绘制。"},
    "removed": {"en": "The printer was taken out of the hall.", "zh-CN": "该打印机已从配置中移除。"},
    "not_asked": {"en": "The printer was not asked yet.", "zh-CN": "尚未查询打印机状态。"},
}


@frozen
class PrinterStatus:
    """How a printer is. `code` is one of REASONS, or empty when all is well."""

    state: PrinterState = "ready"
    code: str = ""

    @property
    def usable(self) -> bool:
        """Whether it would print now."""
        return self.state in ("ready", "paper_low")

    @property
    def reason(self) -> Words:
        return REASONS.get(self.code, self.code)


@frozen
class PrintJob:
    """One ticket, filled in: what stands on it from top to bottom, how often, in which language."""

    id: str
    sheet: tuple[Piece, ...]
    language: str | None = None
    copies: int = 1
    number: str | None = None


class NotPrinted(Failed):
    """A job was not confirmed. `written` says that some of it may have come out: what follows is a reprint."""

    def __init__(self, status: PrinterStatus, *, written: bool) -> None:
        self.status, self.written = status, written
        super().__init__(status.reason, status.code or "not_printed")


class Printer(Protocol):
    """One printer, open."""

    async def status(self) -> PrinterStatus:
        """Ask it; a printer that is gone answers `offline`. Raises ConnectionLost to be opened again."""
        ...

    async def print(self, job: PrintJob) -> PrinterStatus:
        """Print and wait until it is confirmed; answers how the printer is now. Raises NotPrinted, ConnectionLost."""
        ...
