"""What reaches a function over HTTP, and what comes back, is what the Functions host in Azure makes of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from aiohttp import ClientSession
from yarl import URL

from local.host.server import HttpOptions
from tests.local.host.conversing import raw, seen, status
from tests.local.host.web_app import web_host

LIMIT = 3 * 1024 * 1024


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with web_host(http=HttpOptions(body_limit=LIMIT)).serving() as address:
        yield address


async def test_a_function_gets_the_method_the_url_and_lower_case_headers(client: ClientSession, address: str) -> None:
    request = await seen(client, f"{address}/api/things/1?a=b", "PATCH", headers={"X-Some-Thing": "Yes"}, data=b"x\xff")

    assert request["method"] == "PATCH"
    assert request["url"] == f"{address}/api/things/1?a=b"
    assert request["headers"]["x-some-thing"] == "Yes"
    assert request["body"] == "x\xff"


@pytest.mark.parametrize(
    ("path", "captured"),
    [
        ("things", {}),
        ("things/", {}),
        ("things/a", {"path": "a"}),
        ("things/a/b/", {"path": "a/b/"}),
        ("things/a%20b", {"path": "a b"}),
        ("things/a%2Fb", {"path": "a%2Fb"}),
        ("THINGS/A", {"path": "A"}),
        ("optional", {}),
        ("optional/7/", {"id": "7"}),
    ],
)
async def test_route_parameters(client: ClientSession, address: str, path: str, captured: dict[str, str]) -> None:
    assert (await seen(client, f"{address}/api/{path}"))["route"] == captured


@pytest.mark.parametrize(
    "path",
    ["/api/nothing", "/things", "/api//things", "/api/things//a", "/api/things//", "/api/optional/1/2", "/api/typed/x"],
)
async def test_a_path_that_no_route_takes_is_404(client: ClientSession, address: str, path: str) -> None:
    assert await status(client, address + path) == 404


async def test_a_method_that_the_trigger_does_not_list_is_404(client: ClientSession, address: str) -> None:
    assert await status(client, f"{address}/api/sync") == 200
    assert await status(client, f"{address}/api/sync", "POST") == 404


async def test_routes_are_tried_in_the_order_of_the_functions_names(client: ClientSession, address: str) -> None:
    assert (await seen(client, f"{address}/api/order/latest"))["function"] == "any_id"


async def test_a_constraint_decides_whether_a_route_matches(client: ClientSession, address: str) -> None:
    assert (await seen(client, f"{address}/api/typed/12"))["route"] == {"number": "12"}


async def test_query_parameters(client: ClientSession, address: str) -> None:
    url = f"{address}/api/things?empty=&bare&many=1&many=2&Many=3&plus=a+b&code=%C3%A9"

    assert (await seen(client, url))["params"] == {"Many": "1,2,3", "plus": "a b", "code": "é"}


async def test_sync_functions_run_in_a_thread_with_their_context(client: ClientSession, address: str) -> None:
    request = await seen(client, f"{address}/api/sync")

    assert request["thread"] != "MainThread"
    assert request["function"] == "sync_one"


@pytest.mark.logs_errors
@pytest.mark.parametrize("path", ["failing", "wrong-result"])
async def test_what_escapes_a_function_is_an_empty_500_and_a_traceback_in_the_log(
    client: ClientSession, address: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with client.get(f"{address}/api/{path}") as response:
        assert (response.status, await response.read()) == (500, b"")
    (failure,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (failure.exc_info is not None) == (path == "failing")


async def test_an_answer_keeps_its_status_type_headers_and_cookies(client: ClientSession, address: str) -> None:
    async with client.get(f"{address}/api/answers/202") as response:
        assert response.status == 202
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.headers["ETag"] == '"1"'
        assert response.headers.getall("Set-Cookie") == ["a=1; Path=/", "b=2"]
        assert await response.text() == "späße"


@pytest.mark.parametrize("size", [1024 * 1024 + 1, LIMIT])
async def test_a_body_of_some_megabytes_passes(client: ClientSession, address: str, size: int) -> None:
    assert len((await seen(client, f"{address}/api/things", "POST", data=BytesIO(b"x" * size)))["body"]) == size


async def test_a_compressed_body_is_handed_on_as_it_came(client: ClientSession, address: str) -> None:
    headers = {"Content-Encoding": "gzip"}

    assert (await seen(client, f"{address}/api/things", "POST", data=b"no gzip", headers=headers))["body"] == "no gzip"


async def test_a_client_that_asks_first_is_told_to_go_on(address: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(address).port)
    writer.write(b"POST /api/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
    writer.write(b"ok")
    assert await reader.readuntil(b'"body": "ok"')
    writer.close()
    await writer.wait_closed()


async def test_the_hosts_own_answers_have_the_one_error_body(client: ClientSession, address: str) -> None:
    async with client.get(f"{address}/nowhere") as response:
        assert response.content_type == "application/problem+json"
        body = await response.json()
    assert set(body) == {"type", "title", "status", "code", "message", "correlation_id"}
    assert (body["type"], body["title"], body["status"]) == ("about:blank", "Not Found", 404)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"GET /api/things HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /api/things HTTP/1.1\r\nHost: localhost\r\nX: \xff\xfe\r\nConnection: close\r\n\r\n",
        b"GET /api/things/" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/things HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_a_malformed_request_is_400_with_the_one_error_body(address: str, request_bytes: bytes) -> None:
    answer = await raw(address, request_bytes)

    assert b" 400 " in answer.partition(b"\r\n")[0]
    assert b"application/problem+json" in answer


@pytest.mark.parametrize("path", ["/", "/api", "/api/"])
async def test_the_root_leads_to_the_docs(client: ClientSession, address: str, path: str) -> None:
    async with client.get(address + path, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (302, "/api/docs")


async def test_the_access_log_has_no_query_string(
    client: ClientSession, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "local.host.access"):
        await seen(client, f"{address}/api/things/1?secret=1")

    (line,) = [record.getMessage() for record in caplog.records if record.name == "local.host.access"]
    assert line.startswith("GET /api/things/1 200 ")
    assert "secret" not in line


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:80", "10.0.0.1"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_a_page_whose_name_resolves_to_this_machine_reaches_no_function(
    client: ClientSession, address: str, host: str, method: str
) -> None:
    headers = {"Host": host, "Origin": f"http://{host}", "Access-Control-Request-Method": "GET"}
    async with client.request(method, f"{address}/api/things", headers=headers) as response:
        assert response.status == 403
        assert (await response.json())["code"] == "host_not_allowed"


@pytest.mark.parametrize("host", ["localhost:7071", "127.0.0.1", "[::1]:7071"])
async def test_every_loopback_name_is_served(client: ClientSession, address: str, host: str) -> None:
    await seen(client, f"{address}/api/things", headers={"Host": host})
