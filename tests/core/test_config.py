"""The root model: wings, integrations, platforms, packages, references; every fault with its place, all at once."""

import os
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field
from usher.core.config import Configuration
from usher.core.errors import ConfigError, Place, Problem
from usher.core.integration import Checked, Integration
from usher.core.loader import Loader
from usher.core.schema import Name, Strict, Target, WordsField


class Queue(Strict):
    name: WordsField = Field(description="Its name.")
    digits: int = Field(3, ge=0, description="How many digits.")


class Counter(Strict):
    name: WordsField = Field("", description="Its name.")
    serves: list[Annotated[str, Target("queue")]] = Field(description="Its queues.")


class Item(Strict):
    platform: str = Field(description="Who serves it.")
    id: Name = Field(description="Its name.")


class Toy(Strict):
    queue: dict[Name, Queue] = Field({}, description="Queues.")
    counter: dict[Name, Counter] = Field({}, description="Counters.")
    printer: list[Item] = Field([], description="Printers.")
    automation: list[dict[str, Any]] = Field([], description="Automations.")


def toy_entities(config: Toy) -> set[str]:
    return {f"queue.{q}" for q in config.queue} | {f"counter.{c}" for c in config.counter}


WING = Integration(Toy, root=True, entities=toy_entities)

CUSTOM = {
    "manifest.yaml": "name: paper\ntitle: Paper\npurpose: Prints.\nplatforms: [printer]\nactions: [paper.cut]\n",
    "config.py": """
from pydantic import Field
from ...core.schema import Name, Strict
class Config(Strict):
    copies: int = Field(1, ge=1, description="How many.")
class Item(Strict):
    platform: str = Field(description="paper")
    id: Name = Field(description="Its name.")
    width: int = Field(576, ge=1, description="Dots.")
""",
    "__init__.py": """
from contextlib import asynccontextmanager
from ...core.integration import Integration, Platform
from .config import Config, Item
@asynccontextmanager
async def setup(config, kit):
    yield
INTEGRATION = Integration(Config, setup, platforms={"printer": Platform(Item, setup)})
""",
}


class Folder:
    """A configuration folder under construction."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def custom(self, name: str = "paper", **changed: str) -> None:
        for file, text in {**CUSTOM, **{f"{k}.py": v for k, v in changed.items()}}.items():
            self.write(f"custom_integrations/{name}/{file}", text.replace("name: paper", f"name: {name}"))

    def read(self, text: str | None = None, *wings: Integration[Any], always: tuple[str, ...] = ()) -> Configuration:
        if text is not None:
            self.write("configuration.yaml", text)
        return Configuration.read(self.path, wings or (WING,), always=always)

    def told(self, text: str | None = None, *wings: Integration[Any]) -> list[str]:
        """The problems, files told from the folder on."""
        return [str(p).removeprefix(f"{self.path}{os.sep}") for p in self.read(text, *wings).problems]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    # Not named as any other test's: in one process the modules of custom integrations share one place.
    return Folder(tmp_path)


GOOD = """\
usher: {name: {en: Branch, zh-CN: 支行}, time_zone: Asia/Shanghai, languages: [zh-CN, en], classes: {vip: 50}}
queue:
  personal: {name: Personal}
counter:
  1: {serves: [personal, queue.personal]}
automation:
"""


def test_a_good_folder_has_no_problems(folder: Folder) -> None:
    made = folder.read(GOOD)
    assert made.problems == []
    assert made.usher.time_zone == "Asia/Shanghai"
    assert made.usher.zone.key == "Asia/Shanghai"
    assert dict(made.usher.weights) == {"normal": 0, "vip": 50}
    assert made.models["queue"]["personal"].name == "Personal"
    assert [w.config.counter["1"].serves for w in made.wings] == [["personal", "personal"]]
    assert made.entities == {"queue.personal", "counter.1"}
    assert made.files == [folder.path / "configuration.yaml"]
    made.check()


def test_defaults_without_usher(folder: Folder) -> None:
    made = folder.read("queue: {}\n")
    assert made.problems == []
    assert (made.usher.site, made.usher.languages) == ("hall", ["en"])


def test_every_fault_at_once_sorted_by_line(folder: Folder) -> None:
    told = folder.told("""\
qeue: {}
queue:
  personal: {name: Personal, digit: 3}
  corporate: {digits: -1}
counter:
  "1": {serves: [personel]}
  2:
    serves: [corporate, "counter.x"]
usher:
  time_zone: Asia/Shangai
  langages: [en]
