"""The installer's language: templates, automations, blueprints, traces.

It knows no queue: the trigger `ticket` and the filter `spoken` are lent by the hall.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ..integration import Integration, Kit, Take
from ..kept import KEPT
from .check import check
from .config import LanguageConfig, actions, entities
from .tables import TABLES


@asynccontextmanager
async def setup(config: LanguageConfig, kit: Kit) -> AsyncGenerator[None]:
    """Set the automations up, and let the runs go on that waited when the hall went down."""
    from .automations import Automations  # `usher check` needs none of what runs
    from .templates.aside import compile_aside
    from .templates.macros import read_macros
    from .trace_file import TraceFile
    from .traces import WRITE_EVERY, Traces

    file = TraceFile(kit.site.data / "traces.db") if kit.store.lasting else None
    if file is not None:
        file.begin()
    kept = config.trace
    traces = Traces(file, runs=kept.stored_traces, dull=kept.dull_traces, days=kept.days,
                    noting=kit.store.lasting)  # fmt: skip
    if file is not None:
        kit.every(WRITE_EVERY, traces.hand_over)
    automations = Automations(kit, config.automation, traces, config.script, config.template,
                              config.take_ready())  # fmt: skip
    await automations.begin()

    async def prepare(new: LanguageConfig) -> Take:
        macros = await asyncio.to_thread(read_macros, kit.site.folder)
        await compile_aside(automations.templates, new.automation, new.script, new.template)
        taken = [
            await automations.prepare(new.automation),
            await automations.scripts.prepare(new.script),
            await automations.entities.prepare(new.template),
        ]

        async def take() -> None:
            if automations.templates.reload(macros):
                automations.tracking.refresh()
            for one in taken:
                waited = one()
                if waited is not None:
                    await waited

        return take

    kit.on_reload(prepare)
    try:
        yield
    finally:
        await asyncio.to_thread(traces.close)


LANGUAGE = Integration(LanguageConfig, setup, root=True, tables=(*TABLES, KEPT), entities=entities, actions=actions, check=check,
                       events=frozenset({"automation_triggered", "script_started"}),
                       values={"automation": frozenset({"on", "off"}), "script": frozenset({"on", "off"}),
                               "binary_sensor": frozenset({"on", "off"})})  # fmt: skip
