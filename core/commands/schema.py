"""`usher schema`: the JSON Schema of all that is installed, for editors."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

from . import places
from .saying import say

NAME: Final = "schema"
HELP: Final = "write the JSON Schema of the configuration, with which an editor completes and checks it"


def add(parser: ArgumentParser) -> None:
    places.folder(parser)
    parser.add_argument("--output", metavar="DIR", help="write it there instead of into FOLDER/.usher; - prints it")
    parser.add_argument("--language", choices=["en", "zh-CN"], default="en", help="of the descriptions")


def run(options: Namespace) -> int:
    from ..manual.catalogue import translator
    from ..manual.installed import installed
    from ..manual.json_schema import json_schema

    found = installed(options.folder)
    schema = json_schema(found, translator(options.language))
    for name, why in found.missing.items():
        say(f"{name} is left out: {why}", file=sys.stderr)
    if options.output == "-":
        print(_text(schema))
        return 0
    folder = Path(options.output) if options.output else options.folder / ".usher"
    written = _write(schema, folder)
    say(f"{written} is written. The first line of configuration.yaml makes an editor use it:")
    print(
        f"# yaml-language-server: $schema={'.usher/schema.json' if not options.output else written.absolute().as_uri()}"
    )
    return 0


def _write(schema: dict[str, Any], folder: Path) -> Path:
    """schema.json, and schema/<key>.json for a file that is included under a key."""
    parts = folder / "schema"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts.mkdir(exist_ok=True)
    whole = folder / "schema.json"
    whole.write_text(_text(schema) + "\n", "utf-8")
    for key in schema["properties"]:
        part = {"$schema": schema["$schema"], "$ref": f"../schema.json#/properties/{key}"}
        (parts / f"{key}.json").write_text(_text(part) + "\n", "utf-8")
    return whole


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=False)