""")
    assert told == [
        "configuration.yaml:1:1  there is no key 'qeue' here. Did you mean 'queue'?",
        "configuration.yaml:3:30  queue.personal.digit: there is no key 'digit' here. Did you mean 'digits'?",
        "configuration.yaml:4:14  queue.corporate: the key 'name' is missing. Add it.",
        "configuration.yaml:4:23  queue.corporate.digits: -1 does not fit. Write 0 or more.",
        "configuration.yaml:6:18  counter.1.serves.0: there is no queue called 'personel' here. "
        "Did you mean 'personal'?",
        "configuration.yaml:8:25  counter.2.serves.1: 'counter.x' is not a queue. Write a name as in queue.main.",
        "configuration.yaml:10:14  usher.time_zone: 'Asia/Shangai' is not a time zone. Write it as Asia/Shanghai. "
        "Did you mean 'Asia/Shanghai'?",
        "configuration.yaml:11:3  usher.langages: there is no key 'langages' here. Did you mean 'languages'?",
    ]


def test_errors_raise_together(folder: Folder) -> None:
    made = folder.read("queue: {a: {}}\nusher: {x: 1}\n")
    with pytest.raises(ConfigError) as caught:
        made.check()
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b\n", "1:1  configuration.yaml holds keys such as usher: and queue:, each with what belongs to it."),
        ("just words\n", "1:1  configuration.yaml holds keys such as usher: and queue:, each with what belongs to it."),
        ("light: {}\n", "1:1  light: that belongs to a home; a hall has no use for it. Remove it."),
        ("homeassistant: {}\n", "1:1  homeassistant: that is Home Assistant's key. Write usher: instead."),
        ("gramophone: {}\n", "1:1  there is no key 'gramophone' here. If an integration brings it, put that into "
         "custom_integrations/gramophone/ or install its package."),
        ("queue: [a]\n", "1:8  queue: a list does not fit. Write a mapping, {key: value}."),
        ("queue: {Haupt: {name: x}}\n", "1:9  queue.Haupt: 'Haupt' may not be a name. Use a-z, 0-9 and _ only."),
        ("usher: {classes: {vip: many}}\n", '1:24  usher.classes.vip: "many" does not fit. Write a whole number.'),
        ("usher: {languages: []}\n", "1:20  usher.languages: a list does not fit. Write at least 1 of them."),
        ("queue: {a: {name: x}\n", "1:8  this is not YAML: the bracket that opens here is never closed. Close it."),
        ("counter: {a: {serves: [1]}}\nqueue: {'2': {name: x}}\n", "1:24  counter.a.serves.0: there is no queue called "
         "'1' here. Write one of 2, or add it under queue:."),
        ("counter: {a: {serves: [x]}}\n", "1:24  counter.a.serves.0: there is no queue called 'x' here. No queue is "
         "defined; add it under queue:."),
    ],
)  # fmt: skip
def test_one_fault(folder: Folder, text: str, expected: str) -> None:
    assert folder.told(text) == [f"configuration.yaml:{expected}"]


def test_a_folder_without_configuration(folder: Folder) -> None:
    assert folder.told() == ["configuration.yaml:1:1  there is no such file."]


def test_an_unreadable_part_causes_no_second_complaint(folder: Folder) -> None:
    told = folder.told("queue: !include queues.yaml\ncounter: {a: {serves: [personal]}}\n")
    assert told == [f"configuration.yaml:1:8  !include queues.yaml: there is no such file in {folder.path}."]


# -- platforms and integrations


def test_an_item_is_read_with_its_platforms_model(folder: Folder) -> None:
    folder.custom()
    made = folder.read("printer:\n  - {platform: paper, id: lobby, width: 384}\n")
    assert made.problems == []
    [item] = made.models["printer"]
    assert (type(item).__name__, item.width) == ("Item", 384)
    [device] = made.devices
    assert (device.kind, device.id, device.platform) == ("printer", "lobby", "paper")
    assert device.place == Place(str(folder.path / "configuration.yaml"), 2, 5)
    assert list(made.platforms()) == ["printer.paper"]
    [loaded] = made.integrations
    assert (loaded.name, loaded.config.copies, loaded.error) == ("paper", 1, None)  # set up with its defaults


CUSTOM["config.py"] = CUSTOM["config.py"].replace("class Item(Strict)", "class Item(BASE)")


@pytest.fixture(autouse=True)
def shared_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """The custom platform's item is one of the toy wing's, as a real one is of its kind's."""
    import builtins

    monkeypatch.setattr(builtins, "BASE", Item, raising=False)


