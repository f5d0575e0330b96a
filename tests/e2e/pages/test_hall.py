"""The hall's screen: what is called, in letters large enough; spoken once, in order, never late; honest without the hall."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect
from usher.core.offers import BLOBS, Blob

from .screens import Screens, screens, tone, until

pytestmark = pytest.mark.asyncio(loop_scope="session")
TV = (1920, 1080)
HEARD = """() => {
    window.heard = [];
    for (const kind of ["u-say", "u-said"]) addEventListener(kind, (e) => heard.push([kind, e.detail.id]));
}"""


def document(hall: Screens, **more: Any) -> dict[str, Any]:
    """A display's document."""
    return {
        "site": {"name": {"en": "Riverside branch", "zh-CN": "江畔支行"}, "languages": ["zh-CN", "en"],
                 "time_zone": "Asia/Shanghai"},
        "title": {"en": "Hall", "zh-CN": "大厅"},
        "size": {"diagonal_in": 55, "view_distance_m": 5, "mount": "overhead", "rows": 8},
        "now": {"time": hall.hall.engine.clock.now()}, "calls": [], "paused": [], "message": None, "say": [],
        "volume": 1.0, **more,
    }  # fmt: skip


def call(hall: Screens, number: str, counter: int, **more: Any) -> dict[str, Any]:
    return {"number": number, "counter": str(counter), "ticket_id": number, "calls": 1, "state": "called",
            "counter_name": {"en": f"Window {counter}", "zh-CN": f"{counter}号窗口"}, "queue_name": "x",
            "at": hall.hall.engine.clock.now(), **more}  # fmt: skip


def speech(hall: Screens, lengths: dict[str, float]) -> list[dict[str, Any]]:
    """Announcements of these names and seconds, fetched from the hall as real ones are."""

    async def lend(name: str) -> Blob | None:
        return Blob(tone(lengths[name]), "audio/wav") if name in lengths else None

    hall.hall.engine.offers.add(BLOBS, "test", lend)
    now = hall.hall.engine.clock.now()
    return [{"id": name, "at": now, "url": f"/api/usher/blob/test/{name}", "chime": False, "expires": now + 20,
             "seconds": seconds, "volume": 1.0} for name, seconds in lengths.items()]  # fmt: skip


async def heard(page: Page, count: int) -> list[Any]:
    await until(page, f"heard.length >= {count}")
    return await page.evaluate("heard")


async def test_newest_on_top_and_large_enough(hall: Screens) -> None:
    calls = [call(hall, f"A{n:03}", n, state="called" if n > 7 else "serving") for n in range(9, 0, -1)]
    hall.show("display/wall", document(hall, calls=calls))
    page = await hall.open("display/wall", size=TV)
    rows = page.get_by_test_id("call")
    await expect(rows.first).to_have_attribute("data-number", "A009")
    mm = (1920**2 + 1080**2) ** 0.5 / (55 * 25.4)
    sizes = await page.evaluate("""() => [...document.querySelector("u-hall").shadowRoot.querySelectorAll(".row")]
        .map((r) => ({font: parseFloat(getComputedStyle(r.querySelector(".number")).fontSize),
                      bottom: r.getBoundingClientRect().bottom,
                      right: r.querySelector(".place .name").getBoundingClientRect().right}))""")
    capital = [s["font"] * 0.735 / mm for s in sizes]
    assert capital[0] >= 5000 / 60  # of the call, by the distance of 5 m
    assert len(capital) == 7  # six below it, in two columns
    assert all(c >= 5000 / 82 - 0.1 for c in capital[1:])
    assert all(s["bottom"] <= 1080 and s["right"] <= 1920 for s in sizes), sizes  # rows gave way, letters did not
    amber = "rgb(255, 194, 71)"
    colours = await rows.evaluate_all("(all) => all.map((r) => getComputedStyle(r).backgroundColor)")
    assert [c == amber for c in colours] == [n > 7 for n in range(9, 9 - len(colours), -1)]


async def test_announcements_in_order_each_once_none_late(hall: Screens) -> None:
    says = speech(hall, {"one": 0.4, "two": 0.3, "late": 0.3, "three": 0.2})
    says[2]["expires"] = hall.hall.engine.clock.now() - 1
    shown = document(hall)
    view = hall.show("display/wall", shown)
    page = await hall.open("display/wall", size=TV)
    await expect(page.get_by_test_id("none")).to_be_visible()
    await page.evaluate(HEARD)
    shown["say"] = says
    view.touch()
    expected = [[kind, name] for name in ("one", "two", "three") for kind in ("u-say", "u-said")]
    assert await heard(page, 6) == expected
    # Seen again, in a later picture and after a reload, they stay silent.
    shown["say"] = [*says, {**says[0], "id": "four"}]
    view.touch()
    assert await heard(page, 8) == [*expected, ["u-say", "four"], ["u-said", "four"]]
    await page.reload()
    await page.evaluate(HEARD)
    shown["say"] = [*shown["say"], {**says[0], "id": "five"}]
    view.touch()
    assert await heard(page, 2) == [["u-say", "five"], ["u-said", "five"]]


async def test_what_the_hall_takes_back_falls_silent(hall: Screens) -> None:
    says = speech(hall, {"long": 60.0, "next": 0.2})
    shown = document(hall)
    view = hall.show("display/wall", shown)
    page = await hall.open("display/wall", size=TV)
    await page.evaluate(HEARD)
    shown["say"] = says
    view.touch()
    assert await heard(page, 1) == [["u-say", "long"]]
    shown["say"] = says[1:]
    view.touch()
    assert await heard(page, 4) == [["u-say", "long"], ["u-said", "long"], ["u-say", "next"], ["u-said", "next"]]


