"""The kinds of step: the YAML of each, and what it does. A new kind is a model, a function and a line in KINDS."""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import BaseModel

from ..steps import Do, Made
from .acting import ActionStep, EventStep, action, event, texts_of
from .choosing import (
    ChooseStep,
    IfStep,
    ParallelStep,
    SequenceStep,
    StopStep,
    VariablesStep,
    choose,
    if_then,
    parallel,
    sequence,
    stop,
    variables,
)
from .common import Compiler, Ground, StepCommon
from .repeating import RepeatStep, repeat
from .waiting import DelayStep, WaitForTriggerStep, WaitTemplateStep, delay, wait_for_trigger, wait_template

KINDS: Final[Mapping[str, tuple[type[BaseModel], Callable[..., Do | Made | None]]]] = {
    "action": (ActionStep, action),
    "delay": (DelayStep, delay),
    "wait_template": (WaitTemplateStep, wait_template),
    "wait_for_trigger": (WaitForTriggerStep, wait_for_trigger),
    "variables": (VariablesStep, variables),
    "if": (IfStep, if_then),
    "choose": (ChooseStep, choose),
    "repeat": (RepeatStep, repeat),
    "parallel": (ParallelStep, parallel),
    "event": (EventStep, event),
    "stop": (StopStep, stop),
    "sequence": (SequenceStep, sequence),
}
MODELS: Final[Mapping[str, type[BaseModel]]] = {word: kind[0] for word, kind in KINDS.items()}

__all__ = ["KINDS", "MODELS", "Compiler", "Ground", "StepCommon", "texts_of"]
