"""HTTP as the real Functions host was seen to do it: a test for each row of what was seen, with the row in its name.

Rows in which `local/host` differs stand in the table of its README.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientSession, ServerDisconnectedError
from yarl import URL

from local.host.server import HttpOptions
from tests.local.host.conversing import exchange, raw, seen, status
from tests.local.host.watching import eventually
from tests.local.host.web_app import Doors, doors, web_host

LIMIT = 3 * 1024 * 1024
OPTIONS = HttpOptions(body_limit=LIMIT, bodies_limit=LIMIT + 1024 * 1024)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with web_host(http=OPTIONS).serving() as address:
        yield address


@pytest.fixture(autouse=True)
def closed_doors() -> None:
    doors.__dict__.update(Doors().__dict__)


async def made(
    client: ClientSession, address: str, code: int, *headers: tuple[str, str], body: bytes = b"", method: str = "POST"
) -> tuple[int, Any, bytes]:
    asked = {"x-answer": json.dumps(headers)}
    async with client.request(method, f"{address}/api/made/{code}", headers=asked, data=BytesIO(body)) as response:
        return response.status, response.headers, await response.read()


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "HEAD", "PROPFIND", "DELETE", "LOCK"])
async def test_row_a_route_without_methods_gets_every_method(client: ClientSession, address: str, method: str) -> None:
    assert await status(client, f"{address}/api/things", method) == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "HEAD", "OPTIONS"])
async def test_row_an_unlisted_method_of_a_route_with_methods_is_404(
    client: ClientSession, address: str, method: str
) -> None:
    assert await status(client, f"{address}/api/sync", method) == 404


@pytest.mark.parametrize("size", [1, LIMIT + 1])
async def test_row_chunked_the_header_arrives_and_the_body_is_empty(
    client: ClientSession, address: str, size: int
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, 1024):
            yield b"x" * min(1024, size - start)

    request = await seen(client, f"{address}/api/things", "POST", data=pieces())

    assert request["headers"]["transfer-encoding"] == "chunked"
    assert request["body"] == ""


@pytest.mark.logs_errors
async def test_row_a_body_over_the_limit_is_an_empty_500_and_the_connection_closes(address: str) -> None:
    head = f"POST /api/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LIMIT + 1}\r\n\r\n"

    answer = await raw(address, head.encode())

    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 500 ")
    assert b"connection: close" in top.lower()
    assert body == b""


async def test_row_a_body_of_just_the_limit_arrives(client: ClientSession, address: str) -> None:
    request = await seen(client, f"{address}/api/things", "POST", data=BytesIO(b"x" * LIMIT))

    assert len(request["body"]) == LIMIT


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("a=1&a=2", {"a": "1,2"}),
        ("a=", {}),
        ("a=&a=2", {"a": "2"}),
        ("A=1&a=2", {"a": "1,2"}),
        ("a=1&A=2", {"A": "1,2"}),
    ],
)
async def test_row_query_keys(client: ClientSession, address: str, query: str, params: dict[str, str]) -> None:
    assert (await seen(client, f"{address}/api/things?{query}"))["params"] == params


@pytest.mark.parametrize("path", ["/api//things", "//api/things", "/api/things//", "/api/things//a"])
async def test_row_two_slashes_next_to_a_literal_are_404(address: str, path: str) -> None:
    assert (await exchange(address, f"GET {path}"))[0] == 404


@pytest.mark.parametrize(("path", "found"), [("a//b", "a//b"), ("a///b/", "a///b/"), ("a//", "a//")])
async def test_row_two_slashes_within_a_catch_all_are_found(address: str, path: str, found: str) -> None:
    _, body = await exchange(address, f"GET /api/things/{path}")

    assert body["route"] == {"path": found}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a%2Fb", "a%2Fb"), ("a%2fb", "a%2fb"), ("a%FF", "a%FF"), ("%C3%A9%ff", "é%FF"),
        ("x/../a", "a"), ("./a", "a"), ("x/%2E%2e/a", "a"), ("%2E/a", "a"), ("a/b/..", "a/"), ("a/.", "a/"),
        ("../things/a", "a"), ("../../../api/things/a", "a"), ("a..b", "a..b"), ("...", "..."),
    ],
)  # fmt: skip
async def test_row_escapes_and_dot_segments(address: str, path: str, found: str) -> None:
    _, body = await exchange(address, f"GET /api/things/{path}")

    assert body["route"] == {"path": found}


@pytest.mark.parametrize("path", ["/api/things/a%00b", "/api/%00", "/%00"])
async def test_row_an_escaped_nul_is_400(address: str, path: str) -> None:
    assert (await exchange(address, f"GET {path}"))[0] == 400


@pytest.mark.parametrize(("path", "route"), [("SYNC/", {}), ("Things/a/", {"path": "a/"}), ("THINGS/", {})])
async def test_row_trailing_slash_and_capitals(address: str, path: str, route: dict[str, str]) -> None:
    _, body = await exchange(address, f"GET /api/{path}")

    assert body["route"] == route


async def test_row_head_runs_the_function_and_has_no_body_and_no_length(address: str) -> None:
    doors.open.set()

    answer = await raw(address, b"HEAD /api/waiting HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert doors.finished == 1
    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 200 ")
    assert b"content-length" not in top.lower()
    assert body == b""


@pytest.mark.parametrize("length", [0, 1, 64 * 1024 - 200, 64 * 1024, 1024 * 1024 + 1])
async def test_row_answers_are_sent_chunked_without_a_length(client: ClientSession, address: str, length: int) -> None:
    for _ in range(2):
        code, headers, content = await made(client, address, 200, body=b"x" * length)

        assert code == 200
        assert headers["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in headers
        assert content == b"x" * length


@pytest.mark.parametrize("code", [204, 304])
async def test_row_204_and_304_keep_their_content_type(address: str, code: int) -> None:
    request = f"GET /api/made/{code} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    again = request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")

    answer = (await raw(address, (request + again).encode())).lower()

    assert answer.count(f"http/1.1 {code} ".encode()) == 2
    assert answer.count(b"content-type: text/plain") == 2
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.logs_errors
@pytest.mark.parametrize("code", [204, 304])
async def test_row_204_and_304_with_a_body_close_the_connection(
    address: str, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    request = f"POST /api/made/{code} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"

    answer = await asyncio.wait_for(raw(address, request.encode()), 10)

    assert answer.startswith(f"HTTP/1.1 {code} ".encode())
    assert answer.endswith(b"\r\n\r\n")
    assert "has a body, which nobody gets" in caplog.text


@pytest.mark.parametrize(("body", "expected"), [(b"", 205), pytest.param(b"x", 500, marks=pytest.mark.logs_errors)])
async def test_row_205_with_a_body_is_an_error(client: ClientSession, address: str, body: bytes, expected: int) -> None:
    assert (await made(client, address, 205, body=body))[0] == expected


async def test_row_a_header_twice_is_the_last_and_cookies_are_both_sent(client: ClientSession, address: str) -> None:
    given = [("X-A", "1"), ("x-a", "2"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Path=/")]

    _, headers, _ = await made(client, address, 200, *given)

    assert headers.getall("X-A") == ["2"]
    assert headers.getall("Set-Cookie") == ["a=1", "b=2; Path=/"]


@pytest.mark.logs_errors
@pytest.mark.parametrize("header", [("X-A", "ü"), ("X-A", "€"), ("X A", "1"), ("X:A", "1"), ("", "1"), ("X-A", "\x01")])
async def test_row_a_header_that_is_not_ascii_or_has_a_bad_name_is_an_empty_500(
    client: ClientSession, address: str, header: tuple[str, str]
) -> None:
    code, _, content = await made(client, address, 200, header, body=b"x")

    assert (code, content) == (500, b"")


@pytest.mark.logs_errors
async def test_row_a_content_length_that_is_too_small_is_500(client: ClientSession, address: str) -> None:
    code, _, content = await made(client, address, 200, ("Content-Length", "2"), body=b"abc")

    assert (code, content) == (500, b"")


async def test_row_a_content_length_that_is_right_is_sent(client: ClientSession, address: str) -> None:
    _, headers, content = await made(client, address, 200, ("Content-Length", "3"), body=b"abc")

    assert headers["Content-Length"] == "3"
    assert content == b"abc"


async def test_row_a_content_length_that_is_too_large_cuts_the_connection(client: ClientSession, address: str) -> None:
    with pytest.raises((ClientPayloadError, ServerDisconnectedError)):
        await asyncio.wait_for(made(client, address, 200, ("Content-Length", "9"), body=b"abc"), 10)


@pytest.mark.logs_errors
async def test_row_an_unhandled_exception_is_an_empty_500_and_in_the_log_alone(
    client: ClientSession, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with client.get(f"{address}/api/failing") as response:
        assert (response.status, await response.read()) == (500, b"")

    assert "LookupError" in caplog.text


async def test_row_the_client_goes_away_and_the_function_is_not_cancelled(address: str) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", URL(address).port)
    writer.write(b"GET /api/waiting HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await eventually(lambda: _is(doors.entered == 1))

    writer.transport.abort()
    # A second request is answered after the host has seen the first one's connection go.
    assert (await exchange(address, "GET /api/things"))[0] == 200
    doors.open.set()

    await eventually(lambda: _is(doors.finished == 1))


async def _is(value: bool) -> bool:
    return value


@pytest.mark.logs_errors
@pytest.mark.parametrize("path", ["waiting", "slow-thread?seconds=0.6"])
async def test_row_a_function_timeout_is_an_empty_500_and_in_the_log(
    client: ClientSession, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        web_host(timeout_seconds=0.2).serving() as address,
        client.get(f"{address}/api/{path}") as response,
    ):
        assert (response.status, await response.read()) == (500, b"")
        assert (await exchange(address, "GET /api/things"))[0] == 200

    assert "ran for longer than the functionTimeout of 0.2 s" in caplog.text
    assert doors.inside == 0


async def test_row_of_two_functions_that_match_the_first_by_name_answers(client: ClientSession, address: str) -> None:
    assert (await seen(client, f"{address}/api/order/latest"))["function"] == "any_id"


@pytest.mark.parametrize(
    ("sent", "trace", "state"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", "a" * 32, "vendor=1"),
        (f"00-{'0' * 32}-{'b' * 16}-01", None, ""),
        ("nonsense", None, ""),
    ],
)
async def test_row_context_has_a_retry_context_and_a_trace_context(
    client: ClientSession, address: str, sent: str, trace: str | None, state: str
) -> None:
    headers = {"traceparent": sent, "tracestate": "vendor=1"}

    context = await seen(client, f"{address}/api/contexts", headers=headers)

    assert context["retries"] == [0, 0]
    _, trace_id, span_id, _ = context["parent"].split("-")
    assert (trace_id == trace) if trace else (len(trace_id) == 32)
    assert span_id != "b" * 16
    assert context["state"] == state


async def test_bodies_that_come_at_once_wait_for_room(client: ClientSession, address: str) -> None:
    """Ten of 3 MiB, where there is room for 4: one is inside at a time, and a small one beside it does not wait."""

    async def send(size: int) -> bytes:
        async with client.post(f"{address}/api/waiting", data=BytesIO(b"x" * size)) as response:
            return await response.read()

    large = [asyncio.create_task(send(LIMIT)) for _ in range(10)]
    await eventually(lambda: _is(doors.entered == 1))
    small = asyncio.create_task(send(1024))
    await eventually(lambda: _is(doors.entered == 2))
    doors.open.set()

    assert await asyncio.gather(*large, small) == [str(LIMIT).encode()] * 10 + [b"1024"]
    assert doors.most_inside == 2


async def test_a_body_that_breaks_off_gives_its_room_back(client: ClientSession, address: str) -> None:
    head = f"POST /api/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: {LIMIT}\r\n\r\n".encode()
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", URL(address).port)
        writer.write(head + b"x" * 1000)
        await writer.drain()
        writer.transport.abort()

    request = await asyncio.wait_for(seen(client, f"{address}/api/things", "POST", data=BytesIO(b"x" * LIMIT)), 15)

    assert len(request["body"]) == LIMIT


@pytest.mark.parametrize("name", ["AzureWebJobs.things.Disabled", "azurewebjobs_THINGS_disabled"])
@pytest.mark.parametrize("value", ["1", "True"])
async def test_row_both_spellings_of_disabled_switch_a_function_off(
    client: ClientSession, name: str, value: str
) -> None:
    async with web_host({name: value}).serving() as address:
        assert await status(client, f"{address}/api/things") == 404
        assert await status(client, f"{address}/api/sync") == 200


async def test_row_disabled_with_two_underscores_does_not(client: ClientSession) -> None:
    async with web_host({"AzureWebJobs__things__Disabled": "true"}).serving() as address:
        assert await status(client, f"{address}/api/things") == 200
