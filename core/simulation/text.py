"""The figures of a day as a page of text: tables in columns, spans with their units, in English or Chinese."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..words import Words, say
from .paper import pad, width

_W: Final[Mapping[str, Words]] = {
    "day": {"en": "{hall}, {day}, seed {seed}", "zh-CN": "{hall}，{day}，随机种子 {seed}"},
    "came": {"en": "Visitors: {visitors}. Tickets: {issued}; served {finished}, given up {cancelled}, missed their call "
                   "{missed}, still there at the end {left}.",
             "zh-CN": "访客 {visitors} 人，取号 {issued} 张；办结 {finished}，放弃 {cancelled}，过号未回 {missed}，"
                      "结束时未叫到 {left}。"},
    "waits": {"en": "Waits by queue", "zh-CN": "各队列等候时间"},
    "classes": {"en": "Waits by class", "zh-CN": "各类客户等候时间"},
    "queue": {"en": "queue", "zh-CN": "队列"}, "class": {"en": "class", "zh-CN": "类别"},
    "tickets": {"en": "tickets", "zh-CN": "票数"}, "called": {"en": "called", "zh-CN": "已叫"},
    "mean": {"en": "mean", "zh-CN": "平均"}, "median": {"en": "median", "zh-CN": "中位"},
    "p90": {"en": "90 %", "zh-CN": "90 %"}, "max": {"en": "longest", "zh-CN": "最长"},
    "no_shows": {"en": "no-shows", "zh-CN": "过号"}, "unserved": {"en": "unserved", "zh-CN": "未办"},
    "all": {"en": "all", "zh-CN": "合计"},
    "counters": {"en": "Counters", "zh-CN": "窗口"}, "counter": {"en": "counter", "zh-CN": "窗口"},
    "served": {"en": "served", "zh-CN": "办结"}, "serving": {"en": "serving", "zh-CN": "办理"},
    "calling": {"en": "calling", "zh-CN": "呼叫"}, "idle": {"en": "idle", "zh-CN": "空闲"},
    "paused": {"en": "paused", "zh-CN": "暂停"}, "utilisation": {"en": "used", "zh-CN": "利用率"},
    "s": {"en": "s", "zh-CN": "秒"}, "min": {"en": "min", "zh-CN": "分"}, "h": {"en": "h", "zh-CN": "时"},
    "automations": {"en": "Automations", "zh-CN": "自动化"}, "automation": {"en": "automation", "zh-CN": "自动化"},
    "fired": {"en": "runs", "zh-CN": "运行次数"}, "never": {"en": "never", "zh-CN": "从未"},
    "media": {"en": "Voice, screens, paper", "zh-CN": "语音、屏幕与小票"},
    "spoken": {"en": "Spoken: {spoken} announcements, {seconds}; waited for their turn {mean} in the mean, {max} at most.",
               "zh-CN": "播报 {spoken} 条，共 {seconds}；排队待播平均 {mean}，最长 {max}。"},
    "dropped": {"en": "Not spoken: {list}.", "zh-CN": "未播报：{list}。"},
    "shown": {"en": "Screens changed {shown} times; {printed} tickets printed.",
              "zh-CN": "屏幕更新 {shown} 次，打印小票 {printed} 张。"},
    "not_printed": {"en": "Not printed: {list}.", "zh-CN": "未打印：{list}。"},
    "asked": {"en": "Asked of what is outside, and not done: {list}.", "zh-CN": "对外请求（未执行）：{list}。"},
    "not_entered": {"en": "Not entered, for they reach outside: {list}.", "zh-CN": "未启用（涉及外部连接）：{list}。"},
    "refusals": {"en": "Refusals", "zh-CN": "拒绝"}, "action": {"en": "action", "zh-CN": "操作"},
    "code": {"en": "code", "zh-CN": "代码"}, "times": {"en": "times", "zh-CN": "次数"},
    "errors": {"en": "Logged warnings and errors", "zh-CN": "警告与错误"},
    "problems": {"en": "PROBLEMS: {count} times a law of the hall was broken. Please report this.",
                 "zh-CN": "问题：有 {count} 处违反排队规则，请反馈。"},
    "sound": {"en": "No problems: every ticket ended, no number was given twice, nobody was at two counters.",
              "zh-CN": "无问题：所有票号均已结束，号码无重复，无人同时在两个窗口。"},
}  # fmt: skip


class Page:
    """The page in one language."""

    def __init__(self, found: Mapping[str, Any], language: str, names: Mapping[str, Words]) -> None:
        self._f, self._language, self._names = found, language, names

    def lines(self) -> Iterator[str]:
        f = self._f
        yield self._w("day", hall=say(f["hall"], self._language), day=f["day"], seed=f["seed"])
        yield self._w("came", visitors=f["visitors"], **f["tickets"])
        yield from self._waits("waits", "queue", f["queues"], "queue.")
        if len(f["classes"]) > 1:
            yield from self._waits("classes", "class", f["classes"], "class.")
        yield from self._counters()
        yield from self._automations()
        yield from self._media()
        yield from self._table("refusals", ["action", "code", "times"],
                               [[r["action"], r["code"], str(r["times"])] for r in f["refusals"]], 2)  # fmt: skip
        if f["errors"]:
            yield from ("", self._w("errors"))
            for one in f["errors"]:
                yield f"  {one['level']}  {one['text']}" + (f"  (×{one['times']})" if one["times"] > 1 else "")
        yield ""
        if f["problems_count"]:
            yield self._w("problems", count=f["problems_count"])
            yield from (f"  {say(one, self._language)}" for one in f["problems"])
        else:
            yield self._w("sound")

    def _waits(self, title: str, first: str, rows: Mapping[str, Any], prefix: str) -> Iterator[str]:
        spans = ("mean", "median", "p90", "max")
        columns = [first, "tickets", "called", *spans, "no_shows", "unserved"]
        listed = [(self._name(prefix, name), row) for name, row in rows.items()]
        if len(listed) > 1:
            listed.append((self._w("all"), self._f["all"]))
        cells = [[name, str(row["tickets"]), str(row["called"]), *(self._span(row[span]) for span in spans),
                  str(row["no_shows"]), str(row["unserved"])] for name, row in listed]  # fmt: skip
        yield from self._table(title, columns, cells)

    def _counters(self) -> Iterator[str]:
        spans = ("serving", "calling", "idle", "paused")
        cells = [[self._name("counter.", name), str(row["served"]), str(row["no_shows"]),
                  *(self._span(row[span]) for span in spans),
                  "-" if row["utilisation"] is None else f"{row['utilisation'] * 100:.0f} %"]
                 for name, row in self._f["counters"].items()]  # fmt: skip
        yield from self._table("counters", ["counter", "served", "no_shows", *spans, "utilisation"], cells)

    def _automations(self) -> Iterator[str]:
        cells = [
            [one["name"], str(one["fired"]) if one["fired"] else self._w("never")] for one in self._f["automations"]
        ]
        yield from self._table("automations", ["automation", "fired"], cells)

    def _media(self) -> Iterator[str]:
        f, voice = self._f, self._f["announcements"]
        yield from ("", self._w("media"))
        if voice["spoken"] or voice["dropped"]:
            yield "  " + self._w("spoken", spoken=voice["spoken"], seconds=self._span(voice["seconds"]),
                                 mean=self._span(voice["waited"]["mean"]), max=self._span(voice["waited"]["max"]))  # fmt: skip
        yield "  " + self._w("shown", shown=f["shown"], printed=f["printed"])
        for what, listed in (("dropped", voice["dropped"]), ("not_printed", f["not_printed"]), ("asked", f["asked"])):
            if listed:
                yield "  " + self._w(what, list=", ".join(f"{name} {times}" for name, times in listed.items()))
        if f["not_entered"]:
            yield "  " + self._w("not_entered", list=", ".join(f["not_entered"]))

    def _table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
        """A title and columns; the first `left` stand at the left, figures at the right."""
        if not rows:
            return
        heads = [self._w(one) for one in columns]
        wide = [max(width(line[at]) for line in (heads, *rows)) for at in range(len(heads))]
        yield from ("", self._w(title))
        for line in (heads, *rows):
            cells = (pad(cell, wide[at], "left" if at < left else "right") for at, cell in enumerate(line))
            yield ("  " + "  ".join(cells)).rstrip()

    def _span(self, seconds: float | None) -> str:
        if seconds is None:
            return "-"
        whole = round(seconds)
        if whole < 60:
            return f"{whole} {self._w('s')}"
        if whole < 3600:
            return f"{whole // 60}:{whole % 60:02d} {self._w('min')}"
        return f"{whole // 3600}:{whole % 3600 // 60:02d} {self._w('h')}"

    def _name(self, prefix: str, name: str) -> str:
        words = self._names.get(prefix + name)
        return say(words, self._language) if words else name

    def _w(self, what: str, **values: Any) -> str:
        return say(_W[what], self._language, **values)
