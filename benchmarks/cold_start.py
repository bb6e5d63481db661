"""What a cold start costs: importing and indexing `function_app`, and its first answer, beside a bare app.

    python -m benchmarks.cold_start [--pairs 9]

The bare app (`bare_app.py`) imports only `azure.functions` and `azure.cosmos.aio`. Both are asked for a user's running
entry, which is one point read of the same document. Each measurement is a fresh process, ours and bare by turns, so
that other load on the machine meets both: of the ratios the median counts, not of the times. Time on a processor tells
more on a busy machine than time on the clock.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypedDict

from azure.cosmos import CosmosClient

from local.cosmos.auth import EMULATOR_KEY
from local.tokens import DEMO_TENANT, token

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks/results/cold_start.json"
OURS = ("function_app", "http_time_entries")
BARE = ("benchmarks.bare_app", "http_running")
OWNER = "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"
TIMELINE = {"id": "timeline", "kind": "timeline", "tenant_id": DEMO_TENANT, "owner_id": OWNER, "running": None}
WANTED = 1.25


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


class ColdStart(TypedDict):
    """What was measured, by the names of `Start`: with compiled modules at hand, and with none."""

    python: str
    pairs: int
    wanted_ratio: float
    compiled: dict[str, Comparison]
    uncompiled: dict[str, Comparison]


def measure(pairs: int = 9) -> ColdStart:
    """Measure so many pairs with compiled modules, and as many without."""
    with _database() as settings, tempfile.TemporaryDirectory() as full, tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, **settings, "PYTHONPATH": str(ROOT)}
        # Said outright: where modules may be written nowhere, only those that were installed would be compiled.
        kept = environment | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": full}
        never = environment | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": empty}
        # The first start of each compiles.
        _pair(kept)
        compiled = [_pair(kept) for _ in range(pairs)]
        uncompiled = [_pair(never) for _ in range(pairs)]
    return {
        "python": platform.python_version(),
        "pairs": pairs,
        "wanted_ratio": WANTED,
        "compiled": _compared(compiled),
        "uncompiled": _compared(uncompiled),
    }


def _pair(environment: Mapping[str, str]) -> tuple[Start, Start]:
    return _start(*OURS, environment), _start(*BARE, environment)


def _start(module: str, function: str, environment: Mapping[str, str]) -> Start:
    bearer = token(OWNER, "ada@example.com", "Ada")
    done = subprocess.run(  # noqa: S603 - our own interpreter and our own code
        [sys.executable, "-m", "benchmarks.first_answer", module, function, DEMO_TENANT, OWNER, bearer],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    status, *figures = map(float, done.stdout.split())
    if status not in {200, 204}:
        raise RuntimeError(f"{module} answered {status:.0f}")
    return Start(*figures)


def _compared(pairs: list[tuple[Start, Start]]) -> dict[str, Comparison]:
    return {
        name: {
            "ours": round(statistics.median(getattr(ours, name) for ours, _ in pairs), 1),
            "bare": round(statistics.median(getattr(bare, name) for _, bare in pairs), 1),
            "ratio": round(statistics.median(getattr(ours, name) / getattr(bare, name) for ours, bare in pairs), 3),
        }
        for name in Start._fields
    }


@contextmanager
def _database() -> Iterator[Mapping[str, str]]:
    """An embedded database in memory, with its containers and the timeline of one user who runs no timer."""
    command = [sys.executable, "-m", "local.cosmos", "--port", "0", "--with-parent"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own code
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        ready = process.stdout.readline() if process.stdout else ""
        settings = {
            "COSMOS_ENDPOINT": ready.split()[5],
            "COSMOS_KEY": EMULATOR_KEY,
            "COSMOS_DATABASE": "cold-start",
            "JWT_VERIFICATION": "gateway",
        }
        _fill(settings)
        yield settings
        process.terminate()


def _fill(settings: Mapping[str, str]) -> None:
    command = [sys.executable, "cli.py", "migrate"]
    environment = {**os.environ, **settings}
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    with CosmosClient(settings["COSMOS_ENDPOINT"], settings["COSMOS_KEY"]) as client:
        database = client.get_database_client(settings["COSMOS_DATABASE"])
        database.get_container_client("time_entry").create_item(TIMELINE)


def _print(title: str, compared: Mapping[str, Comparison]) -> None:
    print(f"{title:20} {'ours':>9} {'bare':>9} {'ratio':>7}")
    for name, one in compared.items():
        print(f"{name:20} {one['ours']:>9} {one['bare']:>9} {one['ratio']:>7}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=9)
    result = measure(parser.parse_args().pairs)
    _print("compiled", result["compiled"])
    _print("uncompiled", result["uncompiled"])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
