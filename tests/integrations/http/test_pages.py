"""Pages and files: what a browser is served, and what it never is."""

import asyncio
import re

import pytest
from usher.integrations.http.pages import _policy

RAW = "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


async def fetch(client, hall, path, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.session.get(hall.url + path, headers=named) as answer:
        return answer.status, answer.headers.copy(), await answer.read()


@pytest.mark.parametrize(("path", "page"), [
    ("/", "index"), ("/display/hall", "hall"), ("/counter/1", "counter"), ("/kiosk/lobby?key=link.x.y", "kiosk"),
])  # fmt: skip
async def test_a_views_path_serves_its_page(client, hall, path, page):
    status, headers, body = await fetch(client, hall, path)
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer", "the key in the address goes nowhere else"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert body.startswith(b"<!doctype html>")
    assert f"{page}" in re.sub(r"\s", "", body.decode())


async def test_a_tickets_page_needs_a_good_link(client, hall):
    token = hall.accounts.links.sign("phone/T1", ["view:phone/T1"])
    status, _, body = await fetch(client, hall, f"/t/{token}")
    assert status == 200
    assert b"<script" in body
    status, _, body = await fetch(client, hall, f"/t/{token[:-3]}AAA")
    assert status == 404
    assert b"has ended" in body
    assert "失效" in (await fetch(client, hall, "/t/x", Accept_Language="zh-CN"))[2].decode()


async def test_a_screen_that_is_not_there_yet_tries_again(client, hall):
    status, headers, body = await fetch(client, hall, "/display/other", Accept="text/html,*/*")
    assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b'http-equiv="refresh"' in body
    status, headers, _ = await fetch(client, hall, "/display/other")
    assert (status, headers["Content-Type"]) == (404, "application/json")


async def test_static_files_have_an_etag(client, hall):
    status, headers, body = await fetch(client, hall, "/static/index.html")
    assert (status, headers["Cache-Control"]) == (200, "no-cache")
    again = await fetch(client, hall, "/static/index.html", If_None_Match=headers["ETag"])
    assert (again[0], again[2]) == (304, b"")
    assert "immutable" in (await fetch(client, hall, "/static/index.html?v=12"))[1]["Cache-Control"]
    assert body


@pytest.mark.parametrize("path", [
    "/static/../pyproject.toml", "/static/..%2fpyproject.toml", "/static/%2e%2e/pyproject.toml", "/static//etc/passwd",
    "/static/%2fetc%2fpasswd", "/static/.hidden", "/static/", "/static/none.js", "/local/../configuration.yaml",
    "/local/..%2f..%2fetc%2fpasswd", "/local/%00", "/static/x%00.html", "/local/link", "/local/.secret", "/local/folder",
    "/static/" + "a" * 5000,
])  # fmt: skip
async def test_nothing_outside_is_served(client, hall, path):
    www = hall.site.folder / "www"
    (www / "folder").mkdir(parents=True)
    (www / ".secret").write_text("TREASURE")
    (hall.site.folder / "configuration.yaml").write_text("TREASURE: 1")
    (www / "link").symlink_to(hall.site.folder / "configuration.yaml")
    reader, writer = await asyncio.open_connection("127.0.0.1", hall.port)
    writer.write(RAW.format(path=path).encode())
    answer = await reader.read()
    writer.close()
    assert re.match(rb"HTTP/1\.1 (404|400|403) ", answer), answer[:80]
    assert b"TREASURE" not in answer


async def test_the_installers_files(client, hall):
    www = hall.site.folder / "www"
    www.mkdir()
    (www / "标志.svg").write_text("<svg/>", "utf-8")
    status, headers, body = await fetch(client, hall, "/local/标志.svg")
    assert (status, headers["Content-Type"], body) == (200, "image/svg+xml", b"<svg/>")


def test_an_import_map_is_allowed_by_its_hash():
    policy = _policy(b'<script type="importmap">{"a":1}</script><script type="module" src="/static/x.js"></script>')
    assert "script-src 'self' 'sha256-" in policy
    assert policy.count("sha256-") == 1
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
