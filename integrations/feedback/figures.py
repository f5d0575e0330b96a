"""The sensors: how many per cent of today's ratings are satisfied, of the hall, of counters and of staff."""

from collections.abc import Sequence
from typing import Final

from ...core.entities import Entity
from ...core.integration import Kit
from ...core.words import Words
from .config import Config, sensor_of
from .counts import HALL, Counts

LOOK_EVERY: Final = 20.0  # seconds; the wall clock may be set, so a new day is looked for


class Figures:
    """`sensor.satisfaction` and its like; null while nobody has rated today."""

    def __init__(self, config: Config, kit: Kit, counts: Counts, stars: dict[str, int]) -> None:
        self._config, self._kit, self._counts, self._stars = config, kit, counts, stars
        self._entities: dict[str, Entity] = {}
        self._add(HALL, "sensor.satisfaction", {"en": "Satisfaction", "zh-CN": "满意率"})
        for counter in config.counters or ():
            self._add(f"counter:{counter}", sensor_of("counter", counter), _of(self._name(counter)))
        for staff, card in config.staff.items():
            self._add(f"staff:{staff}", sensor_of("staff", staff), _of(card.name))
        counts.changed = self.show
        kit.every(LOOK_EVERY, self._look)
        self.show(list(self._entities))

    def show(self, ofs: Sequence[str]) -> None:
        """These have changed."""
        for of in ofs:
            entity = self._entities.get(of)
            if entity is not None:
                said = self._counts.of(of)
                more = {"stars": self.stars(of.partition(":")[2])} if of.startswith("staff:") else {}
                entity.show(said["satisfaction"], {**said, **more})

    def stars(self, staff: str) -> int | None:
        """How many lamps burn."""
        card = self._config.staff.get(staff)
        return None if card is None else self._stars.get(staff, card.stars or 0) or None

    def _look(self) -> None:
        if self._counts.turn():
            self.show(list(self._entities))

    def _add(self, of: str, entity_id: str, name: Words) -> None:
        entity = Entity(entity_id, name, unit_of_measurement="%", icon="mdi:emoticon-outline")
        self._entities[of] = entity
        self._kit.entity(entity)

    def _name(self, counter: str) -> Words:
        state = self._kit.states.get(f"counter.{counter}")
        found: Words = state.attributes.get("name", counter) if state else counter
        return found


def _of(name: Words) -> Words:
    if isinstance(name, str):
        return {"en": f"Satisfaction, {name}", "zh-CN": f"满意率，{name}"}
    return {
        language: f"{text} · {'满意率' if language.startswith('zh') else 'satisfaction'}"
        for language, text in name.items()
    }
