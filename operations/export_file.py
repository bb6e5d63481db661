"""An export as a file that is there when it is whole, and that a run after one that was cut off completes.

What is written so far lies beside it, in a file that ends in `.part`: a JSON document a line, in the order of `export`.
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
    """Write the export to `path`; `done` is told of each record by its kind, and of those as well that were there.

    Raises OSError, also when what lies beside it is not the beginning of this export.
    """
    part = path.with_name(f"{path.name}.part")
    # Nobody else's eyes.
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
    """Put the file's end after its last whole line, and return that record; None where there is none yet."""
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
