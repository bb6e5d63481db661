"""What a cold start costs: importing and indexing `function_app`, and its first answer, beside a bare app.

The bare app (`bare_app.py`) imports only `azure.functions` and `azure.cosmos.aio`. Both are asked for a user's running
entry, which is one point read of the same document. Each measurement is a fresh process, ours and bare by turns, so
that other load on the machine meets both: of the ratios the median counts, not of the times. Time on a processor tells
more on a busy machine than time on the clock.

Where the library of Azure's worker is installed (Python 3.13), both are also started and called through it.
"""

import json
import os
import platform
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, NotRequired, TypedDict

from azure.cosmos.aio import CosmosClient

from benchmarks import stack
from benchmarks.issuer import Issuer, issuer
from embedded_cosmos.auth import EMULATOR_KEY
from local.demo_tokens import DEMO_TENANT, token

OURS = ("function_app", "http_time_entries")
BARE = ("benchmarks.bare_app", "http_running")
# Of each start through the worker's library.
WARM_CALLS = 200
OWNER = "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"
# Whole, so that it is not rebuilt from the entries.
TIMELINE: dict[str, Any] = {
    "id": "timeline",
    "kind": "timeline",
    "owner_id": OWNER,
    "running": None,
    "last_end": None,
    "locks": [],
}


class Start(NamedTuple):
    """One cold start. The units are in the names."""

    import_ms: float
    import_cpu_ms: float
    first_answer_ms: float
    first_answer_cpu_ms: float
    imported_rss_mib: float
    answered_rss_mib: float


class Comparison(TypedDict):
    """Medians of one measure, and the median of its pairs' ratios."""

    ours: float
    bare: float
    ratio: float


class WarmCall(TypedDict):
    """What a call takes when all is warm, in milliseconds on the clock and on the app's processor.

    `added` is what the worker's library adds to a call of the function.
    """

    direct: float
    direct_cpu: float
    added: float
    added_cpu: float


class Worked(NamedTuple):
    """A cold start through the worker's library, and what warm calls took then: milliseconds on both clocks."""

    start: Start
    through_ms: tuple[float, float]
    direct_ms: tuple[float, float]


class ColdStart(TypedDict):
    """What was measured, by the names of `Start`: with compiled modules, with none, and with signatures checked.

    For the last, modules are compiled, and the issuer's keys are fetched, which the bare app does not do. `worker` is
    the same through the library of Azure's worker, and `warm` what this library adds to calls of our function: both
    are absent where it is not installed.
    """

    python: str
    pairs: int
    compiled: dict[str, Comparison]
    uncompiled: dict[str, Comparison]
    checked: dict[str, Comparison]
    worker: NotRequired[dict[str, Comparison]]
    warm: NotRequired[WarmCall]


async def measure(pairs: int = 9, warm_calls: int = WARM_CALLS) -> ColdStart:
    """Measure so many pairs in each way, and so many warm calls after each start through the worker's library."""
    async with stack.database(":memory:") as database, issuer() as trusted:
        await stack.migrate(database.url)
        await _fill(database.url, DEMO_TENANT)
        await _fill(database.url, trusted.tenant_id)
        with tempfile.TemporaryDirectory() as full, tempfile.TemporaryDirectory() as empty:
            environment = {**os.environ, **stack.account_settings(database.url), "PYTHONPATH": str(stack.ROOT)}
            # Said outright: where modules may be written nowhere, only those that were installed would be compiled.
            kept = environment | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": full}
            never = environment | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": empty}
            # The first start of each compiles.
            await _pair(kept)
            compiled = [await _pair(kept) for _ in range(pairs)]
            checked = [await _pair({**kept, **trusted.settings}, trusted) for _ in range(pairs)]
            uncompiled = [await _pair(never) for _ in range(pairs)]
            result: ColdStart = {
                "python": platform.python_version(),
                "pairs": pairs,
                "compiled": _compared(compiled),
                "uncompiled": _compared(uncompiled),
                "checked": _compared(checked),
            }
            if find_spec("azure_functions_runtime"):
                result |= await _through_the_worker(pairs, warm_calls, {**kept, **trusted.settings}, trusted)
    return result


