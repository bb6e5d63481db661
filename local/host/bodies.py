"""Reads request bodies, so that however many come at once, and however slowly, they hold a bounded amount of memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import hdrs, web

# Bodies up to this size are read at once; the socket's own buffers are hardly smaller.
SMALL = 64 * 1024
# A body gets so many seconds before its pace is looked at, and then has to come at that pace on the whole.
_GRACE_SECONDS = 5.0
_LEAST_BYTES_PER_SECOND = 64 * 1024


class TooSlowError(Exception):
    """A body that comes too slowly: while it does, others wait for the room that it takes."""


class BodyRoom:
    """Room for so many bytes; who finds too little waits, first come, first served."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._turn = asyncio.Lock()
        self._given_back = asyncio.Event()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        """Room for one body, for as long as the block lasts."""
        if size <= SMALL:
            yield
            return
        async with self._turn:
            while self._free < size:
                self._given_back.clear()
                await self._given_back.wait()
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._given_back.set()


async def read_body(request: web.BaseRequest) -> bytes:
    """The whole body. Raises TooSlowError, and RequestPayloadError when it breaks off."""
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    if request.content.is_eof():
        # As a rule it came with the headers, and there is nothing to wait for.
        return request.content.read_nowait()
    loop, body = asyncio.get_running_loop(), bytearray()
    started = loop.time()
    try:
        while True:
            async with asyncio.timeout_at(started + _GRACE_SECONDS + len(body) / _LEAST_BYTES_PER_SECOND):
                piece = await request.content.readany()
            if not piece:
                return bytes(body)
            body += piece
    except TimeoutError as error:
        raise TooSlowError from error
