"""The receiver in JavaScript that the documentation shows, with both packages that people use."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from shared.webhooks.sending import post
from shared.webhooks.signing import new_secret, signed_headers
from tests.docs.snippets import snippets

HERE = Path(__file__).parent
# Beside node_modules, which the receiver imports from.
WORK = HERE / ".local"
DATA = '{"description":"Größe 🦉"}'
BODY = f'{{"type":"time_entry.created","timestamp":"2026-01-05T15:30:00.0000000Z","data":{DATA}}}'.encode()
PROGRAM = """
import { receiver } from "./%s.js";
const server = receiver(process.env.SECRET, %s);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""
HEADERS = """
import { Webhook } from "%s";
const { secret, headers, body } = JSON.parse(process.argv[2]);
const taken = (given) => { try { new Webhook(secret).verify(body, given); return true; } catch { return false; } };
console.log(JSON.stringify([taken(new Headers(headers)), taken(Object.fromEntries(new Headers(headers)))]));
"""

pytestmark = pytest.mark.clients


@asynccontextmanager
async def running(
    package: str, secret: str, take: str = "(...told) => console.log(JSON.stringify(told))"
) -> AsyncIterator[tuple[str, asyncio.StreamReader]]:
    """Where the receiver of the page listens, and what it takes, a line each."""
    (code,) = snippets("docs/integrating.md", "Webhooks: be told", "js")
    WORK.mkdir(exist_ok=True)
    (WORK / "package.json").write_text('{"type": "module"}')
    (WORK / f"receiver-{package}.js").write_text(code.replace('from "standardwebhooks"', f'from "{package}"'))
    program = WORK / f"run-{package}.js"
    program.write_text(PROGRAM % (f"receiver-{package}", take))
    node = shutil.which("node")
    assert node
    process = await asyncio.create_subprocess_exec(
        node, program, env={"SECRET": secret}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/", process.stdout
    finally:
        process.kill()
        await process.wait()


def now() -> int:
    return int(datetime.now(UTC).timestamp())


@pytest.mark.parametrize("package", ["standardwebhooks", "svix"])
async def test_the_receiver_of_the_page_takes_what_is_sent(package: str) -> None:
    secret, other = new_secret(), new_secret()
    async with running(package, secret) as (url, taken):
        for secrets in ([secret], [other, secret], [secret, other]):
            answer = await post(url, signed_headers("event", now(), BODY, secrets), BODY, to_loopback=True)
            assert answer.status == 204
            told = json.loads(await taken.readline())
            assert told == ["event", "time_entry.created", {"description": "Größe 🦉"}]


@pytest.mark.parametrize("package", ["standardwebhooks", "svix"])
@pytest.mark.parametrize(
    "changed",
    [{"webhook-id": "x"}, {"webhook-timestamp": "1"}, {"webhook-signature": "v1,AAAA"}, {"webhook-signature": "x"}],
)
async def test_the_receiver_of_the_page_refuses_what_was_not_signed(package: str, changed: dict[str, Any]) -> None:
    secret = new_secret()
    async with running(package, secret) as (url, _), aiohttp.ClientSession() as http:
        headers = signed_headers("event", now(), BODY, [secret]) | changed
        async with http.post(url, data=BODY, headers=headers) as answer:
            assert answer.status == 400
        headers = signed_headers("event", now() - 302, BODY, [secret])
        async with http.post(url, data=BODY, headers=headers) as answer:
            assert answer.status == 400


@pytest.mark.parametrize("package", ["standardwebhooks", "svix"])
async def test_headers_as_fetch_has_them_are_taken_as_the_page_says(package: str) -> None:
    secret = new_secret()
    program = WORK / f"headers-{package}.mjs"
    WORK.mkdir(exist_ok=True)
    program.write_text(HEADERS % package)
    node = shutil.which("node")
    assert node
    given = {"secret": secret, "headers": signed_headers("event", now(), BODY, [secret]), "body": BODY.decode()}
    process = await asyncio.create_subprocess_exec(node, program, json.dumps(given), stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()

    assert json.loads(told) == [False, True]


async def test_the_receiver_of_the_page_outlives_a_caller_that_goes_away_and_what_fails() -> None:
    secret = new_secret()
    async with running("standardwebhooks", secret, take='() => { throw new Error("no disk"); }') as (url, _):
        _, writer = await asyncio.open_connection("127.0.0.1", URL(url).port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.transport.abort()
        for _ in range(2):
            answer = await post(url, signed_headers("event", now(), BODY, [secret]), BODY, to_loopback=True)
            assert answer.status == 500
