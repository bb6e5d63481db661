"""Sending to receivers that hang, drip, lie or never stop: it ends in time, and keeps little."""

import asyncio
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from shared.webhooks import sending
from shared.webhooks.answers import ERRORS
from shared.webhooks.sending import KEPT_BYTES, Answer, post
from tests.users.graph.certificates import make_trust
from tests.webhooks.receiving import Receiver, receiver

Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def serving(serve: Serving, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that does as it likes, after it has read the request."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(b"{}")
            await serve(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/hook"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def sent(url: str, *, to_loopback: bool = True) -> Answer:
    async with asyncio.timeout(60):
        return await post(url, {"webhook-id": "x"}, b"{}", to_loopback=to_loopback)


async def for_ever(writer: asyncio.StreamWriter, part: bytes, pause: float = 0) -> None:
    while True:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(pause)


async def test_an_answer_is_taken_with_its_first_kibibyte(received: Receiver) -> None:
    assert await sent(received.url) == Answer(204, "", None)


@pytest.mark.parametrize(
    ("written", "asked_for"),
    [
        ("/hook?sp=%2Ftriggers%2Frun&sig=a%2Bb%3d", "/hook?sp=%2Ftriggers%2Frun&sig=a%2Bb%3d"),
        ("/%7Eada/a%2Fb/?x=1+2;3", "/%7Eada/a%2Fb/?x=1+2;3"),
        ("/ä?ö=[1]", "/%C3%A4?%C3%B6=%5B1%5D"),
        ("?x=1#there", "/?x=1"),
        ("", "/"),
    ],
)
async def test_path_and_query_are_sent_as_they_are_written(received: Receiver, written: str, asked_for: str) -> None:
    """Some receivers sign their own address: not a letter may change."""
    answer = await sent(received.url.removesuffix("/hook") + written)

    assert answer.is_taken
    assert received.received[0].request.raw_path == asked_for


async def test_a_receiver_that_never_answers_is_given_up_after_ten_seconds() -> None:
    async def serve(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    loop = asyncio.get_running_loop()
    async with serving(serve) as url:
        began = loop.time()
        assert await sent(url) == Answer(None, None, "timeout")
        assert 9.9 < loop.time() - began < 20


async def test_headers_that_drip_do_not_stretch_the_ten_seconds() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await for_ever(writer, b"x-a: b\r\n", pause=0.5)

    async with serving(serve) as url:
        assert await sent(url) == Answer(None, None, "timeout")


async def test_of_a_body_that_drips_what_came_soon_is_kept_and_the_status_counts() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 1000\r\n\r\n")
        await for_ever(writer, b"x", pause=0.2)

    async with serving(serve) as url:
        answer = await sent(url)
    assert answer.is_taken
    assert 1 <= len(answer.body or "") < 100


@pytest.mark.parametrize("framing", [b"Content-Length: 1000000000\r\n\r\n", b"Connection: close\r\n\r\n"])
async def test_of_a_body_without_end_one_kibibyte_is_kept_and_memory_stays_flat(framing: bytes) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + framing)
        await for_ever(writer, b"x" * 65536)

    async with serving(serve) as url:
        await sent(url)
        tracemalloc.start()
        answer = await sent(url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer == Answer(200, "x" * KEPT_BYTES, None)
    assert peak < 4_000_000


async def test_headers_without_end_are_no_answer() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await for_ever(writer, b"x-a: " + b"b" * 1000 + b"\r\n")

    async with serving(serve) as url:
        tracemalloc.start()
        answer = await sent(url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert answer.status is None
    assert answer.error in {"answer_malformed", "connection_failed", "timeout"}
    assert peak < 64_000_000


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        (b"nonsense\r\n\r\n", Answer(None, None, "answer_malformed")),
        (b"", Answer(None, None, "connection_failed")),
        (b"HTTP/1.1 200 OK\r\n", Answer(None, None, "connection_failed")),
        # A body that is cut off does not undo the status.
        (OK + b"Content-Length: 10\r\n\r\nabc", Answer(200, "abc", None)),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n\xff\xfe", Answer(500, "\ufffd\ufffd", None)),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", Answer(302, "", None)),
    ],
)
async def test_whatever_comes_back_is_an_answer(answered: bytes, expected: Answer) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answered)
        await writer.drain()
        await asyncio.sleep(0.2)

    async with serving(serve) as url:
        assert await sent(url) == expected


async def test_an_answer_that_is_compressed_is_not_unpacked() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")
        await writer.drain()
        await asyncio.sleep(0.2)

    async with serving(serve) as url:
        assert await sent(url) == Answer(200, "abc", None)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async def serve(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        raise AssertionError

    async with serving(serve, make_trust(tmp_path).server) as url:
        assert await sent(url) == Answer(None, None, "certificate_invalid")


async def test_nobody_listens() -> None:
    async with receiver() as one:
        url = one.url
    assert await sent(url) == Answer(None, None, "connection_failed")


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:9/", "address_refused"),
        ("https://127.0.0.1:9/", "address_refused"),
        # A name that leads elsewhere since it was registered.
        ("https://localhost:9/", "address_refused"),
        ("https://169.254.169.254/", "address_refused"),
        ("https://[::1]:9/", "address_refused"),
        ("https://0x7f.1:9/", "address_refused"),
        ("https://no-such-host.invalid/", "name_not_resolved"),
        ("https://exa mple/", "address_refused"),
    ],
)
async def test_in_production_nothing_is_sent_where_it_may_not_go(url: str, error: str) -> None:
    assert await sent(url, to_loopback=False) == Answer(None, None, error)


def test_every_reason_is_documented() -> None:
    assert {word for _, word in sending.REASONS} | {"answer_malformed", "secret_unreadable", "internal_error"} == set(
        ERRORS
    )
