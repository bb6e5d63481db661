"""A report as a file: its content by the format that is asked for, and the name that says what is in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared import instants
from shared.auth.caller import Caller
from shared.reports import csv_file, workbook
from shared.reports.answers import added_up, entry_rows
from shared.reports.days import MILLISECOND, milliseconds
from shared.reports.reading import Source
from shared.reports.rules import Asked, Report
from shared.reports.schemas import csv_style, zone_of

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WAYS = {"up": "up to", "down": "down to", "nearest": "to the nearest"}
MEDIA_TYPES = {"csv": CSV, "xlsx": XLSX}


def report_of(found: Source, query: Mapping[str, Any]) -> Report:
    """The report that a query asks for, with nothing counted yet; without groups in the query, of all together."""
    group_by = query.get("group_by", ())
    rounding = query.get("rounding", "none"), query.get("rounding_minutes", 1)
    asked = Asked(milliseconds(found.filters.first), milliseconds(found.filters.beyond), group_by, *rounding)
    return Report(asked, zone_of(query), found.rates)


async def of_groups(caller: Caller, found: Source, query: Mapping[str, Any]) -> bytes:
    """A report of groups as CSV or XLSX."""
    report = report_of(found, query)
    if query["format"] == "xlsx":
        return await workbook.grouped(report, entry_rows(caller, report, found), found, _heading(found, query))
    return csv_file.grouped(await added_up(report, found), found, csv_style(query))


async def of_entries(caller: Caller, found: Source, query: Mapping[str, Any], now: datetime) -> bytes:
    """A report of entries as CSV or XLSX."""
    report, zone, style = report_of(found, query), zone_of(query), csv_style(query)
    rows = entry_rows(caller, report, found)
    if query["format"] == "xlsx":
        return await workbook.of_entries(report, rows, found, _heading(found, query))
    if query["layout"]:
        return await csv_file.toggl(rows, found, zone, style, now)
    return await csv_file.of_entries(rows, found, zone, style)


def name_of(found: Source, query: Mapping[str, Any]) -> str:
    """`time 2026-11-01 to 2026-11-30.csv`."""
    return f"{_title(found, query)}.{query['format']}"


def _title(found: Source, query: Mapping[str, Any]) -> str:
    filters, zone = found.filters, zone_of(query)
    first = instants.local_day(filters.first, zone)
    last = instants.local_day(max(filters.beyond - MILLISECOND, instants.EARLIEST), zone)
    if last < first:
        # Nothing but a day that the zone skipped: it lies between the two.
        first, last = last + instants.DAY, first - instants.DAY
    title = "time"
    if filters.first != instants.EARLIEST:
        title += f" {first}"
    if filters.beyond != instants.LATEST:
        title += f" to {last}"
    return title


def _heading(found: Source, query: Mapping[str, Any]) -> workbook.Heading:
    """`Time 2026-11-01 to 2026-11-30, America/Guayaquil`, and how durations are rounded: rows do not show it."""
    zone, rounding = zone_of(query), ""
    if way := WAYS.get(query.get("rounding", "")):
        rounding = f", rounded {way} {query['rounding_minutes']} min"
    return workbook.Heading(f"{_title(found, query).capitalize()}, {query['timezone'] or zone}{rounding}", zone)
