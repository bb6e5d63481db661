"""Requests from elsewhere: a page that lets its own name resolve to this machine, and a sender without the key."""

import asyncio
from collections.abc import Iterator

import pytest

from embedded_cosmos.loopback import names_loopback
from embedded_cosmos.server import Server, serve_in_thread
from embedded_cosmos.tests.raw import Raw

OURS = ["localhost", "localhost:8081", "LOCALHOST.", "app.localhost:1", "127.0.0.1", "127.9.9.9:65535", "[::1]:80"]
FOREIGN = [
    None, "", "evil.example", "evil.example:8081", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost",
    "10.0.0.1", "0:0::0", "[::]", "::1", "localhost:", "localhost:x", "a@localhost", "localhost,evil.example",
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serve_in_thread() as running:
        yield running


@pytest.mark.parametrize("host", OURS)
def test_loopback_names(host: str) -> None:
    assert names_loopback(host)


@pytest.mark.parametrize("host", FOREIGN)
def test_other_names(host: str | None) -> None:
    assert not names_loopback(host)


@pytest.mark.parametrize(("host", "status"), [("localhost", 201), ("evil.example", 403), ("10.0.0.1:8081", 403)])
def test_a_request_to_another_name_is_refused_though_it_is_signed(server: Server, host: str, status: int) -> None:
    raw = Raw(server.url, server.key)

    answer = raw.send("POST", "dbs", {"id": f"for-{status}-{host.partition(':')[0]}"}, {"Host": host})
    databases = raw.send("GET", "dbs").json()["Databases"]
    raw.close()

    assert answer.status_code == status
    assert len([one for one in databases if host.partition(":")[0] in one["id"]]) == (status == 201)


def test_the_address_in_the_accounts_answer_is_never_a_foreign_one(server: Server) -> None:
    raw = Raw(server.url, server.key)

    answer = raw.send("GET", "", headers={"Host": "evil.example"})
    raw.close()

    assert "evil.example" not in answer.text


async def test_nobody_without_the_key_makes_the_server_hold_a_body(server: Server) -> None:
    """The end of these bodies never comes: they are refused by their heads alone."""
    port, size = int(server.url.rpartition(":")[2]), 7 * 1024 * 1024
    head = f"POST /dbs HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode()

    async def send() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"x" * 1024)
        status = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        return status

    assert [status.split()[1] for status in await asyncio.gather(*(send() for _ in range(8)))] == [b"401"] * 8
