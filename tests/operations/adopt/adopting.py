"""Running an adoption, as a person does or within this process, and what it left."""

import asyncio
import csv
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from operations.adopt.adoption import Adoption, Month
from operations.adopt.remarks import Row
from operations.adopt.source import OldDatabase
from operations.check import Finding, check
from shared import instants
from tests.application import ROOT, Application
from tests.operations.adopt.old_system import OldSystem

FAST = 1e9
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Told:
    """What a run told."""

    rows: list[Row]
    months: list[Month]

    def codes(self, item_id: str) -> list[tuple[str, str]]:
        """What was told of an item: the codes, and what was done."""
        return [(row.remark.code, row.remark.done) for row in self.rows if row.item_id == item_id]


async def adopt(old: OldSystem, *tenants: str, trim: bool = True, dry_run: bool = False) -> Told:
    """A run in this process, against the app of this process."""
    told = Told([], [])
    async with OldDatabase(old.endpoint, old.key, old.database.id, FAST) as source:
        async for one in Adoption(source, nothing, trim=trim, dry_run=dry_run).run(tenants):
            told.rows.append(one) if isinstance(one, Row) else told.months.append(one)
    return told


def nothing(_container_id: str, *, count: int) -> None:
    """Where nobody looks at the progress."""


async def start(app: Application, old: OldSystem, folder: Path, *arguments: str, endpoint: str = "") -> Process:
    """The command, as it is called."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", "adopt", "--from-endpoint", endpoint or old.endpoint, "--from-key", old.key),
        *("--from-database", old.database.id, "--units", "1000000", *arguments),
        *("--file", str(folder / "adopted.csv")),
        cwd=ROOT, env={**os.environ, **app.settings}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip


async def run(app: Application, old: OldSystem, folder: Path, *arguments: str, endpoint: str = "") -> str:
    """What the command prints; it must have worked."""
    process = await start(app, old, folder, *arguments, endpoint=endpoint)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 0, (out, err)
    return out.decode()


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [*csv.DictReader(file)]


async def findings() -> list[Finding]:
    """What `check` would mend, or cannot, but for events: the day after tomorrow, nobody misses those of today."""
    later = instants.now() + timedelta(days=2)
    return [finding async for finding in check(later, lambda *_: None, mend=False)]


async def entries(app: Application, tenant_id: str) -> dict[str, dict[str, Any]]:
    """The time entries of a tenant in the new system, deleted ones included, by id."""
    found = app.container("time_entry").query_items(
        "SELECT * FROM c WHERE c.tenant_id = @tenant AND NOT IS_DEFINED(c.kind)",
        parameters=[{"name": "@tenant", "value": tenant_id}],
        max_item_count=500,
    )
    return {one["id"]: dict(one) async for one in found}


def milliseconds(start: str, end: str) -> int:
    """How long an entry of the list is."""
    if not start or not end:
        return 0
    length = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return round(length.total_seconds() * 1000)


def live(documents: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in documents.values() if "deleted" not in one]
