"""Reports as CSV (RFC 4180): UTF-8, CRLF, local wall clocks, and texts that no spreadsheet takes for formulas."""

import csv
import io
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from shared.instants import parse_instant, to_local
from shared.reports.answers import money
from shared.reports.reading import Source
from shared.reports.rules import Report, Sums, in_order, outermost
from shared.reports.schemas import CsvStyle

BOM = b"\xef\xbb\xbf"
HOUR = Decimal(3_600_000)
HOURS_DECIMALS = 4
# What a spreadsheet would take for a formula, also behind apostrophes that hide that for one program only.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
ENTRY_COLUMNS = (
    "date", "start", "end", "duration", "hours", "user_email", "user_name", "customer", "project", "activity",
    "description", "uri", "technologies", "billable",
)  # fmt: skip
MONEY_COLUMNS = ("amount", "currency", "cost", "cost_currency")
LAST_COLUMNS = ("running", "id")
TOGGL_COLUMNS = (
    "User", "Email", "Client", "Project", "Task", "Description", "Billable", "Start date", "Start time", "End date",
    "End time", "Duration", "Tags",
)  # fmt: skip


class CsvFile:
    """A CSV file in the making. Cells are texts already; `text` makes one of what a person wrote."""

    def __init__(self, style: CsvStyle) -> None:
        self._style = style
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer, delimiter=style.delimiter, lineterminator="\r\n")

    def write(self, cells: Iterable[str]) -> None:
        self._writer.writerow(cells)

    def text(self, value: str | None) -> str:
        """A text that stays a text: what begins as a formula does gets an apostrophe before it."""
        text = value or ""
        return text if self._style.raw or not FORMULA.match(text) else f"'{text}"

    def number(self, text: str) -> str:
        """A number, with the decimal separator of the file."""
        return text.replace(".", self._style.decimal)

    def hours(self, milliseconds: int) -> str:
        """Hours with four decimals: the column to add up, since spreadsheets take `8:00` for text."""
        return self.number(f"{Decimal(milliseconds) / HOUR:.{HOURS_DECIMALS}f}")

    def content(self) -> bytes:
        return (BOM if self._style.bom else b"") + self._buffer.getvalue().encode()


def duration(milliseconds: int, hour_digits: int = 1) -> str:
    """`h:mm:ss`, cut to whole seconds."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes // 60:0{hour_digits}}:{minutes % 60:02}:{seconds:02}"


def grouped(report: Report, source: Source, style: CsvStyle) -> bytes:
    """A row for each innermost group."""
    file, with_money = CsvFile(style), source.rates is not None
    currencies = sorted(report.total.amounts) if with_money else []
    money_columns = [f"{side}_{code}" for code in currencies for side in ("amount", "cost")]
    file.write([*report.asked.group_by, "duration", "hours", "billable_hours", "entries", *money_columns])
    for names, sums in leaves(report, source):
        amounts = [
            file.number(money(amount, code))
            for code in currencies
            for amount in sums.amounts.get(code, (Decimal(), Decimal()))
        ]
        file.write(
            [
                *(file.text(name) for name in names),
                duration(sums.milliseconds),
                file.hours(sums.milliseconds),
                file.hours(sums.billable_milliseconds),
                str(sums.entries),
                *amounts,
            ]
        )
    return file.content()


def leaves(report: Report, source: Source) -> Iterator[tuple[Sequence[str], Sums]]:
    """`(names of the groups, sums)` of the innermost groups, in order; a day without entries has no inner names."""
    alike = _alike(report, source)

    def name_of(group: str, key: str) -> str:
        name = source.label_of(group, key)
        return f"{name} ({apart})" if (group, name) in alike and (apart := source.apart(group, key)) else name

    return _within(report.total, report, name_of)


def _within(
    sums: Sums, report: Report, name_of: Callable[[str, str], str], depth: int = 0
) -> Iterator[tuple[Sequence[str], Sums]]:
    group_by = report.asked.group_by
    if depth == len(group_by) or (depth and not sums.groups):
        yield [""] * (len(group_by) - depth), sums
        return
    groups = outermost(report) if depth == 0 else sums.groups
    for _, name, within in in_order(groups, group_by[depth], name_of):
        for names, inner in _within(within, report, name_of, depth + 1):
            yield [name, *names], inner


def _alike(report: Report, source: Source) -> set[tuple[str, str]]:
    """`(group, name)` of each name that several of a group have: two people, or projects of two customers.

    A column of customers tells projects apart by itself.
    """
    group_by = report.asked.group_by
    keys = report.keys()
    return {
        (group, name)
        for group, found in zip(group_by, keys, strict=True)
        if group == "user" or (group == "project" and "customer" not in group_by)
        for name, times in Counter(source.label_of(group, key) for key in found).items()
        if times > 1
    }


async def of_entries(rows: AsyncIterator[dict[str, Any]], source: Source, zone: tzinfo, style: CsvStyle) -> bytes:
    """A row for each entry, as `entry_rows` gives them."""
    file, with_money = CsvFile(style), source.rates is not None
    file.write([*ENTRY_COLUMNS, *(MONEY_COLUMNS if with_money else ()), *LAST_COLUMNS])
    async for row in rows:
        start, end = _clock(row["start_date"], zone), _clock(row["end_date"], zone)
        worked = round(row["seconds"] * 1000)
        file.write(
            [
                start[:10], start, end, duration(worked), file.hours(worked),
                *(file.text(text) for text in source.labels(row)),
                *(file.text(row[name]) for name in ("description", "uri")),
                file.text(", ".join(row["technologies"])),
                _word(row["billable"]),
                *(map(file.number, _money(row["amounts"])) if with_money else ()),
                _word(row["running"]), row["id"],
            ]
        )  # fmt: skip
    return file.content()


async def toggl(
    rows: AsyncIterator[dict[str, Any]], source: Source, zone: tzinfo, style: CsvStyle, now: datetime
) -> bytes:
    """A row for each entry as Toggl's detailed report has them. An activity is a task; a running entry ends now."""
    file = CsvFile(style)
    file.write(TOGGL_COLUMNS)
    async for row in rows:
        start = parse_instant(row["start_date"])
        end = parse_instant(row["end_date"]) if row["end_date"] else now
        email, name, customer, project, activity = source.labels(row)
        clocks = [to_local(moment, zone) for moment in (start, end)]
        file.write(
            [
                *(file.text(text) for text in (name, email, customer, project, activity, row["description"])),
                "Yes" if row["billable"] else "No",
                *(part for clock in clocks for part in clock.isoformat(sep=" ", timespec="seconds").split()),
                duration((end - start) // timedelta(milliseconds=1), 2),
                file.text(", ".join(row["technologies"])),
            ]
        )
    return file.content()


def _money(amounts: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Amount, currency, cost, currency of the cost: of one entry there is at most one of each."""
    cells = {"billable": ("", ""), "cost": ("", "")}
    for one in amounts:
        for side in cells:
            if Decimal(one[side]) or (len(amounts) == 1 and side == "billable"):
                cells[side] = (one[side], one["currency"])
    return cells["billable"] + cells["cost"]


def _clock(text: str | None, zone: tzinfo) -> str:
    """The wall clock in ISO 8601, cut to whole seconds; empty for a running entry's end."""
    return to_local(parse_instant(text), zone).isoformat(timespec="seconds") if text else ""


def _word(value: bool) -> str:
    return "true" if value else "false"
