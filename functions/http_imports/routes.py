"""`/api/imports`: time entries from other trackers' files, and taking them back."""

from dataclasses import asdict
from typing import Any

from shared.config import settings
from shared.http.routing import FileBody, Reply, Request, Route, Routes
from shared.imports import records
from shared.imports.answers import ImportResult, ImportTakenBack
from shared.imports.rows import Failed
from shared.imports.running import Import, options_of, prepare, too_large
from shared.imports.schemas import ImportQuery
from shared.imports.table import CSV, XLSX, File
from shared.imports.taking_back import take_back

ROUTES = Routes("Bring in time entries from the files of other trackers, and take them back.")

MOST_BYTES = 5 * 1024 * 1024
# What a file is called that comes without a name.
ENDINGS = {CSV: "csv", XLSX: "xlsx"}


@Route(
    ROUTES,
    "POST",
    "",
    operation_id="import-time-entries",
    query=ImportQuery(),
    file=FileBody((CSV, XLSX), MOST_BYTES),
    answer=ImportResult(),
    refusals={
        400: "The file can't be read, lacks a column, or leaves a date or a number in doubt; or `timezone` is missing.",
        422: "There are more rows than a call can import; the command line takes any number.",
    },
)
async def import_file(request: Request) -> Reply:
    """Import time entries from a file.

    CSV or XLSX as Toggl, Clockify, Harvest, Kimai, Hamster or solidtime export it, or with the same columns. Each row
    is imported or fails by itself; the same file again creates nothing. An administrator's file may hold others' rows,
    and makes the customers, projects and activities that it lacks.
    """
    query, file = request.query, request.file
    named = query["file_name"] or f"{query['format']}.{ENDINGS[file.media_type]}"
    prepared = await prepare(
        request.caller,
        request.now,
        File(named, file.media_type, file.content),
        options_of(query),
        dry_run=query["dry_run"],
        most_rows=settings().import_most_rows,
    )
    return Reply(await _outcome(prepared))


@Route(
    ROUTES,
    "DELETE",
    "{id}",
    operation_id="take-back-import",
    answer=ImportTakenBack(),
    refusals={422: "It has more rows than a call can take back; the command line can."},
)
async def delete(request: Request) -> Reply:
    """Take an import back.

    Deletes the time entries that it created, except those that were changed since and those in a submitted or approved
    timesheet. The same file brings them back.
    """
    record = await records.get(request.caller, request.id)
    if record["rows"] > settings().import_most_rows:
        raise too_large(record["rows"], settings().import_most_rows)
    deleted, kept = 0, []
    async for some in take_back(request.caller, request.now, record):
        deleted += some.deleted
        kept += [asdict(one) for one in some.kept]
    return Reply({"deleted": deleted, "kept": kept})


async def _outcome(prepared: Import) -> dict[str, Any]:
    outcome: dict[str, Any] = {"created": 0, "unchanged": 0, "failed": [], "notes": []}
    async for some in prepared.run():
        outcome["created"] += some.created
        outcome["unchanged"] += some.unchanged
        outcome["failed"] += map(_shown, some.failed)
        outcome["notes"] += map(_shown, some.notes)
    import_id = None if prepared.importing.dry_run else prepared.importing.import_id
    return {"import_id": import_id, "rows": prepared.rows, **outcome, "made": prepared.made}


def _shown(row: Failed) -> dict[str, Any]:
    return {"row": row.number, "code": row.code, "message": row.message}
