"""An answer's body as JSON; of a list only a few items at a time, so that the event loop can turn to others meanwhile.

The loop has one thread for everybody: made in one go, 9,999 time entries would hold it for longer than most calls take.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from types import AsyncGeneratorType, GeneratorType
from typing import Any

import orjson

# So many items hold the loop for a fraction of a millisecond. It takes a call several turns of the loop to be answered,
# and each turn may have to wait for a slice: with fewer, larger ones it would wait longer.
SLICE = 50


async def json_body(body: Any) -> bytes:
    """The JSON of `body`. A generator, asynchronous or not, is a list whose items are made only now.

    It may also be a member of an object. Raises what it raises.
    """
    if isinstance(body, list | GeneratorType | AsyncGeneratorType):
        return await _listed(body)
    if isinstance(body, dict) and any(isinstance(value, GeneratorType | AsyncGeneratorType) for value in body.values()):
        members = [dumps(name) + b":" + await json_body(value) for name, value in body.items()]
        return b"{%b}" % b",".join(members)
    return dumps(body)


async def _listed(items: Iterable[Any] | AsyncIterator[Any]) -> bytes:
    some: list[Any] = []
    texts: list[bytes] = [b"["]
    async for item in items if isinstance(items, AsyncIterator) else _each(items):
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
