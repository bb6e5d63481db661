"""A frontend on another origin can call the host, if it is one that the settings name."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from multidict import CIMultiDictProxy

from local.host.server import HttpOptions
from tests.local.host.web_app import web_host

FRONTEND = "http://localhost:4200"
EXPOSED = "ETag, Location, Retry-After, Link, Content-Disposition"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with web_host().serving() as address:
        yield address


async def preflight(client: ClientSession, url: str, origin: str) -> tuple[int, CIMultiDictProxy[str]]:
    headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    async with client.options(url, headers=headers) as response:
        return response.status, response.headers


async def test_a_preflight_is_answered_without_the_app(client: ClientSession, address: str) -> None:
    status, headers = await preflight(client, f"{address}/api/failing", FRONTEND)

    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == FRONTEND
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE"
    assert headers["Access-Control-Allow-Headers"] == "authorization, token, content-type, if-match, idempotency-key"
    assert headers["Access-Control-Max-Age"] == "600"
    assert headers["Vary"] == "Origin"


async def test_another_origin_is_allowed_nothing(client: ClientSession, address: str) -> None:
    status, headers = await preflight(client, f"{address}/api/things", "http://evil.example")

    assert status == 204
    assert not [name for name in headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize(
    "path", ["/api/things", pytest.param("/api/failing", marks=pytest.mark.logs_errors), "/api/nothing"]
)
async def test_every_answer_carries_the_headers_errors_too(client: ClientSession, address: str, path: str) -> None:
    async with client.get(address + path, headers={"Origin": FRONTEND}) as response:
        assert response.headers["Access-Control-Allow-Origin"] == FRONTEND
        assert response.headers["Access-Control-Expose-Headers"] == EXPOSED
        assert response.headers["Vary"] == "Origin"


async def test_options_without_the_browsers_question_reaches_the_function(client: ClientSession, address: str) -> None:
    async with client.options(f"{address}/api/things") as response:
        assert (await response.json())["method"] == "OPTIONS"


async def test_the_settings_may_name_several_origins(client: ClientSession) -> None:
    origins = ("https://a.example", "https://b.example")
    async with web_host(http=HttpOptions(origins=origins, credentials=False)).serving() as address:
        _, headers = await preflight(client, f"{address}/api/things", "https://b.example")

    assert headers["Access-Control-Allow-Origin"] == "https://b.example"
    assert "Access-Control-Allow-Credentials" not in headers


async def test_a_star_allows_every_origin_but_no_credentials(client: ClientSession) -> None:
    async with web_host(http=HttpOptions(origins=("*",))).serving() as address:
        _, headers = await preflight(client, f"{address}/api/things", "https://any.example")

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Vary" not in headers
