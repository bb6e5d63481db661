"""Whether a batch may have been applied, by how its sending ended: sent to a server that does nothing else."""

import asyncio
from contextlib import suppress

import pytest
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import HttpRequest

from shared.cosmos.transactions import Sendings, sendings
from shared.cosmos.transport import IS_BATCH, Transport

BODY = b"a batch"
TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n["


async def sent_to(address: str, headers: dict[str, str], sent: Sendings) -> None:
    """Send a request; how it ends shows in `sent` alone."""
    sendings.set(sent)
    request = HttpRequest("POST", address, headers=headers, data=BODY)
    async with Transport(use_env_settings=False) as transport:
        with suppress(AzureError):
            await transport.send(request, connection_timeout=0.5, read_timeout=0.5, connection_verify=False)


async def may_be_applied(answer: bytes | None, scheme: str = "http", headers: dict[str, str] | None = None) -> bool:
    """Of what is sent to a server that answers so, and closes the connection; None: that never answers."""
    is_over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            if answer is None:
                await is_over.wait()
            else:
                await reader.readuntil(BODY)
                writer.write(answer)
        writer.close()

    sent = Sendings()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await sent_to(f"{scheme}://127.0.0.1:{port}/", {IS_BATCH: "True"} if headers is None else headers, sent)
        is_over.set()
    return sent.may_be_applied


@pytest.mark.parametrize("status", [207, 400, 403, 404, 409, 412, 413, 429, 449])
async def test_what_is_refused_is_not_applied(status: int) -> None:
    assert not await may_be_applied(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode())


@pytest.mark.parametrize("status", [200, 307, 408, 500, 502, 503, 504])
async def test_what_another_answer_is_given_may_be(status: int) -> None:
    assert await may_be_applied(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode())


@pytest.mark.parametrize("answer", [b"", None, TRUNCATED], ids=["none", "never", "truncated"])
async def test_what_no_whole_answer_comes_to_may_be(answer: bytes | None) -> None:
    assert await may_be_applied(answer)


async def test_what_gets_no_connection_is_not_applied() -> None:
    sent = Sendings()
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

    await sent_to(f"http://127.0.0.1:{port}/", {IS_BATCH: "True"}, sent)

    assert not sent.may_be_applied


async def test_what_gets_no_secure_connection_is_not_applied() -> None:
    assert not await may_be_applied(None, "https")


async def test_only_a_batch_counts() -> None:
    assert not await may_be_applied(b"", headers={})


async def test_one_sending_that_may_be_applied_is_enough() -> None:
    sent = Sendings()
    sent.may_be_applied = True

    await sent_to("http://127.0.0.1:9/", {IS_BATCH: "True"}, sent)

    assert sent.may_be_applied
