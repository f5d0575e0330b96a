"""What Home Assistant's clients ask of the installation as a whole, answered for a hall."""

from typing import Any, Final

from ...core.access import Caller
from ...core.integration import Kit
from ...core.words import say
from .door import ADMINS, Door
from .shapes import HA_VERSION

_UNITS: Final = {
    "length": "km", "accumulated_precipitation": "mm", "area": "m²", "mass": "g", "pressure": "Pa",
    "temperature": "°C", "volume": "L", "wind_speed": "m/s",
}  # fmt: skip


def components(kit: Kit) -> list[str]:
    """The domains that are here: of actions and of entities."""
    domains = {action.name.partition(".")[0] for action in kit.actions.all()} | {state.domain for state in kit.states}
    return sorted(domains | {"api", "http", "usher", "websocket_api"})


def configuration(door: Door, origin: str) -> dict[str, Any]:
    """`get_config`. What a hall does not have (a place on the map, a currency) has Home Assistant's neutral value."""
    kit, site = door.kit, door.kit.site
    languages = site.languages or ("en",)
    return {
        "allowlist_external_dirs": [],
        "allowlist_external_urls": [],
        "components": components(kit),
        "config_dir": str(site.folder),
        "config_source": "yaml",
        "country": None,
        "currency": "EUR",
        "debug": False,
        "elevation": 0,
        "external_url": door.config.base_url,
        "internal_url": origin,
        "language": languages[0],
        "latitude": 0.0,
        "location_name": say(site.name, languages[0]),
        "longitude": 0.0,
        "radius": 100,
        "recovery_mode": False,
        "safe_mode": False,
        "state": "RUNNING" if door.running else "STARTING",
        "time_zone": str(kit.clock.zone),
        "unit_system": _UNITS,
        "usher_version": site.version,
        "version": HA_VERSION,
        "whitelist_external_dirs": [],
    }


def user_of(caller: Caller) -> dict[str, Any]:
    """`auth/current_user`, with usher's role and scopes beside."""
    return {
        "id": caller.id,
        "name": caller.name,
        "is_owner": caller.role == "owner",
        "is_admin": caller.role in ADMINS and not caller.scopes,
        "credentials": [],
        "mfa_modules": [],
        "role": caller.role,
        "scopes": sorted(caller.scopes),
    }
