"""Talking to a host: with a client, and with bytes of one's own."""

import asyncio
import json
from typing import Any

from aiohttp import ClientSession
from yarl import URL


async def seen(client: ClientSession, url: str, method: str = "GET", **more: Any) -> dict[str, Any]:
    """What an echoing function saw."""
    async with client.request(method, URL(url, encoded=True), **more) as response:
        assert response.status == 200
        content: dict[str, Any] = json.loads(await response.read())
        return content


async def status(client: ClientSession, url: str, method: str = "GET") -> int:
    async with client.request(method, URL(url, encoded=True)) as response:
        return response.status


async def raw(address: str, text: bytes) -> bytes:
    """Send bytes as they are, and read until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(address).port)
    writer.write(text)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def exchange(address: str, line: str) -> tuple[int, dict[str, Any]]:
    """The status, and the JSON that answers a request line, which goes out just as it is."""
    request = f"{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    top, _, rest = (await raw(address, request.encode())).partition(b"\r\n\r\n")
    start, end = rest.find(b"{"), rest.rfind(b"}") + 1
    return int(top.split()[1]), json.loads(rest[start:end]) if start >= 0 else {}