async def _through_the_worker(pairs: int, warm_calls: int, environment: Mapping[str, str], trusted: Issuer) -> Any:
    """The part of `ColdStart` that needs the worker's library. The way of production: signatures are checked."""
    with tempfile.TemporaryDirectory() as folder:
        # The library looks for this file.
        shutil.copy(Path(__file__).with_name("bare_app.py"), f"{folder}/function_app.py")

        async def pair() -> tuple[Worked, Worked]:
            ours = await _worked(str(stack.ROOT), OURS[1], warm_calls, environment, trusted)
            # It opens a client of the database in each call, so its warm calls say nothing.
            return ours, await _worked(folder, BARE[1], 0, environment, trusted)

        # The first start of each compiles.
        await pair()
        worked = [await pair() for _ in range(pairs)]
    warm = [ours for ours, _ in worked]
    direct, direct_cpu = (statistics.median(one.direct_ms[clock] for one in warm) for clock in (0, 1))
    added, added_cpu = (
        statistics.median(one.through_ms[clock] - one.direct_ms[clock] for one in warm) for clock in (0, 1)
    )
    return {
        "worker": _compared([(ours.start, bare.start) for ours, bare in worked]),
        "warm": {
            "direct": round(direct, 3),
            "direct_cpu": round(direct_cpu, 3),
            "added": round(added, 3),
            "added_cpu": round(added_cpu, 3),
        },
    }


async def _worked(folder: str, function: str, calls: int, environment: Mapping[str, str], trusted: Issuer) -> Worked:
    bearer = trusted.token(OWNER, "ada@example.com", "Ada", tenant_id=trusted.tenant_id)
    arguments = [folder, function, str(calls), trusted.tenant_id, OWNER, bearer]
    figures = json.loads(await stack.run("benchmarks.worker_answers", arguments, environment))
    _require_answer(folder, figures["status"])
    return Worked(Start(*figures["start"]), figures["through_ms"], figures["direct_ms"])


async def _fill(account: str, tenant_id: str) -> None:
    """The timeline of one user who runs no timer."""
    async with CosmosClient(account, EMULATOR_KEY) as client:
        database = client.get_database_client(stack.DATABASE)
        await database.get_container_client("time_entry").create_item({**TIMELINE, "tenant_id": tenant_id})


async def _pair(environment: Mapping[str, str], trusted: Issuer | None = None) -> tuple[Start, Start]:
    return await _start(*OURS, environment, trusted), await _start(*BARE, environment, trusted)


async def _start(module: str, function: str, environment: Mapping[str, str], trusted: Issuer | None) -> Start:
    tenant_id = trusted.tenant_id if trusted else DEMO_TENANT
    bearer = (trusted.token if trusted else token)(OWNER, "ada@example.com", "Ada", tenant_id=tenant_id)
    arguments = [module, function, tenant_id, OWNER, bearer]
    status, *figures = map(float, (await stack.run("benchmarks.first_answer", arguments, environment)).split())
    _require_answer(module, status)
    return Start(*figures)


def _require_answer(app: str, status: float) -> None:
    if status not in {200, 204}:
        raise RuntimeError(f"{app} answered {status:.0f}")


def _compared(pairs: list[tuple[Start, Start]]) -> dict[str, Comparison]:
    return {
        name: {
            "ours": round(statistics.median(getattr(ours, name) for ours, _ in pairs), 1),
            "bare": round(statistics.median(getattr(bare, name) for _, bare in pairs), 1),
            "ratio": round(statistics.median(getattr(ours, name) / getattr(bare, name) for ours, bare in pairs), 3),
        }
        for name in Start._fields
    }
