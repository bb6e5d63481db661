"""A cold start through the library of Azure's worker, and then warm calls, some through it and some directly.

    python -m benchmarks.worker_answers FOLDER FUNCTION CALLS TENANT_ID OWNER_ID TOKEN

The library is imported before the clock starts: in Azure, its process waits for an app. Its messages are not encoded
for gRPC here, as the host's are, so that the figures are of the library alone.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.azure_worker import code_of, index, invoke
from benchmarks.first_answer import memory_mib, request

# What is measured after these: caches are full, and connections open.
UNMEASURED_CALLS = 20


async def main(folder: str, function: str, calls: int, *caller: str) -> dict[str, Any]:
    """What the start and the first answer took, and the medians of so many warm calls, through the library and not.

    Without calls, there are no medians.
    """
    # The app's own folder is searched first, as in Azure.
    sys.path[0] = folder
    tenant_id, owner_id, token = caller
    command = {
        "parameter": "req",
        "trigger": {
            "method": "GET",
            "url": "https://localhost/api/time-entries/running",
            "headers": {"authorization": f"Bearer {token}"},
            "query": {"tenant_id": tenant_id, "owner_id": owner_id},
            "route": {"path": "running"},
            "body": "",
        },
    }
    started = _clocks()
    functions = await index(Path(folder))
    imported, imported_mib = _clocks(), memory_mib()
    answer = await invoke(functions[function], command)
    answered, answered_mib = _clocks(), memory_mib()
    if not answer["ok"]:
        raise RuntimeError(answer["error"])

    code, asked = code_of(functions[function]), request(*caller)
    kinds = (lambda: invoke(functions[function], command), lambda: code(asked))
    through, direct = await _alternately(calls, *kinds) if calls else ([], [])
    return {
        "status": answer["answer"]["status"],
        "start": [*_since(started, imported), *_since(started, answered), imported_mib, answered_mib],
        "through_ms": through,
        "direct_ms": direct,
    }


async def _alternately(calls: int, *kinds: Callable[[], Awaitable[Any]]) -> list[list[float]]:
    """For each kind of call, its median on the clock and on the processor, in milliseconds: call by call in turn."""
    took: list[list[list[float]]] = [[] for _ in kinds]
    for number in range(UNMEASURED_CALLS + calls):
        for call, measured in zip(kinds, took, strict=True):
            began = _clocks()
            await call()
            if number >= UNMEASURED_CALLS:
                measured.append(_since(began, _clocks()))
    return [[statistics.median(one) for one in zip(*measured, strict=True)] for measured in took]


def _clocks() -> tuple[float, float]:
    """Seconds on the clock, and this process's on a processor."""
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float], ended: tuple[float, float]) -> list[float]:
    return [(end - begin) * 1000 for begin, end in zip(began, ended, strict=True)]


if __name__ == "__main__":
    where, what, count, *whose = sys.argv[1:]
    print(json.dumps(asyncio.run(main(where, what, int(count), *whose))), flush=True)
    # As in Azure, the process ends with its connections open.
    os._exit(0)