async def test_a_sound_that_cannot_be_had_is_said_and_does_not_stop_the_next(hall: Screens) -> None:
    hall.forgiven = ("404", "could not be played")
    says = speech(hall, {"there": 0.2})
    shown = document(hall, say=[{**says[0], "id": "gone", "url": "/api/usher/blob/test/gone"}])
    view = hall.show("display/wall", shown)
    page = await hall.open("display/wall", size=TV)
    await expect(page.get_by_test_id("sound-broken")).to_be_visible()
    await page.evaluate(HEARD)
    shown["say"] = [*shown["say"], *says]
    view.touch()
    assert await heard(page, 2) == [["u-say", "there"], ["u-said", "there"]]
    await expect(page.get_by_test_id("sound-broken")).to_have_count(0)


async def test_blocked_sound_is_shown_and_a_touch_allows_it(mute_browser: Browser, tmp_path: Any) -> None:
    async with screens(mute_browser, tmp_path) as hall:
        shown = document(hall)
        view = hall.show("display/wall", shown)
        page = await hall.open("display/wall", size=TV)
        await expect(page.get_by_test_id("sound-blocked")).to_be_visible()
        await page.evaluate(HEARD)
        await page.get_by_test_id("sound-blocked").click()
        await expect(page.get_by_test_id("sound-blocked")).to_have_count(0)
        shown["say"] = speech(hall, {"one": 0.2})
        view.touch()
        assert await heard(page, 2) == [["u-say", "one"], ["u-said", "one"]]


async def test_a_message_and_who_is_paused_take_turns(hall: Screens) -> None:
    now = hall.hall.engine.clock.now()
    message = {"text": {"en": "We close at five.", "zh-CN": "五点停止营业。"}, "until": now + 3600}
    paused = [{"counter": "5", "counter_name": {"en": "Window 5", "zh-CN": "5号窗口"}, "reason": None}]
    hall.show("display/wall", document(hall, message=message, paused=paused))
    page = await hall.open("display/wall", size=TV, clock=True)
    foot, seen = page.get_by_test_id("message"), []
    for _ in range(40):
        text = await foot.inner_text()
        if text not in seen:
            seen.append(text)
        if len(seen) == 4:
            break
        await page.clock.run_for(2_000)
    assert sorted(seen) == sorted(["五点停止营业。", "We close at five.", "5号窗口 暂停服务", "Window 5 is paused"])


async def test_the_clock_is_the_halls(hall: Screens) -> None:
    hall.show("display/wall", document(hall))
    page = await hall.open("display/wall", size=TV, timezone_id="America/New_York")
    await expect(page.get_by_test_id("clock")).not_to_be_empty()
    shown = await page.get_by_test_id("clock").inner_text()
    there = await page.evaluate(
        "[0, -60000].map((d) => new Date(Date.now() + d).toLocaleTimeString('en-GB',"
        " {timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit'}))"
    )
    assert shown in there


async def test_losing_the_hall_and_finding_it_again(hall: Screens) -> None:
    """Three seconds: a banner. Thirty: what is shown counts for nothing. Back: only what was missed is sent."""
    hall.forgiven = ("ERR_", "WebSocket")
    shown = document(hall, calls=[call(hall, "A001", 1)])
    view = hall.show("display/wall", shown)
    page = await hall.open("display/wall", size=TV, clock=True)
    sent: list[dict[str, Any]] = []
    page.on("websocket", lambda ws: ws.on("framesent", lambda text: sent.append(json.loads(text))))
    await expect(page.get_by_test_id("call")).to_have_count(1)
    hall.wire.cut()
    await expect(page.get_by_test_id("banner")).to_contain_text("正在重新连接")
    await expect(page.get_by_test_id("call")).to_be_visible()
    await page.clock.fast_forward(28_000)
    await expect(page.get_by_test_id("slate-listen")).to_contain_text("请留意工作人员的呼叫")
    shown["calls"] = [call(hall, "A002", 2), *shown["calls"]]
    view.touch()
    hall.wire.mend()
    await page.clock.fast_forward(15_000)
    await expect(page.get_by_test_id("call").first).to_have_attribute("data-number", "A002")
    await expect(page.get_by_test_id("slate-listen")).to_have_count(0)
    await expect(page.get_by_test_id("banner")).to_have_count(0)
    again = [m for m in sent if m.get("type") == "usher/subscribe_view"][-1]
    assert again["boot"] == hall.hall.engine.site.boot_id
    assert again["seq"] == 1


async def test_a_real_voice_is_heard(browser: Browser, tmp_path: Any) -> None:
    """From speaker.announce to sound in the page, by the voice that ships."""
    pytest.importorskip("espeakng_loader")
    yaml = """
usher: {name: Branch, languages: [zh-CN, en]}
http: {host: 127.0.0.1, port: 0}
display: [{platform: web, id: hall}]
speaker: [{platform: web, id: hall, display: display.hall}]
voice: [{platform: espeak, id: espeak}]
"""
    async with screens(browser, tmp_path, yaml) as hall:
        page = await hall.open("display/hall", size=TV)
        await expect(page.get_by_test_id("none")).to_be_visible()
        await page.evaluate("""() => addEventListener("u-say", (e) => (window.said = e.detail))""")
        await hall.hall.act("speaker.announce", speaker="hall", message={"zh-CN": "请A零零一号到一号窗口"})
        await until(page, "window.said?.seconds > 1")
