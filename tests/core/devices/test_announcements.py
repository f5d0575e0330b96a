"""The order of announcements, and in which languages a message is said."""

from usher.core.devices.announcements import Announcement, Call, Line, in_order


def one(name: str, *, urgent: bool = False, call: Call | None = None, expires: float = 100.0) -> Announcement:
    return Announcement(name, (("en", name),), ("hall",), 0.0, expires, 90.0, urgent=urgent, call=call)


def drained(line: Line) -> list[str]:
    return [taken.id for taken in iter(line.take, None)]


def test_urgent_ones_go_first_each_kind_in_its_order():
    line = Line()
    for name in ("a", "b", "U1", "c", "U2"):
        line.add(one(name, urgent=name.startswith("U")))
    assert drained(line) == ["U1", "U2", "a", "b", "c"]


def test_a_full_line_refuses_but_lets_an_urgent_one_crowd_out_the_last():
    line = Line(limit=2)
    assert line.add(one("a")) == (0, None)
    assert line.add(one("b")) == (1, None)
    assert line.add(one("c")) is None
    place, gone = line.add(one("U", urgent=True))
    assert (place, gone.id) == (0, "b")
    assert line.add(one("V", urgent=True))[1].id == "a"
    assert line.add(one("W", urgent=True)) is None


def test_a_recall_takes_the_place_of_the_former_call_that_still_waits():
    line = Line()
    line.add(one("first", call=Call("t1", "A001", 1)))
    line.add(one("other", call=Call("t2", "A002", 1)))
    line.add(one("in english", call=Call("t2", "A002", 1)))  # another text about the same call
    place, gone = line.add(one("again", call=Call("t1", "A001", 2)))
    assert (place, gone.id) == (0, "first")
    assert drained(line) == ["again", "other", "in english"]


def test_what_is_too_late_or_withdrawn_leaves_the_line():
    line = Line()
    line.add(one("old", expires=5))
    line.add(one("call", call=Call("t1", "A001")))
    line.add(one("new", expires=50))
    assert [gone.id for gone in line.too_late(10)] == ["old"]
    assert [gone.id for gone in line.withdraw("A001")] == ["call"]
    assert drained(line) == ["new"]


def test_waiting_behind_others_does_not_make_it_late_up_to_a_limit():
    line = Line()
    line.add(one("call", expires=20))
    line.others_spoke(15)
    assert line.too_late(30) == []
    line.others_spoke(500)
    assert [gone.id for gone in line.too_late(90)] == ["call"]


def test_languages_are_said_in_the_order_of_the_hall():
    message = {"en": "Hello", "zh-CN": "你好", "fr": "Bonjour"}
    assert in_order(message, ["zh-CN", "yue", "en"]) == (("zh-CN", "你好"), ("en", "Hello"))
    assert in_order(message, ["zh-CN", "en"], "en") == (("en", "Hello"),)
    assert in_order({"en": "Hello"}, ["en-AU"]) == (("en-AU", "Hello"),)
    assert in_order({"de": "Hallo"}, ["zh-CN"]) == (("de", "Hallo"),)
    assert in_order("Hello", ["en", "de"]) == (("en", "Hello"), ("de", "Hello"))
    assert in_order("Hello", ["zh-CN"], "en") == (("en", "Hello"),)
    assert in_order({"en": " "}, ["en"]) == ()
