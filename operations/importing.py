"""Imports of any size, and taking them back, by people with access to the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared import instants
from shared.auth.caller import Caller
from shared.imports import records
from shared.imports.rows import Failed
from shared.imports.running import options_of, prepare
from shared.imports.schemas import ImportQuery
from shared.imports.table import CSV, XLSX, File
from shared.imports.taking_back import take_back
from shared.logs import correlation_id


@dataclass(slots=True)
class Summary:
    """What came of an import as a whole."""

    import_id: str
    rows: int
    made: Mapping[str, int]
    created: int = 0
    unchanged: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a run tells what it does: how many more rows are done, and each row with a remark."""

    rows: Callable[[int], Any]
    row: Callable[[Failed], Any]


async def bring_in(caller: Caller, path: Path, asked: Mapping[str, str], told: Told, *, resume: bool) -> Summary:
    """Import a file of any size as POST /imports does with this query, for an administrator.

    Raises ValidationError for a bad query, OSError, and ApiError as `prepare` and `run` do.
    """
    correlation_id.set(uuid4().hex)
    query = ImportQuery().load({"file_name": path.name, **asked})
    file = File(query["file_name"], XLSX if path.suffix.lower() == ".xlsx" else CSV, path)
    prepared = await prepare(caller, instants.now(), file, options_of(query), dry_run=query["dry_run"])
    summary = Summary(prepared.importing.import_id, prepared.rows, prepared.made)
    before = 0
    async for some in prepared.run(resume=resume):
        summary.created += some.created
        summary.unchanged += some.unchanged
        summary.failed += len(some.failed)
        for row in sorted([*some.failed, *some.notes], key=lambda one: one.number):
            told.row(row)
        told.rows(some.done - before)
        before = some.done
    return summary


@dataclass(slots=True)
class Undone:
    """What came of taking an import back."""

    deleted: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)


async def undo(caller: Caller, import_id: str, done: Callable[[int], Any]) -> Undone:
    """Take an import of the caller's back; `done` is told how many entries are deleted. Raises ApiError 404."""
    correlation_id.set(uuid4().hex)
    record, result = await records.get(caller, import_id), Undone()
    async for some in take_back(caller, instants.now(), record):
        result.deleted += some.deleted
        result.kept += ((one.id, one.code) for one in some.kept)
        done(some.deleted)
    return result
