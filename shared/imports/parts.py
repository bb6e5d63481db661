"""A file's rows in parts that can be decided one after another, so that memory does not grow with the file.

Rows are sorted by person and time on the disk, and a part ends only where no row reaches into the next one. So no two
rows that may be in each other's way are in different parts, and what comes of a file does not depend on where its parts
end. Sorted rows also meet only what is there around them: a part in the order of the file may span years, and all that
a person has would be read again with each part.
"""

import pickle
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from shared import instants
from shared.imports.rows import Failed, Row
from shared.instants import format_instant

# How many times as long a part may become where rows overlap on and on.
LONGEST_PART = 2
# An empty name is a file on the disk, which ends with its connection; SQLite holds a bounded part of it in memory.
TEMPORARY = ""
TABLE = "CREATE TABLE sorted (person TEXT, start TEXT, number INTEGER, beyond TEXT, content BLOB)"
INSERT = "INSERT INTO sorted VALUES (?, ?, ?, ?, ?)"
IN_ORDER = "SELECT person, start, beyond, content FROM sorted ORDER BY person, start, number"


class Cut(NamedTuple):
    """How rows are cut into parts: `rows` is how many a part has at least, but for the last.

    `zone` has the days of rows without clock times. A row that lasts longer than `longest` fails, and so is in no row's
    way.
    """

    rows: int
    zone: tzinfo
    longest: timedelta


def parts_of(rows: Iterator[Row | Failed], count: int, cut: Cut) -> Iterator[Sequence[Row | Failed]]:
    """The rows in parts, each in the order of the file. `count`: how many rows there are."""
    if count <= cut.rows:
        yield [*rows]
        return
    with closing(sqlite3.connect(TEMPORARY, check_same_thread=False)) as disk:
        # It is lost with its connection anyway.
        disk.execute("PRAGMA journal_mode = OFF")
        disk.execute(TABLE)
        disk.executemany(INSERT, (_sortable(row, cut) for row in rows))
        yield from _cut(disk.execute(IN_ORDER), cut.rows)


def _cut(rows: Iterator[tuple[str, str, str, bytes]], most: int) -> Iterator[Sequence[Row | Failed]]:
    part: list[Row | Failed] = []
    whose, reach = "", ""
    for person, start, beyond, content in rows:
        apart = person != whose or start >= reach
        if (apart and len(part) >= most) or len(part) >= LONGEST_PART * most:
            yield _in_order_of_file(part)
            part = []
        reach = beyond if person != whose else max(reach, beyond)
        whose = person
        part.append(pickle.loads(content))  # noqa: S301 - written above, into a file that nobody else can open
    yield _in_order_of_file(part)


def _sortable(row: Row | Failed, cut: Cut) -> tuple[str, str, int, str, bytes]:
    content = pickle.dumps(row, pickle.HIGHEST_PROTOCOL)
    if isinstance(row, Failed):
        return "", "", row.number, "", content
    start, beyond = _reach(row, cut)
    return row.email or row.name, format_instant(start), row.number, format_instant(beyond), content


def _reach(row: Row, cut: Cut) -> tuple[datetime, datetime]:
    """The time in which a row may be in another's way."""
    if row.day:
        return instants.start_of_day(row.day, cut.zone), instants.end_of_day(row.day, cut.zone)
    start, end = row.interval or (instants.EARLIEST, None)
    return start, end if end and end - start <= cut.longest else start


def _in_order_of_file(part: list[Row | Failed]) -> Sequence[Row | Failed]:
    return sorted(part, key=lambda row: row.number)
