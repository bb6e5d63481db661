"""What is kept of an import: whose it is, the name of its file, and whose entries it may have made.

It lies in the partition of whoever imports, written before the first entry, so that an import that was cut off can be
taken back as well. Its id is made of the caller, the file and how it is read: the same file again is the same import.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from shared.auth.caller import Caller
from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.imports.rows import Options
from shared.imports.table import File
from shared.instants import format_instant

IMPORT_KIND = "import"


def id_of(caller: Caller, file: File, options: Options) -> str:
    """The id of the import of a file."""
    zone = options.timezone.key if options.timezone else ""
    how = [options.format, zone, options.date_format or "", options.default_activity]
    if options.default_project:
        # Only then: imports from before there was this option keep their ids.
        how.append(options.default_project)
    return str(uuid5(UUID(caller.user_id), "\n".join(["import", file.digest().hex(), *how])))


async def find(caller: Caller, import_id: str) -> Document | None:
    """The caller's import with this id."""
    document = await items.read(TIME_ENTRY, import_id, [caller.tenant_id, caller.user_id])
    return document if document and document.get("kind") == IMPORT_KIND else None


async def get(caller: Caller, import_id: str) -> Document:
    """The caller's import with this id. Raises ApiError 404."""
    document = await find(caller, import_id)
    if document is None:
        raise ApiError(404, "import_not_found", "There is no such import")
    return document


def new(caller: Caller, now: datetime, import_id: str, file: File, rows: int) -> Document:
    """The record of an import that begins."""
    return {
        "id": import_id,
        "kind": IMPORT_KIND,
        "tenant_id": caller.tenant_id,
        "owner_id": caller.user_id,
        "date": format_instant(now),
        "file_name": file.name,
        "rows": rows,
        "rows_done": 0,
        "owners": [],
    }


async def keep(caller: Caller, record: Document, owners: Iterable[str], rows_done: int) -> None:
    """Write the record, with these owners beside those that it has: another run of the same import may be under way.

    Raises ApiError 409, 429 or 503.
    """
    partition = [caller.tenant_id, caller.user_id]

    async def attempt() -> Change[None]:
        before = await find(caller, record["id"])
        known = {*before["owners"], *owners} if before else {*owners}
        after = {**own_fields(record), "owners": sorted(known), "rows_done": rows_done}
        return Change(None, [transactions.replace(after, before) if before else transactions.create(after)])

    await transactions.settle(TIME_ENTRY, partition, attempt)
