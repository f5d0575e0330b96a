"""A printer's line keeps everybody's place."""

from usher.core.devices.printing.line import Job, Line


def job(name, urgency=0):
    return Job(name, "lobby", (), 0.0, urgency=urgency)


def test_urgent_first_then_as_they_came():
    line, jobs = Line(), [job("a"), job("b"), job("urgent", 5), job("c")]
    for one in jobs:
        line.add(one)
    assert [j.id for j in line] == ["urgent", "a", "b", "c"]
    assert line.first() is jobs[2]


def test_who_comes_back_has_the_old_place():
    line, jobs = Line(), [job("a"), job("b"), job("c")]
    for one in jobs:
        line.add(one)
    line.drop(jobs[0])
    line.drop(jobs[0])  # once is enough
    assert len(line) == 2
    line.add(jobs[0])
    assert [j.id for j in line] == ["a", "b", "c"]


def test_empty():
    assert Line().first() is None
    assert not len(Line())
