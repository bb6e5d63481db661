"""An answer's body as JSON. A list is written a few items at a time, so that other requests have their turn meanwhile.

All requests share one thread: 9,999 time entries written in one go would hold it for longer than most calls take.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

# This many items hold the event loop for a fraction of a millisecond. A call takes several turns of the loop, and each
# turn may have to wait for a slice: larger slices would make it wait longer.
SLICE = 50


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
