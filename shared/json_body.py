"""An answer's body as JSON; of a list only a few items at a time, so that the event loop can turn to others meanwhile.

The loop has one thread for everybody: made in one go, 9,999 time entries would hold it for longer than most calls take.
"""

import asyncio
import json
from collections.abc import Iterable
from itertools import islice
from types import GeneratorType
from typing import Any

# So many items hold the loop for a fraction of a millisecond. It takes a call several turns of the loop to be answered,
# and each turn may have to wait for a slice: with fewer, larger ones it would wait longer.
SLICE = 50


async def json_body(body: Any) -> bytes:
    """The JSON of `body`. A generator, also as a member of an object, is a list whose items are made only now."""
    if isinstance(body, list | GeneratorType):
        return await _listed(body)
    if isinstance(body, dict) and any(isinstance(value, GeneratorType) for value in body.values()):
        members = [dumps(name) + b":" + await json_body(value) for name, value in body.items()]
        return b"{%b}" % b",".join(members)
    return dumps(body)


async def _listed(items: Iterable[Any]) -> bytes:
    rest, texts = iter(items), [b"["]
    while some := list(islice(rest, SLICE)):
        if len(texts) > 1:
            texts.append(b",")
            await asyncio.sleep(0)
        texts.append(dumps(some)[1:-1])
    return b"".join([*texts, b"]"])


def dumps(value: Any) -> bytes:
    """The JSON of a value, in one go."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
