"""An import from its file to its result, in parts: one for a call over HTTP, many for a large file."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from shared import instants
from shared.auth.caller import Caller
from shared.errors import ApiError
from shared.imports import records, store
from shared.imports.formats import FORMATS
from shared.imports.parts import Cut, parts_of
from shared.imports.people import People, people_for
from shared.imports.references import Catalog
from shared.imports.rows import Failed, Options, Reader, Row, RowError
from shared.imports.store import Ids, Importing, Outcome
from shared.imports.table import OFFLINE, ONLINE, File, Table
from shared.time_entries.store import longest

# How many people's rows are written side by side.
OWNERS_AT_ONCE = 4
# The rows of a large file that are in memory together.
ROWS_AT_ONCE = 5000


@dataclass(slots=True)
class Result:
    """What came of some rows. `done`: how many of the file's rows are done with them."""

    done: int = 0
    created: int = 0
    unchanged: int = 0
    failed: list[Failed] = field(default_factory=list)
    notes: list[Failed] = field(default_factory=list)


class Import:
    """The import of one file, which was gone through once and is ready to run."""

    def __init__(self, importing: Importing, file: File, reader: Reader, people: People, catalog: Catalog) -> None:
        self.importing = importing
        self.rows = reader.count
        self._file = file
        self._reader = reader
        self._people = people
        self._catalog = catalog

    @property
    def made(self) -> dict[str, int]:
        """How many customers, projects and activities it has made."""
        return self._catalog.made

    async def run(self, *, resume: bool = False, rows_at_once: int = ROWS_AT_ONCE) -> AsyncIterator[Result]:
        """Write the rows, part after part, and tell what came of each. With `resume`, only those parts that an earlier
        run of the same import had not come to.

        Raises ApiError 429 or 503 where the database does; what was written by then stays.
        """
        importing = self.importing
        record = records.new(importing.caller, importing.now, importing.import_id, self._file, self.rows)
        before = await records.find(importing.caller, importing.import_id) if resume and not importing.dry_run else None
        skipped = before["rows_done"] if before else 0
        cut = Cut(rows_at_once, importing.zone, longest())
        parts, done = parts_of(self._reader.rows(), self.rows, cut), 0
        while part := await asyncio.to_thread(lambda: next(parts, None)):
            done += len(part)
            if done <= skipped:
                continue
            of_owner, outcomes = self._owned(part)
            if not importing.dry_run:
                # Before the first entry, so that what is cut off can be taken back.
                await records.keep(importing.caller, record, of_owner, done - len(part))
            outcomes |= await self._written(replace(importing, now=instants.now()), of_owner)
            yield _result(part, outcomes, done)
        if not importing.dry_run:
            await records.keep(importing.caller, record, (), done)

    def _owned(self, part: Sequence[Row | Failed]) -> tuple[dict[str, list[tuple[Row, str]]], dict[int, Outcome]]:
        """The rows of each person with their entries' ids, and why others can't be imported."""
        # Equal rows lie in one part, for each is in the others' way.
        ids = Ids(self._catalog)
        of_owner: dict[str, list[tuple[Row, str]]] = defaultdict(list)
        outcomes: dict[int, Outcome] = {}
        for row in part:
            if isinstance(row, Failed):
                outcomes[row.number] = RowError(row.code, row.message)
                continue
            try:
                owner_id = self._people.owner(row)
            except RowError as error:
                outcomes[row.number] = error
            else:
                of_owner[owner_id].append((row, ids.of(owner_id, row, self.importing.zone)))
        return of_owner, outcomes

    async def _written(self, importing: Importing, of_owner: dict[str, list[tuple[Row, str]]]) -> dict[int, Outcome]:
        gate, outcomes = asyncio.Semaphore(OWNERS_AT_ONCE), dict[int, Outcome]()

        async def one(owner_id: str, rows: Sequence[tuple[Row, str]]) -> None:
            async with gate:
                outcomes.update(await store.bring(importing, owner_id, rows, self._catalog))

        try:
            async with asyncio.TaskGroup() as group:
                for owner_id, rows in of_owner.items():
                    group.create_task(one(owner_id, rows))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return outcomes


def options_of(query: Mapping[str, Any]) -> Options:
    """How a file is read, as an `ImportQuery` says."""
    return Options(
        query["format"],
        query["timezone"],
        query["date_format"],
        query["default_activity"],
        query["default_project"] or "",
    )


async def prepare(  # noqa: PLR0913 - who, when, and what is imported how
    caller: Caller, now: datetime, file: File, options: Options, *, dry_run: bool, most_rows: int | None = None
) -> Import:
    """Read a file through. Raises ApiError: 400 for a file that can't be read, 422 for more than `most_rows`."""

    def read() -> tuple[Reader, str]:
        bounds = OFFLINE if most_rows is None else ONLINE
        table = Table(file, FORMATS[options.format], bounds)
        # Counted first: to make sense of so many rows as a call refuses takes seconds.
        if most_rows is not None and (rows := sum(1 for _ in table.rows())) > most_rows:
            raise too_large(rows, most_rows)
        return Reader(table, options), records.id_of(caller, file, options)

    # Others' calls go on meanwhile.
    reader, import_id = await asyncio.to_thread(read)
    catalog = Catalog(caller, now, dry_run=dry_run)
    people, _ = await asyncio.gather(people_for(caller, reader.names), catalog.read())
    importing = Importing(caller, now, import_id, file.name, options.timezone or UTC, dry_run=dry_run)
    return Import(importing, file, reader, people, catalog)


def too_large(rows: int, most_rows: int) -> ApiError:
    """422 for an import that would not fit into the deadline of a call."""
    message = (
        f"There are {rows} rows, and a call takes {most_rows} at most;"
        " `python cli.py import FILE` takes files of any size, and `python cli.py take-back IMPORT_ID` takes them back"
    )
    return ApiError(422, "import_too_large", message)


def _result(part: Sequence[Row | Failed], outcomes: dict[int, Outcome], done: int) -> Result:
    result = Result(done)
    for row in part:
        outcome = outcomes[row.number]
        if isinstance(outcome, RowError):
            result.failed.append(Failed(row.number, outcome.code, outcome.message))
            continue
        result.created += outcome == "created"
        result.unchanged += outcome == "unchanged"
        if isinstance(row, Row):
            result.notes += [Failed(row.number, remark.code, remark.message) for remark in row.remarks]
    return result