def test_a_single_mapping_needs_no_dash(folder: Folder) -> None:
    folder.custom()
    made = folder.read("printer: {platform: paper, id: lobby}\n")
    assert (made.problems, [d.id for d in made.devices]) == ([], ["lobby"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("printer: [{platform: papier, id: a}]", ["1:22  printer.a.platform: no integration here serves a printer as "
         "'papier'. Did you mean 'paper'?"]),
        ("printer: [{platform: paper, id: a, widht: 1}]", ["1:36  printer.a.widht: there is no key 'widht' here. "
         "Did you mean 'width'?"]),
        ("printer: [{id: a}]", ["1:11  printer.a: the key 'platform' is missing. Add it."]),
        ("printer: [{platform: paper}]", ["1:11  printer.0: the key 'id' is missing. Add it."]),
        ("printer: [paper]", ["1:11  printer.0: write a mapping: {platform: ..., id: ...}."]),
        ("printer: [{platform: paper, id: a}, {platform: paper, id: a}]", ["1:59  printer.a stands twice; the first is "
         "at {file}:1:11. Give one another id."]),
        ("printer: [{platform: 7, id: a}]", ["1:22  printer.a.platform: 7 does not fit. Write text."]),
        ("paper: {copies: 0}", ["1:17  paper.copies: 0 does not fit. Write 1 or more."]),
        ("paper: {copys: 2}", ["1:9  paper.copys: there is no key 'copys' here. Did you mean 'copies'?"]),
        ("papr: {copies: 2}", ["1:1  there is no key 'papr' here. Did you mean 'paper'?"]),
    ],
)  # fmt: skip
def test_faults_of_items_and_integrations(folder: Folder, text: str, expected: list[str]) -> None:
    folder.custom()
    file = str(folder.path / "configuration.yaml")
    assert folder.told(text) == [f"configuration.yaml:{e.replace('{file}', file)}" for e in expected]


def test_an_integration_under_its_key(folder: Folder) -> None:
    folder.custom()
    made = folder.read("paper:\n")
    assert made.problems == []
    assert made.models["paper"].copies == 1


def test_always_there(folder: Folder) -> None:
    folder.custom()
    assert [one.name for one in folder.read("queue:\n", always=("paper", "unheard_of")).integrations] == ["paper"]


def test_a_platform_without_settings_says_how_it_is_written(folder: Folder) -> None:
    folder.custom(__init__=CUSTOM["__init__.py"].replace("Integration(Config, setup,", "Integration("))
    assert folder.told("paper: {}\n") == [
        "configuration.yaml:1:1  paper: there is nothing to set under this key. It serves printer: write  "
        "printer: [{platform: paper, id: ...}]."
    ]


def test_a_platform_whose_integration_needs_settings(folder: Folder) -> None:
    folder.custom(config=CUSTOM["config.py"].replace("Field(1, ge=1,", "Field(ge=1,"))
    assert folder.told("printer: [{platform: paper, id: a}]\n") == [
        "configuration.yaml:1:22  paper (which is used here and must be set up): the key 'copies' is missing. Add it."
    ]


def test_a_broken_custom_integration_is_told_in_its_own_file_and_the_rest_is_checked(folder: Folder) -> None:
    folder.custom(__init__="import os\nos.no_such_thing()\n")
    made = folder.read("printer: [{platform: paper, id: a}]\nqueue: {a: {}}\n")
    assert [str(p) for p in made.problems] == [
        f"{folder.path}/configuration.yaml:2:12  queue.a: the key 'name' is missing. Add it."
    ]
    assert [str(p) for p in made.missing] == [
        f"{folder.path}/custom_integrations/paper/__init__.py:2:1  the integration 'paper' cannot be imported: "
        "AttributeError: module 'os' has no attribute 'no_such_thing'. Mend its code."
    ]
    assert [(one.name, type(one.error).__name__) for one in made.integrations] == [("paper", "ImportFailed")]
    assert "printer.a" in made.entities


def test_what_is_not_named_is_not_imported(folder: Folder) -> None:
    folder.custom(__init__="raise RuntimeError('imported')\n")
    assert folder.read("queue:\n").missing == []


# -- checks


def test_an_integrations_check_sees_everything(folder: Folder) -> None:
    seen: list[Checked] = []

    def check(checked: Checked) -> None:
        seen.append(checked)
        checked.problems.append(Problem(checked.tree.key_places["queue"], "seen", "warning"))

    folder.custom()
    wing = Integration(Toy, root=True, entities=toy_entities, check=check, actions=lambda _: {"queue.issue": Queue})
    made = folder.read("queue: {a: {name: x}}\npaper:\n", wing)
    [checked] = seen
    assert checked.actions["queue.issue"] is Queue
    assert checked.actions["paper.cut"] is None
    assert "access.user_add" in checked.actions  # the kernel's own
    assert set(checked.root) == {"usher", "queue", "counter", "printer", "automation", "paper"}
    assert checked.entities == {"queue.a"}
    assert checked.whole
    assert [str(p).partition("  ")[2] for p in made.problems] == ["warning: seen"]
    assert made.errors == []
    made.check()


