"""Every integration comes up with its example, and leaves nothing behind: no task, listener, action, entity, thread."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from usher.core.config import Configuration
from usher.core.engine import running

from .test_integrations import HALL, NAMES, folder_of

USHER = "usher: {languages: [zh-CN, en], packages: {hall: !include hall.yaml, example: !include example.yaml}}\n"


def any_port(configuration: Configuration) -> None:
    """Tests run beside each other: no fixed port."""
    for index, one in enumerate(configuration.integrations):
        if one.name == "http":
            free = one.config.model_copy(update={"host": "127.0.0.1", "port": 0})
            configuration.integrations[index] = replace(one, config=free)


def lay_out(folder: Path, name: str) -> None:
    example = (folder_of(name) / "example.yaml").read_text("utf-8")
    for file, text in {"configuration": USHER, "hall": HALL, "example": example}.items():
        (folder / f"{file}.yaml").write_text(text, "utf-8")


@pytest.mark.parametrize("name", NAMES)
async def test_set_up_then_close_leaves_nothing(name: str, tmp_path: Path) -> None:
    lay_out(tmp_path, name)
    before = set(threading.enumerate())
    async with running(tmp_path, always=(), change=any_port) as engine:
        status = engine.status()
        mine = {key: value for key, value in status.items() if key == name or key.partition(".")[2]}
        assert mine, f"nothing of {name} was set up"
        assert set(mine.values()) == {"up"}
        undeclared = {s.entity_id for s in engine.states} - engine.configuration.entities
        assert {
            e for e in undeclared if e.partition(".")[0] in (name, "printer", "display", "speaker", "voice")
        } == set()
        assert engine.configuration.entities <= {s.entity_id for s in engine.states}
        manifests = [one.manifest for one in engine.configuration.integrations if one.manifest]
        promised = {action for manifest in manifests for action in manifest.actions}
        assert promised <= {action.name for action in engine.actions.all()}
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    assert engine.bus.listened() == {}
    assert engine.actions.all() == []
    assert engine.views.all() == []
    for _ in range(100):  # a thread that was told to end may still be ending
        left = {t for t in set(threading.enumerate()) - before if not t.name.startswith("asyncio_")}
        if not left:
            break
        await asyncio.sleep(0.05)
    assert left == set()


@pytest.mark.parametrize("name", NAMES)
async def test_it_can_be_started_again_on_the_same_folder(name: str, tmp_path: Path) -> None:
    lay_out(tmp_path, name)
    entities: list[set[str]] = []
    for _ in range(2):
        async with running(tmp_path, always=(), change=any_port) as engine:
            entities.append({state.entity_id for state in engine.states})
    assert entities[0] == entities[1]
