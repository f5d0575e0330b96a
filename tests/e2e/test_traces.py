"""kill -9 of a real hall in the midst of runs: what they did is there to read, with the hall down and up again."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from .hall_process import HallProcess, cli

pytestmark = pytest.mark.xdist_group("processes")

YAML = """
usher: {name: Traces, site: traces}
http: {host: 127.0.0.1}
queue: {main: {name: Main, prefix: A}}
counter: {"1": {name: One, serves: [main]}}
script:
  rest:
    sequence:
      - delay: "01:00"
automation:
  - id: waits
    alias: Waits
    triggers: {trigger: ticket, event: issued}
    actions:
      - action: script.rest
  - id: works
    alias: Works hard and waits for nothing
    triggers: {trigger: ticket, event: issued}
    actions:
      - event: begun
      - repeat:
          count: 300000
          sequence:
            - variables: {n: "{{ repeat.index }}"}
"""


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[HallProcess]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "configuration.yaml").write_text(YAML, "utf-8")
    process = HallProcess(config, tmp_path / "data")
    process.make_token()
    yield process
    process.stop()


def terminal(hall: HallProcess, *arguments: str) -> Any:
    """`usher trace` as JSON."""
    at = ("--config", str(hall.config), "--data", str(hall.data))
    return json.loads(cli("trace", *arguments, "--format", "json", *at))


async def ask(socket: aiohttp.ClientWebSocketResponse, number: int, kind: str, **more: Any) -> Any:
    await socket.send_json({"id": number, "type": kind, **more})
    answer = await socket.receive_json()
    assert answer["success"], answer
    return answer["result"]


async def test_traces_survive_kill_9(hall: HallProcess) -> None:
    await hall.start()
    async with hall.session() as session:
        issued = {"queue": "main", "origin": "kiosk.lobby"}
        async with session.post("/api/services/queue/issue", json=issued) as answer:
            assert answer.status == 200, await answer.text()

    def under_way() -> bool:
        if not (hall.data / "traces.db").exists():
            return False
        now = {one["item_id"]: one for one in terminal(hall)}
        return set(now) == {"waits", "works", "rest"} and now["works"]["last_step"] != "action/0"

    async with asyncio.timeout(30):
        while not await asyncio.to_thread(under_way):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)
    hall.kill()
    assert {(one["item_id"], one["state"]) for one in await asyncio.to_thread(terminal, hall)} == {
        ("waits", "running"), ("works", "running"), ("rest", "running"),
    }  # fmt: skip

    await hall.start()
    async with hall.session() as session, session.ws_connect("/api/websocket") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": hall.token})
        assert (await socket.receive_json())["type"] == "auth_ok"
        listed = {one["item_id"]: one for one in await ask(socket, 1, "trace/list")}
        assert {name: (one["state"], one["script_execution"]) for name, one in listed.items()} == {
            "waits": ("running", None), "rest": ("running", None), "works": ("stopped", "interrupted"),
        }  # fmt: skip
        assert [one["item_id"] for one in await ask(socket, 2, "trace/list", domain="script")] == ["rest"]
        found = {
            name: await ask(socket, 3 + n, "trace/get", domain=one["domain"], item_id=name, run_id=one["run_id"])
            for n, (name, one) in enumerate(listed.items())
        }
        contexts = await ask(socket, 9, "trace/contexts")
        for number, (item, run_id) in enumerate((("rest", "nothing"), ("other", listed["rest"]["run_id"])), start=10):
            await socket.send_json(
                {"id": number, "type": "trace/get", "domain": "script", "item_id": item, "run_id": run_id}
            )
            assert (await socket.receive_json())["error"]["code"] == "not_found"
        assert contexts[listed["rest"]["run_id"]]["item_id"] == "rest"
    works = found["works"]
    steps = [step for path in works["trace"].values() for step in path]
    assert steps[0]["place"].endswith("configuration.yaml:20:16")
    assert len(steps) + works["left_out"] > 100
    for name in ("works", "waits", "rest"):  # each of them leads back to the tap
        tap = found[name]["chain"][-1]
        assert (tap["event"], tap["number"], tap["origin"]) == ("ticket_issued", "A001", "kiosk.lobby"), name
    assert found["rest"]["chain"][1]["run_id"] == listed["waits"]["run_id"]
    assert (await asyncio.to_thread(terminal, hall, "works", "--last"))["script_execution"] == "interrupted"
