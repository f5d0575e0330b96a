"""The staff's panel in the YAML: which key of the keyboard does what.

A key is named by its place on the keyboard, as browsers do (UI Events, KeyboardEvent.code): KeyN, NumpadAdd, Alt+F2.
"""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ...schema import Strict, did_you_mean

MODIFIERS: Final = ("Ctrl", "Alt", "Shift")  # in this order, before the key: Ctrl+Alt+KeyN
CODES: Final = frozenset({
    *(f"Key{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), *(f"Digit{n}" for n in range(10)),
    *(f"F{n}" for n in range(1, 25)), *(f"Numpad{n}" for n in range(10)), "NumpadAdd", "NumpadSubtract",
    "NumpadMultiply", "NumpadDivide", "NumpadDecimal", "NumpadEnter", "NumpadComma", "NumpadEqual", "Enter", "Space",
    "Backspace", "Insert", "Delete", "Home", "End", "PageUp", "PageDown", "Pause", "ScrollLock", "ContextMenu",
    "Backquote", "Minus", "Equal", "BracketLeft", "BracketRight", "Backslash", "Semicolon", "Quote", "Comma", "Period",
    "Slash", "IntlBackslash", "IntlRo", "IntlYen", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight",
    "Tab", "Escape",
})  # fmt: skip
_PRINTED: Final = {"+": "NumpadAdd", "-": "NumpadSubtract", "*": "NumpadMultiply", "/": "NumpadDivide", ".": "NumpadDecimal",
                   "⏎": "Enter", "Return": "Enter", "Del": "Delete", "Esc": "Escape", " ": "Space"}  # fmt: skip
_DIGIT: Final = re.compile(r"(Digit|Numpad)[0-9]\Z")
_OF_THE_PAGE: Final = frozenset({"Escape", "Tab", "Shift+Tab", "Shift+Slash"})  # leave, walk, the sheet
_OF_THE_BROWSER: Final = re.compile(r"Ctrl\+(Shift\+)?Key[NTW]\Z|Alt\+F4\Z|Ctrl\+F4\Z|Ctrl\+(Shift\+)?Tab\Z")


def _key(value: Any) -> Any:
    """A key as the page tells it, its modifiers in order."""
    if not isinstance(value, str):
        return value
    *held, code = value.split("+") if len(value) > 1 else [value]
    named = {one.capitalize(): one for one in held}
    if code not in CODES or not set(named) <= set(MODIFIERS) or len(named) < len(held):
        raise PydanticCustomError("bad_key", "{value} is no key. Write its place on the keyboard: KeyN, F2, NumpadAdd, "
                                  "Alt+KeyN.{hint}", {"value": repr(value), "hint": _meant(code)})  # fmt: skip
    key = "+".join([*(one for one in MODIFIERS if one in named), code])
    if key in _OF_THE_PAGE or (_DIGIT.match(key)):
        raise PydanticCustomError("taken_key", "{value} has its meaning already: digits call a number, Tab walks, Escape "
                                  "leaves, ? shows the keys. Choose another key.", {"value": repr(value)})  # fmt: skip
    if _OF_THE_BROWSER.match(key):
        raise PydanticCustomError("browsers_key", "{value} is the browser's own and never reaches the page. Choose another "
                                  "key.", {"value": repr(value)})  # fmt: skip
    return key


def _meant(code: str) -> str:
    meant = _PRINTED.get(code) or (f"Key{code.upper()}" if re.fullmatch("[A-Za-z]", code) else None)
    if meant is None and re.fullmatch("[0-9]", code):
        meant = f"Digit{code}"
    return f" Did you mean {meant!r}?" if meant else did_you_mean(code, CODES)


def _one(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


KeyList = Annotated[list[Annotated[str, AfterValidator(_key)]], Field(max_length=8), BeforeValidator(_one)]


class Keys(Strict):
    """Keys of the panel, by function."""

    next: KeyList = Field(default=["NumpadAdd", "KeyN"], description="Finish, and call the next.")
    recall: KeyList = Field(default=["NumpadMultiply", "KeyR"], description="Call again.")
    no_show: KeyList = Field(
        default=["NumpadSubtract", "KeyX"], description="Nobody came; held before the first recall."
    )
    hold: KeyList = Field(default=["NumpadDecimal", "KeyH"], description="Set aside.")
    transfer: KeyList = Field(default=["NumpadDivide", "KeyT"], description="Send elsewhere.")
    finish: KeyList = Field(default=["NumpadEnter", "Enter"], description="Served.")
    start: KeyList = Field(default=["KeyS"], description="The visitor is here.")
    put_back: KeyList = Field(default=["KeyB"], description="Back to the old place in line.")
    undo: KeyList = Field(default=["Backspace", "KeyU"], description="Take back what was done last.")
    served: KeyList = Field(default=["KeyC"], description="Count what was done.")
    more: KeyList = Field(default=["KeyE"], description="What else may be done to the ticket that is here.")
    pause: KeyList = Field(default=["KeyP"], description="Pause, resume.")
    call_number: KeyList = Field(default=["KeyF"], description="To the field of the number to call.")
    sign_in: KeyList = Field(default=["KeyI"], description="Sign in.")
    sign_out: KeyList = Field(default=["KeyO"], description="Sign out.")
    mini: KeyList = Field(default=["KeyM"], description="The small window that stays on top, and back.")
    hide: KeyList = Field(default=["KeyZ"], description="Nothing shown, keys only, and back.")


FUNCTIONS: Final = tuple(Keys.model_fields)


class Panel(Strict):
    """The staff's panel at the counters."""

    keys: Keys = Field(default=Keys(), description="Which key does what.")
    single_keys: bool = Field(
        default=True, description="Letters alone are keys too, unless switched off in that browser."
    )


def keys_in_force(*levels: Keys) -> dict[str, list[str]]:
    """Function -> keys. What the more particular level (first) says counts; a key it gives away is taken from the others."""
    found, taken = dict[str, list[str]](), set[str]()
    for level in levels:
        said = {name: list[str](getattr(level, name)) for name in FUNCTIONS if name in level.model_fields_set}
        _add(found, taken, said)
    _add(found, taken, {name: list[str](getattr(DEFAULT, name)) for name in FUNCTIONS})
    return {name: found[name] for name in FUNCTIONS}


def _add(found: dict[str, list[str]], taken: set[str], said: dict[str, list[str]]) -> None:
    new = {name: [key for key in keys if key not in taken] for name, keys in said.items() if name not in found}
    found.update(new)
    taken.update(*new.values())


DEFAULT: Final = Keys()
