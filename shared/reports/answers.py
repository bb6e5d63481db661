"""What the reports answer as JSON."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate

from shared.auth.caller import Caller
from shared.http.fields import Answer, Instant, Text, about
from shared.instants import EARLIEST, LATEST, ZONE_DATA, format_instant
from shared.rates.currencies import MINOR_UNITS
from shared.reports.reading import Source
from shared.reports.rules import Report, Sums, in_order, outermost
from shared.time_entries.answers import TimeEntry, shown_for

SLICE = 50
SECONDS = "Seconds, exact to the millisecond."


class Amounts(Answer):
    """What is billed and what it costs, in one currency."""

    currency = Text(metadata=about("The currency, by its code in ISO 4217.", "EUR"))
    billable = Text(metadata=about("What is billed: a decimal as text.", "1275.00"))
    cost = Text(metadata=about("What it costs: a decimal as text.", "600.00"))


class _Sums(Answer):
    """What every level of a report has."""

    seconds = fields.Float(metadata=about(f"The time that was worked. {SECONDS}", 54000.0))
    entries = fields.Integer(metadata=about("The number of time entries that it holds a part of.", 12))
    billable_seconds = fields.Float(metadata=about(f"The billable part of it. {SECONDS}", 54000.0))
    amounts = fields.List(
        fields.Nested(Amounts), metadata=about("For administrators, what it amounts to; empty for others.")
    )


class _Group(_Sums):
    """What a group has beside its sums."""

    key = Text(metadata=about("An id, a date, a week, a month, `true`, `false`, or `none`.", "2026-11"))
    name = Text(metadata=about("What people call it; empty if there is nothing, or nothing known.", "2026-11"))


class ReportPart(_Group):
    """A group of the third level."""

    groups = fields.List(
        fields.String(), validate=validate.Length(max=0), metadata=about("Always empty: there are three levels.", [])
    )


class ReportSubgroup(_Group):
    """A group of the second level."""

    groups = fields.List(fields.Nested(ReportPart), metadata=about("The groups within it, if there are any."))


class ReportGroup(_Group):
    """A group of the first level."""

    groups = fields.List(fields.Nested(ReportSubgroup), metadata=about("The groups within it, if there are any."))


class TimeReport(_Sums):
    """Worked time, by groups."""

    start_date = Instant(allow_none=True, metadata=about("Where the range starts; null if it is open.", None))
    end_date = Instant(allow_none=True, metadata=about("Where the range ends; null if it is open.", None))
    timezone = Text(
        allow_none=True, metadata=about("The time zone of its days; null if there was an offset.", "America/Guayaquil")
    )
    timezone_data = Text(metadata=about("The release of the time zone data that it was worked out with.", "2026f"))
    running = fields.Integer(metadata=about("How many of the entries are running. They count up to now.", 0))
    groups = fields.List(fields.Nested(ReportGroup), metadata=about("The groups of the first level."))


class ReportEntry(TimeEntry):
    """A time entry, and its part within the range."""

    class Meta:
        exclude = ("update_last_entry_if_overlap",)

    seconds = fields.Float(metadata=about(f"Its part within the range. {SECONDS}", 5400.0))
    amounts = fields.List(fields.Nested(Amounts), metadata=about("For administrators, what that part amounts to."))


class EntriesReport(Answer):
    """Time entries, and their sums."""

    data = fields.List(fields.Nested(ReportEntry), metadata=about("The time entries, newest start first."))
    seconds = fields.Float(metadata=about(f"All that was worked within the range. {SECONDS}", 5400.0))
    entries = fields.Integer(metadata=about("The number of time entries.", 1))
    running = fields.Integer(metadata=about("How many of them are running. They count up to now.", 0))
    amounts = fields.List(fields.Nested(Amounts), metadata=about("For administrators, what it amounts to."))


async def added_up(report: Report, source: Source) -> Report:
    """The report with all entries of its source counted."""
    async with aclosing(source.pages) as pages:
        async for page in pages:
            for at in range(0, len(page), SLICE):
                for document in page[at : at + SLICE]:
                    report.add(source.entry(document))
                # Other requests have their turn.
                await asyncio.sleep(0)
    return report


def time_report(report: Report, source: Source, timezone: str | None) -> dict[str, Any]:
    """The report of groups as it is answered."""
    first, beyond = source.filters.first, source.filters.beyond
    return {
        "start_date": None if first == EARLIEST else format_instant(first),
        "end_date": None if beyond == LATEST else format_instant(beyond),
        "timezone": timezone,
        "timezone_data": ZONE_DATA,
        **_sums(report.total),
        "running": report.total.running,
        "groups": _groups(report.total, 0, report, source),
    }


async def entry_rows(caller: Caller, report: Report, source: Source) -> AsyncIterator[dict[str, Any]]:
    """Each entry as lists show it, with its part within the range; the report counts it meanwhile."""
    async with aclosing(source.pages) as pages:
        async for page in pages:
            for shown, document in zip(await shown_for(caller, page), page, strict=True):
                parts = report.add(source.entry(document))
                worked = Sums()
                for part in parts:
                    worked.add(part.duration, part.charges, billable=False)
                yield {**shown, "seconds": worked.milliseconds / 1000, "amounts": amounts_of(worked.amounts)}


def amounts_of(amounts: Mapping[str, list[Decimal]]) -> list[dict[str, str]]:
    """Currencies in alphabetical order, each amount with the decimals of its currency."""
    return [
        {"currency": code, "billable": money(billable, code), "cost": money(cost, code)}
        for code, (billable, cost) in sorted(amounts.items())
    ]


def money(amount: Decimal, currency: str) -> str:
    """An amount with the decimals of its currency."""
    return f"{amount:.{MINOR_UNITS[currency]}f}"


def _sums(sums: Sums) -> dict[str, Any]:
    return {
        "seconds": sums.milliseconds / 1000,
        "entries": sums.entries,
        "billable_seconds": sums.billable_milliseconds / 1000,
        "amounts": amounts_of(sums.amounts),
    }


def _groups(sums: Sums, depth: int, report: Report, source: Source) -> list[dict[str, Any]]:
    if depth == len(report.asked.group_by):
        return []
    group = report.asked.group_by[depth]
    groups = outermost(report) if depth == 0 else sums.groups
    return [
        {"key": key, "name": name, **_sums(within), "groups": _groups(within, depth + 1, report, source)}
        for key, name, within in in_order(groups, group, source.name_of)
    ]
