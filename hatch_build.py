"""Refuses to build a wheel or an sdist whose pages would have no JavaScript library."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VendorHook(BuildHookInterface):
    """npm brings www/vendor/; git ignores it, so a bare clone has none. An editable install does without."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or (Path(self.root) / "www/vendor/lit.js").is_file():
            return
        raise SystemExit("www/vendor is missing, so usher's pages would be blank. Fetch it: script/setup")
