"""The YAML under `http:`, and a port that is taken."""

import socket

import pytest
from pydantic import ValidationError
from usher.core.errors import ConnectionLost
from usher.integrations.http.config import Config


def test_the_defaults_serve_a_hall():
    config = Config.model_validate({})
    assert (config.host, config.port, config.limits.frames) == ("0.0.0.0", 8780, 256)


@pytest.mark.parametrize("wrong", [
    {"port": 70000}, {"port": "x"}, {"base_url": "hall.example"}, {"base_url": "ftp://x"}, {"cors": ["https://a/b"]},
    {"cors": ["*"]}, {"trusted_proxies": ["somewhere"]}, {"limits": {"frames": 1}}, {"unknown": 1},
])  # fmt: skip
def test_what_is_wrong_is_refused(wrong):
    with pytest.raises(ValidationError):
        Config.model_validate(wrong)


def test_every_field_is_described():
    for name, field in Config.model_fields.items():
        assert field.description, name


async def test_a_port_that_is_taken_is_tried_again_later(open_hall):
    """Whoever holds it may let go: the supervisor waits and enters again."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(ConnectionLost, match=r"Free the port, or write another one under http: port:"):
            async with open_hall(port=other.getsockname()[1]):
                pass
