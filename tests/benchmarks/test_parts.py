"""Every part of the benchmark measures what it says, be the data and the time ever so small.

Tables, charts and the load driver need what only the benchmark needs: `make test-bench` runs those tests as well.
"""

import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from benchmarks import cold_start, editions, large_answers, operations, peers, reports, stack, webhooks
from benchmarks.calls import OPERATIONS
from benchmarks.operations import OURS, Effort
from benchmarks.peers import PEER
from shared.time_entries.timeline import PARTS

TINY = Effort(users=2, rounds=1, seconds_alone=1.0, seconds_together=2.0)


@asynccontextmanager
async def timetagger() -> AsyncIterator[str]:
    """A server that keeps records as TimeTagger does: what a client writes, by key, and what meets a range."""
    records: dict[str, dict[str, dict[str, Any]]] = {}

    async def answer(request: web.BaseRequest) -> web.Response:
        if request.path.endswith("/bootstrap_authentication"):
            login = json.loads(base64.b64decode(await request.read()))
            return web.json_response({"token": login["username"]})
        mine = records.setdefault(request.headers["authtoken"], {})
        if request.method == "PUT":
            written = {one["key"]: one for one in json.loads(await request.read())}
            mine |= written
            return web.json_response({"accepted": [*written], "failed": [], "errors": []})
        first, last = map(int, request.query["timerange"].split("-"))
        found = [one for one in mine.values() if one["t1"] <= last and (one["t2"] >= first or one["t1"] == one["t2"])]
        return web.json_response({"records": found})

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/timetagger/api/v2/"
    finally:
        await runner.cleanup()


# Not by importing it: locust changes the process that it is imported into.
needs_locust = pytest.mark.skipif(find_spec("locust") is None, reason="locust is not installed: make test-bench")


@pytest.fixture
def report() -> Any:
    """The module that makes tables and charts, where what it needs is installed."""
    pytest.importorskip("pygal")
    # pygal leaves a finder of an older kind behind, of which Python warns at each import that follows.
    sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
    return import_module("benchmarks.report")


@needs_locust
async def test_operations(report: Any) -> None:
    result = await operations.measure(TINY)

    for name in (*result["alone"], *result["together"]):
        assert set(result["alone"][name]) == set(result["together"][name]) == set(OPERATIONS)
    assert set(result["database"]) == set(OPERATIONS)
    for figures in result["ratio_to_floor"].values():
        assert all(figures[operation] > 0 for operation in OPERATIONS)
    table = report.operations_table(result)
    assert all(f"| {operation} " in table for operation in OPERATIONS)
    assert report.operations_chart(result).render()


