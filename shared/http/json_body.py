"""An answer's body: as JSON, and compressed where the client takes gzip and the body is large enough to gain from it.

All requests share one thread. 9,999 time entries written in one go would hold it for longer than most calls take, so a
list is written a few items at a time, and other requests have their turn meanwhile.
"""

import asyncio
import gzip
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

# This many items hold the event loop for a fraction of a millisecond. A call takes several turns of the loop, and each
# turn may have to wait for a slice: larger slices would make it wait longer.
SLICE = 50

LARGEST_PLAIN_BYTES = 8 * 1024
# A smaller body is compressed in less than half a millisecond. To hand it to a thread takes as long where all are busy.
SMALLEST_FOR_THREAD_BYTES = 256 * 1024
# Of 9,999 time entries (6.8 MB), the fastest level leaves 5.5 %, the usual one 4.8 %, in two and a half times the time.
LEVEL = 1
# Everything else that is answered is compressed in itself.
COMPRESSIBLE = ("text/", "application/json", "application/problem+json")


@dataclass(frozen=True, slots=True)
class Streamed:
    """A list whose items are made while it is written, so that a long one is never in memory as a whole."""

    items: Iterable[Any] | AsyncIterable[Any]


async def json_body(body: Any) -> bytes:
    """The JSON of `body`, which may be a `Streamed` list, or an object that has some as members.

    Raises what making the items raises.
    """
    if isinstance(body, Streamed):
        return await _listed(body.items)
    if isinstance(body, list):
        return await _listed(body)
    if isinstance(body, dict) and any(isinstance(value, Streamed) for value in body.values()):
        members = [dumps(name) + b":" + await json_body(value) for name, value in body.items()]
        return b"{%b}" % b",".join(members)
    return dumps(body)


async def _listed(items: Iterable[Any] | AsyncIterable[Any]) -> bytes:
    some: list[Any] = []
    texts: list[bytes] = [b"["]
    async for item in items if isinstance(items, AsyncIterable) else _each(items):
        if len(some) == SLICE:
            texts += dumps(some)[1:-1], b","
            some.clear()
            await asyncio.sleep(0)
        some.append(item)
    # Millions of bytes are copied once only.
    return b"".join([*texts, dumps(some)[1:-1], b"]"])


async def _each(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


def dumps(value: Any) -> bytes:
    """The JSON of a value, in one go."""
    return orjson.dumps(value)


async def compressed(
    body: bytes | None, mimetype: str, headers: Mapping[str, str]
) -> tuple[bytes | None, dict[str, str]]:
    """The body as it is sent to a client with these request headers, and the headers that say how."""
    if body is None or len(body) <= LARGEST_PLAIN_BYTES or not mimetype.startswith(COMPRESSIBLE):
        return body, {}
    if not takes_gzip(headers.get("accept-encoding", "")):
        return body, {"Vary": "Accept-Encoding"}
    # zlib lets other threads run meanwhile, so that a large body does not hold up the event loop.
    if len(body) >= SMALLEST_FOR_THREAD_BYTES:
        body = await asyncio.get_running_loop().run_in_executor(_threads(), _gzip, body)
    else:
        body = _gzip(body)
    return body, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header takes gzip (RFC 9110, 12.5.3): by name, or with `*`, at more than 0."""
    qualities: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        name, _, value = parameter.partition("=")
        qualities[coding.strip()] = _quality(value) if name.strip() == "q" else 1.0
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def _quality(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


@cache
def _threads() -> ThreadPoolExecutor:
    """Threads of its own: those of the event loop also resolve host names, which must not wait for this."""
    return ThreadPoolExecutor(2, "gzip")
