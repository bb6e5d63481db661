"""The files that an adoption leaves: the list of what broke a rule, and the hours by user and month.

While a run is under way, they end in `.part`: what has its name is whole.
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from operations.adopt.adoption import Month
from operations.adopt.planning import Hours
from operations.adopt.remarks import Row
from shared.instants import format_instant
from shared.reports.csv_file import FORMULA
from shared.time_entries.rules import Interval

LIST_COLUMNS = (
    "container", "tenant_id", "owner_id", "id", "code", "done", "old", "new", "old_start", "old_end", "new_start",
    "new_end", "seconds",
)  # fmt: skip
HOURS_COLUMNS = (
    "tenant_id", "owner_id", "month", "old_seconds", "new_seconds", "difference", "listed", "recorded_here_seconds",
)  # fmt: skip
MILLISECONDS_AN_HOUR = Decimal(3_600_000)


class Listing:
    """Writes `adopted.csv` and `adopted-hours.csv`, if the list is called so.

    In `with`, they get their names at the end, unless an error cuts the run off. `unexplained` counts the months whose
    difference the list does not explain: there must be none.
    """

    def __init__(self, path: Path) -> None:
        self._paths = (path, path.with_name(f"{path.stem}-hours{path.suffix}"))
        self._files: list[TextIO] = []
        self._write: list[Callable[[Iterable[Any]], Any]] = []
        self._codes: Counter[str] = Counter()
        self._total = Hours()
        self.unexplained = 0

    def __enter__(self) -> Self:
        for path, columns in zip(self._paths, (LIST_COLUMNS, HOURS_COLUMNS), strict=True):
            part = _part(path)
            part.unlink(missing_ok=True)
            # What people wrote stands in it: nobody else's eyes.
            part.touch(mode=0o600)
            file = part.open("w", encoding="utf-8", newline="")
            self._files.append(file)
            self._write.append(csv.writer(file, lineterminator="\r\n").writerow)
            self._write[-1](columns)
        return self

    def __exit__(
        self, error: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        for file, path in zip(self._files, self._paths, strict=True):
            file.close()
            if error is None:
                _part(path).replace(path)

    def add(self, told: Row | Month) -> None:
        """Write a line into the file that it belongs to."""
        if isinstance(told, Row):
            self._codes[told.remark.code] += 1
            self._write[0](_cells(told))
            return
        hours = told.hours
        more = hours.new - hours.old
        self._total.old += hours.old
        self._total.new += hours.new
        self.unexplained += more != hours.listed
        counts = (hours.old, hours.new, more, hours.listed, hours.recorded_here)
        self._write[1]([told.tenant_id, told.owner_id or "", told.month, *map(_seconds, counts)])

    def summary(self) -> list[str]:
        """How often which rule was broken, and the hours of all."""
        old, new, more = map(_hours, (self._total.old, self._total.new, self._total.new - self._total.old))
        counts = [f"{code} {count}" for code, count in sorted(self._codes.items())]
        return [*counts, f"{old} h in the old system, {new} h of them here: {more} h, as the list explains."]


def _cells(row: Row) -> list[str]:
    remark, time = row.remark, row.time
    whose = [row.container_id, row.tenant_id, row.owner_id or "", row.item_id]
    told = [remark.code, remark.done, _text(remark.old), _text(remark.new)]
    if time is None:
        return [*whose, *told, "", "", "", "", ""]
    return [*whose, *told, *_dates(time.old), *_dates(time.new), _seconds(time.milliseconds)]


def _dates(interval: Interval | None) -> list[str]:
    return [format_instant(moment) if moment else "" for moment in interval or (None, None)]


def _hours(milliseconds: int) -> str:
    return f"{Decimal(milliseconds) / MILLISECONDS_AN_HOUR:.4f}"


def _seconds(milliseconds: int) -> str:
    return f"{Decimal(milliseconds) / 1000:.3f}"


def _text(value: Any) -> str:
    """A value as a text that no spreadsheet takes for a formula, and that UTF-8 can write."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    text = text.encode(errors="backslashreplace").decode()
    return f"'{text}" if FORMULA.match(text) else text


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
