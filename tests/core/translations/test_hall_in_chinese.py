"""What a running hall answers to who writes its configuration: in the language of who asks."""

from pathlib import Path

import pytest
from usher.core.control import _answer
from usher.core.errors import BadData, Refused
from usher.core.testing import branch

HALL = """
usher: {name: Test, languages: [zh-CN, en]}
queue: {personal: {name: Personal, prefix: A}}
counter: {"1": {name: One, serves: [personal]}}
"""


async def test_a_refused_reload_says_why_in_both_languages(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        with pytest.raises(Refused) as refused:
            await hall.reload(HALL.replace("serves: [personal]", "serves: [persnal]"))
        chinese = refused.value.say("zh-CN")
        assert chinese.startswith("新配置有 1 处错误，未做任何更改：\n")
        assert "counter.1.serves.0: 此处没有名为 'persnal' 的 queue。是不是想写 'personal'？" in chinese
        assert "Did you mean 'personal'?" in refused.value.say("en")
        found = await hall.act("usher.check")
        assert found["problems"][-1]["text"] == {
            "en": "counter.1.serves.0: there is no queue called 'persnal' here. Did you mean 'personal'?",
            "zh-CN": "counter.1.serves.0: 此处没有名为 'persnal' 的 queue。是不是想写 'personal'？",
        }


async def test_wrong_data_is_told_in_the_language_of_who_calls(tmp_path: Path) -> None:
    async with branch(HALL, tmp_path) as hall:
        with pytest.raises(BadData) as bad:
            await hall.act("counter.pause", counter="1", resn=3)
        assert bad.value.say("zh-CN") == "counter.pause：数据有误。resn: 此处没有键 'resn'。请删除。"
        assert bad.value.say("en") == "counter.pause: resn: there is no key 'resn' here. Remove it."
        line = b'{"action": "counter.pause", "data": {"counter": "1", "resn": 3}%s}'
        told = await _answer(hall.engine.actions, line % b', "language": "zh-CN"')
        assert told["error"]["message"] == bad.value.say("zh-CN")
        told = await _answer(hall.engine.actions, line % b"")
        assert told["error"]["message"] == bad.value.say("en")
