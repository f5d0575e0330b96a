"""Signing in: codes and passwords over HTTP, tries limited by address; languages of headers."""

import pytest
from usher.core.clock import HandClock
from usher.core.errors import Refused
from usher.integrations.http.sign_in import MAX_ADDRESSES, Bucket, preferred_language


async def test_a_code_or_a_password_makes_a_token(client):
    status, body = await client.post("/api/usher/sign_in", {"code": "ABCD-2345"}, None)
    assert (status, body["token"], body["user"]["role"]) == (200, "usher_owner", "owner")
    status, body = await client.post("/api/usher/sign_in", {"user": "bo", "password": "secret"}, None)
    assert (status, body["token"], body["user"]["name"]) == (200, "usher_staff", "Bo")


@pytest.mark.parametrize(("body", "status", "code"), [
    ({"code": "WRONG"}, 401, "unauthorized"),
    ({"user": "bo", "password": "wrong"}, 401, "unauthorized"),
    ({"user": "bo"}, 400, "bad_data"),
    ({}, 400, "bad_data"),
    ({"code": 7}, 400, "bad_data"),
    ({"user": "bo", "password": "x" * 300}, 400, "bad_data"),
    ({"user": ["bo"], "password": {}}, 400, "bad_data"),
    (b"{", 400, "bad_data"),
])  # fmt: skip
async def test_what_is_wrong(client, body, status, code):
    got, error = await client.post("/api/usher/sign_in", body, None)
    assert (got, error["code"]) == (status, code)


async def test_too_many_tries_from_one_address(client):
    for _ in range(10):
        assert (await client.post("/api/usher/sign_in", {"code": "WRONG"}, None))[0] == 401
    status, error = await client.post("/api/usher/sign_in", {"code": "ABCD-2345"}, None)
    assert (status, error["code"]) == (429, "too_many_tries")
    assert (await client.post("/api/usher/sign_in", {"code": "WRONG"}, None, X_Forwarded_For="10.0.0.9"))[0] == 429


async def test_behind_a_trusted_proxy_the_address_is_the_one_it_forwards(open_hall, client_of):
    import aiohttp

    async with (
        open_hall(trusted_proxies=["127.0.0.0/8", "10.1.0.0/16"], limits={"sign_ins": 1}) as hall,
        aiohttp.ClientSession() as session,
    ):
        client = client_of(hall, session)
        for forwarded, expected in (
            ("10.0.0.9", 401), ("10.0.0.9", 429), ("10.0.0.8", 401), ("1.2.3.4, 10.0.0.7, 10.1.2.3", 401),
            ("9.9.9.9, 10.0.0.7", 429),
        ):  # fmt: skip
            status, _ = await client.post("/api/usher/sign_in", {"code": "W"}, None, X_Forwarded_For=forwarded)
            assert status == expected, forwarded
        screens = (await client.get("/api/usher/screens", X_Forwarded_Proto="https"))[1]
        assert screens[0]["link"].startswith("https://127.0.0.1:")


async def test_base_url_stands_in_links(open_hall, client_of):
    import aiohttp

    async with open_hall(base_url="https://hall.example/") as hall, aiohttp.ClientSession() as session:
        screens = (await client_of(hall, session).get("/api/usher/screens"))[1]
        assert all(s["link"].startswith("https://hall.example/") for s in screens)


async def test_a_bucket_fills_again():
    clock = HandClock()
    bucket = Bucket(clock, 6)
    for _ in range(6):
        bucket.take("a")
    with pytest.raises(Refused, match="Too many tries"):
        bucket.take("a")
    bucket.take("b")
    await clock.turn(10)
    bucket.take("a")
    with pytest.raises(Refused):
        bucket.take("a")
    await clock.turn(3600)
    for _ in range(6):
        bucket.take("a")
    with pytest.raises(Refused):
        bucket.take("a")


def test_addresses_are_bounded():
    bucket = Bucket(HandClock(), 1)
    for n in range(MAX_ADDRESSES + 50):
        bucket.take(str(n))
    assert len(bucket._left) == MAX_ADDRESSES


@pytest.mark.parametrize(("header", "language"), [
    ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("en;q=0.5, yue", "yue"), ("*", None), ("", None), ("fr;q=x, de;q=0.1", "de"),
    ("a" * 5000, "a" * 256),
])  # fmt: skip
def test_the_language_a_header_likes_best(header, language):
    assert preferred_language(header) == language
