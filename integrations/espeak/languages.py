"""The languages of espeak-ng 1.52 and which of its voices speaks each. Tags in lower case; made ones left out.

Chinese by its tags: Mandarin (cmn) but for Hong Kong and Macao, where a spoken announcement is Cantonese.
"""

from typing import Final

_SAME: Final = (
    "af am an ar as az ba be bg bn bpy bs ca chr-us-qaaa-x-west cmn cs cv cy da de el en-gb en-gb-scotland en-us eo es "
    "es-419 et eu fa fi fo fr-be fr-ch fr-fr ga gd gn grc gu hak haw he hi hr ht hu hy hyw ia id is it ja ka kaa kk kl kn "
    "ko kok ku ky la lb lt ltg lv mi mk ml mr ms mt mto my nb nci ne nl nog om or pa pap pl pt pt-br qu quc ro ru sd shn "
    "si sk sl smj sq sr sv sw ta te th ti tk tn tr tt ug uk ur uz vi yue"
)
_OTHER: Final = {
    "zh": "cmn",
    "zh-cn": "cmn",
    "zh-hans": "cmn",
    "zh-hant": "cmn",
    "zh-sg": "cmn",
    "zh-tw": "cmn",
    "zh-hk": "yue",
    "zh-mo": "yue",
    "chr": "chr-us-qaaa-x-west",
    "en": "en-us",
    "en-au": "en-gb",
    "en-ie": "en-gb",
    "en-nz": "en-gb",
    "en-sg": "en-gb",
    "en-hk": "en-gb",
    "fr": "fr-fr",
    "no": "nb",
    "pt-pt": "pt",
}
VOICES: Final[dict[str, str]] = {**{tag: tag for tag in _SAME.split()}, **_OTHER}


def voice_for(language: str) -> str | None:
    """The espeak-ng voice for a tag: the very tag, or the language without its region; None if it has none."""
    tag = language.lower()
    return VOICES.get(tag) or VOICES.get(tag.partition("-")[0])