@pytest.fixture
def last_commit() -> str:
    """Where there is no history, as in an archive of the files, the test is skipped."""
    command = ["git", "rev-parse", "HEAD"]
    asked = subprocess.run(command, cwd=stack.ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if asked.returncode:
        pytest.skip("there is no history here")
    return asked.stdout.strip()


@needs_locust
async def test_editions(report: Any, last_commit: str, tmp_path: Path) -> None:
    """The last commit stands for an earlier edition; it is unpacked, and served by its own host."""
    result = await editions.measure(TINY, {"the last commit": last_commit}, tmp_path)

    for figures in (result["alone"], result["together"], result["database"]):
        assert set(figures) == {"the last commit", OURS}
        assert all(set(one) == set(OPERATIONS) for one in figures.values())
    table = report.editions_table(result)
    assert table.count("| start ") == 7
    assert report.editions_chart(result).render()


@pytest.mark.parametrize(
    ("target", "name", "url"),
    [
        ("older=http://localhost:7072/api/", "older", "http://localhost:7072"),
        ("http://localhost:7072", "http://localhost:7072", "http://localhost:7072"),
        ("http://localhost:7072/?a=b", "http://localhost:7072/?a=b", "http://localhost:7072/?a=b"),
    ],
)
def test_targets_have_names(report: Any, target: str, name: str, url: str) -> None:
    del report
    assert import_module("benchmarks.__main__").named(target) == (name, url)


async def test_cold_starts() -> None:
    assert cold_start.TIMELINE.keys() >= PARTS

    result = await cold_start.measure(1, warm_calls=3)

    for figures in (result["compiled"], result["uncompiled"], result["checked"]):
        assert all(one["ratio"] > 0 for one in figures.values())
    # Azure's runtime library is installed on Python 3.13 alone.
    assert ("worker" in result) == ("warm" in result) == (find_spec("azure_functions_runtime") is not None)
    if "worker" in result:
        assert all(one["ratio"] > 0 for one in result["worker"].values())
        assert result["warm"]["direct_cpu"] > 0


def test_the_table_of_cold_starts_shows_the_workers_library_where_it_was_measured(report: Any) -> None:
    figures = {name: {"ours": 2.0, "bare": 1.0, "ratio": 2.0} for name in cold_start.Start._fields}
    result = {"compiled": figures, "uncompiled": figures, "checked": figures}
    warm = {"direct": 1.5, "direct_cpu": 1.25, "added": 0.25, "added_cpu": 0.125}

    without, table = (
        report.cold_start_table(result),
        report.cold_start_table({**result, "worker": figures, "warm": warm}),
    )

    assert without.count("| first_answer_ms ") == 3
    assert "library" not in without
    assert table.count("| first_answer_ms ") == 4
    assert "| the worker's library adds | 0.25 |    0.125 |" in table


async def test_large_answers() -> None:
    result = await large_answers.measure(rounds=1, owners=2, seconds=0.5)

    assert result["bytes"] > 2 * large_answers.ENTRIES_EACH * 500
    assert all(ratio > 0 for ratio in result["ratio_to_floor"].values())


async def test_reports() -> None:
    result = await reports.measure(rounds=1, owners=2, seconds=0.5)

    assert result["entries"] == 2 * reports.ENTRIES_EACH
    assert result["report"]["request units"] > 0
    assert result["throttled"]["clock-ins alone"]["answered 429 or 503"] == 0
    # The same rows, by the same clock.
    assert result["workbook"]["times the rows of XlsxWriter"] > 3


async def test_webhooks() -> None:
    result = await webhooks.measure((20,))

    figures = result["20"]["sender when back"]
    assert {name: figures[name] for name in ("arrived", "in the list", "in the list as delivered")} == {
        "arrived": 20,
        "in the list": 20,
        "in the list as delivered": 20,
    }
    assert figures["arrived twice"] == figures["in the list twice"] == 0


async def test_peers() -> None:
    async with timetagger() as url:
        result = await peers.measure(TINY, url)

    for name in (OURS, PEER):
        for figures in (result["alone"][name], result["together"][name]):
            assert set(figures) == set(peers.OPERATIONS)
            assert all(figures[operation]["p50"] > 0 for operation in peers.OPERATIONS)
    assert set(result["ratio"]) == set(peers.OPERATIONS)


def test_the_table_of_peers_says_what_the_other_does_not_do(report: Any) -> None:
    figures = {one: {"p50": 1.0, "p95": 2.0, "p99": 3.0, "calls_per_second": 4.0} for one in peers.OPERATIONS}
    both = {OURS: figures, PEER: figures}
    ratio = dict.fromkeys(peers.OPERATIONS, 1.0)
    result = {
        "peer": peers.PACKAGE,
        "not_done": peers.NOT_DONE,
        "alone": both,
        "together": both,
        "users": 2,
        "ratio": ratio,
    }

    table = report.peers_table(result)

    assert peers.NOT_DONE in table
    assert table.count("| summary ") == 2
    assert report.peers_chart(result).render()


def test_what_needs_more_than_this_checkout_is_run_only_when_it_is_asked_for(report: Any) -> None:
    del report
    bench = import_module("benchmarks.__main__")

    assert set(bench.PARTS) > bench.ASKED_FOR == {"peers", "editions", "webhooks"}