def test_checks_go_on_without_the_faulty_parts(folder: Folder) -> None:
    """Two faults in one wing, one of the model and one of the check, are told together."""

    def check(checked: Checked) -> None:
        assert not checked.whole
        checked.problems.extend(
            Problem(checked.tree["queue"].key_places[name], f"{name} is checked") for name in checked.config.queue
        )

    wing = Integration(Toy, root=True, entities=toy_entities, check=check)
    assert folder.told("queue:\n  a: {name: x}\n  b: {}\ncounter: {c: {serves: [b]}}\n", wing) == [
        "configuration.yaml:2:3  a is checked",
        "configuration.yaml:3:6  queue.b: the key 'name' is missing. Add it.",
    ]


# -- packages


def test_packages_are_laid_in(folder: Folder) -> None:
    folder.custom()
    folder.write("packages/corporate.yaml", "queue: {b: {name: B}}\nprinter: {platform: paper, id: two}\npaper:\n")
    folder.write("packages/empty.yaml", "")
    made = folder.read("""\
usher: {packages: !include_dir_named packages}
queue: {a: {name: A}}
printer: {platform: paper, id: one}
""")
    assert made.problems == []
    assert list(made.models["queue"]) == ["a", "b"]
    assert [d.id for d in made.devices] == ["one", "two"]
    assert made.devices[1].place == Place(str(folder.path / "packages/corporate.yaml"), 2, 10)


def test_faults_of_packages(folder: Folder) -> None:
    folder.write("p.yaml", "queue:\n  a: {name: again}\n  b: {nam: B}\nusher: {}\n")
    assert folder.told("""\
usher:
  packages:
    one: !include p.yaml
    two: [x]
queue:
  a: {name: A}
""") == [
        "configuration.yaml:4:10  usher.packages.two: a package is a mapping, as configuration.yaml is. "
        "Write keys such as queue: in it.",
        f"p.yaml:2:3  queue.a stands twice; the first is at {folder.path}/configuration.yaml:6:3. Remove one.",
        "p.yaml:3:6  queue.b: the key 'name' is missing. Add it.",
        "p.yaml:3:7  queue.b.nam: there is no key 'nam' here. Did you mean 'name'?",
        "p.yaml:4:1  the package one may not hold 'usher'. Move it to configuration.yaml.",
    ]


def test_two_halls_one_after_the_other_keep_their_own_integrations(tmp_path: Path) -> None:
    """A custom integration of the same name in another folder is another one."""
    for number in (1, 2):
        folder = Folder(tmp_path / str(number))
        folder.custom(config=CUSTOM["config.py"].replace("576", str(number)))
        folder.write("configuration.yaml", "printer: {platform: paper, id: a}\n")
        [item] = Configuration.read(folder.path, [WING], Loader(folder.path), always=()).models["printer"]
        assert item.width == number


def test_a_key_with_a_label_is_a_part_of_its_key(folder: Folder) -> None:
    """As in Home Assistant: `automation ui:` and `automation manual:`."""
    made = folder.read(
        "automation lobby: [{a: 1}]\nautomation: [{b: 2}]\nqueue x: {a: {name: A}}\nqueue y: {b: {name: B}}\n"
    )
    assert made.problems == []
    assert made.models["automation"] == [{"a": 1}, {"b": 2}]
    assert sorted(made.models["queue"]) == ["a", "b"]
    [told] = folder.told("queue x: {a: {name: A}}\nqueue y: {a: {name: B}}\n")
    assert told.startswith("configuration.yaml:2:11  queue.a stands twice; the first is at ")


def test_packages_as_home_assistant_writes_them(folder: Folder) -> None:
    assert folder.told("homeassistant:\n  packages: !include_dir_named packages\n")[-1:] == [
        "configuration.yaml:2:13  !include_dir_named packages: there is no such folder."]  # fmt: skip
    folder.write("packages/lobby.yaml", "queue: {a: {name: A}}\n")
    assert folder.told("homeassistant:\n  packages: !include_dir_named packages\n") == [
        "configuration.yaml:2:3  homeassistant: that is Home Assistant's key. Write usher: instead. Its packages: stand "
        "under usher: as they are."
    ]


def test_a_secret_is_not_told(folder: Folder) -> None:
    folder.write("secrets.yaml", "word: hunter2\n")
    [told] = folder.told("usher: {classes: {vip: !secret word}}\n")
    assert told.endswith('usher.classes.vip: "***" does not fit. Write a whole number.')


def test_what_comes_by_itself_and_is_lacking_is_a_warning_until_it_is_asked_for(folder: Folder) -> None:
    folder.custom()
    folder.write("custom_integrations/paper/manifest.yaml", CUSTOM["manifest.yaml"] + "requires: [no_such_module_1]\n")
    (told,) = folder.read("queue: {a: {name: A}}\n", always=("paper",)).missing
    assert (told.severity, "no_such_module_1" in told.text) == ("warning", True)
    (told,) = folder.read("queue: {a: {name: A}}\npaper: {copies: 2}\n", always=("paper",)).missing
    assert told.severity == "error"
