"""Writes an export to a file that appears once it is complete. A run after an interruption continues it.

Until then the data is beside it, in a file that ends in `.part`: one JSON document a line, in the order of `export`.
"""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from operations.person import Person, export
from shared.cosmos.items import Document


async def write(person: Person, path: Path, done: Callable[[str], Any]) -> None:
    """Write the export to `path`; `done` is called for each record with its kind, those of an earlier run
    included.

    Raises OSError, also when the `.part` file is not the beginning of this export.
    """
    part = path.with_name(f"{path.name}.part")
    # Readable by its owner only.
    part.touch(mode=0o600)
    with part.open("r+b") as file:
        last = _continued(file, person, done)
        async for record in export(person, last):
            file.write(f"{line_of(record)}\n".encode())
            done(record["kind"])
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def line_of(record: Document) -> str:
    """A record as it is written."""
    return json.dumps(record, ensure_ascii=False)


def _continued(file: BinaryIO, person: Person, done: Callable[[str], Any]) -> Document | None:
    """Truncate the file after its last complete line and return that record; None if there is none."""
    last: Document | None = None
    end = 0
    for line in file:
        if not line.endswith(b"\n"):
            break
        last = _record(line)
        if not last or (end == 0 and (last.get("tenant_id"), last["id"]) != (person.tenant_id, person.user_id)):
            raise OSError(errno.EEXIST, "it is not the beginning of this export", file.name)
        end += len(line)
        done(last["kind"])
    file.truncate(end)
    file.seek(end)
    return last


def _record(line: bytes) -> Document | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and {"kind", "id"} <= record.keys() else None
