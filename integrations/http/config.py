"""The YAML under `http:`."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ...core.schema import Strict


def _address(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme not in ("http", "https") or not rest or any(c in rest for c in " ?#"):
        raise PydanticCustomError(
            "bad_address", '{text} is not an address. Write "http://192.168.1.20:8780" or "https://hall.example".',
            {"text": repr(text)})  # fmt: skip
    return text.rstrip("/")


def _origin(text: str) -> str:
    text = _address(text)
    if "/" in text.partition("://")[2]:
        raise PydanticCustomError("bad_origin", '{text} has a path. Write the origin only, as "https://hall.example".',
                                  {"text": repr(text)})  # fmt: skip
    return text


def _network(value: object) -> IPv4Network | IPv6Network:
    try:
        return ip_network(str(value))
    except ValueError as error:
        raise PydanticCustomError("bad_network", "{value} is not a network. Write 192.168.1.0/24, or one address.",
                                  {"value": repr(str(value))}) from error  # fmt: skip


class Limits(Strict):
    """How much one program may ask of the hall; the defaults serve a hall of hundreds of screens."""

    body: int = Field(1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="Bytes of one request or message.")
    sockets: int = Field(2000, ge=1, le=100_000, description="WebSockets open at once.")
    frames: int = Field(256, ge=8, le=65536, description="Messages that may wait for one slow client.")
    sign_ins: int = Field(10, ge=1, le=1000, description="Sign-ins one address may try in a minute.")


class Config(Strict):
    """Where the hall is served, and to whom."""

    host: str = Field("0.0.0.0", description="The address to listen on; 127.0.0.1 is this machine alone.")  # noqa: S104  # the screens are other machines
    port: int = Field(8780, ge=0, le=65535, description="The port; 0 takes any free one.")
    base_url: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="The address phones and screens reach the hall at, as http://192.168.1.20:8780; it stands in "
        "the QR codes. Without it the address asked for is used.")  # fmt: skip
    cors: list[Annotated[str, AfterValidator(_origin)]] = Field(
        [], description="Other web pages' origins that may use the API from a browser, as https://intranet.example.")  # fmt: skip
    trusted_proxies: list[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]] = Field(
        [], description="Networks of reverse proxies whose X-Forwarded-For and -Proto are believed, as 127.0.0.1/32.")  # fmt: skip
    limits: Limits = Field(Limits.model_validate({}), description="How much one program may ask.")
