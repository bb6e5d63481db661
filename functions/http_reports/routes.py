"""`/api/reports`: worked time added up, as JSON, or as files for spreadsheets and other programs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError

from shared import instants
from shared.http.json_body import Streamed, dumps, json_body
from shared.http.routing import Reply, Request, Route, Routes
from shared.reports import csv_file, workbook
from shared.reports.answers import EntriesReport, TimeReport, added_up, amounts_of, entry_rows, time_report
from shared.reports.reading import Source, source
from shared.reports.rules import Asked, Report, milliseconds
from shared.reports.schemas import EntriesReportQuery, TimeReportQuery, csv_style, zone_of

ROUTES = Routes("Worked time, added up and exported.")

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REFUSALS = {
    403: "Only an administrator may see other users' time entries.",
    422: "There are more time entries than a report may be of; the message says how many.",
}


@Route(
    ROUTES,
    "GET",
    "time",
    operation_id="report-time",
    query=TimeReportQuery(),
    answer=TimeReport(),
    media_types=(CSV, XLSX),
    refusals=REFUSALS,
)
async def report_time(request: Request) -> Reply:
    """Report worked time by groups.

    Entries are cut at the edges of the range, and at local midnight, Monday or the first of a month where one of these
    is a group. Rounding comes after that, so that every level's parts add up to it. A running entry counts up to now.
    Amounts are for administrators; for others they are empty.
    """
    query, zone = request.query, zone_of(request.query)
    found = await source(request.caller, query, request.now)
    asked = _asked(found, query["group_by"], query["rounding"], query["rounding_minutes"])
    report = Report(asked, zone, found.rates)
    if query["format"] == "xlsx":
        rows = entry_rows(request.caller, report, found)
        return _file(await workbook.grouped(report, rows, found, _heading(found, query)), found, query)
    await added_up(report, found)
    if query["format"] == "csv":
        return _file(csv_file.grouped(report, found, csv_style(query)), found, query)
    return Reply(time_report(report, found, query["timezone"] and query["timezone"].key))


@Route(
    ROUTES,
    "GET",
    "entries",
    operation_id="report-entries",
    query=EntriesReportQuery(),
    answer=EntriesReport(),
    media_types=(CSV, XLSX),
    refusals=REFUSALS,
)
async def report_entries(request: Request) -> Reply:
    """Report time entries, one by one.

    A row for each entry, newest start first. Entries are not cut: `seconds` is the part within the range. A running
    entry counts up to now. Amounts are for administrators; for others they are empty.
    """
    query, zone = request.query, zone_of(request.query)
    if query["layout"] and query["format"] != "csv":
        raise ValidationError("It is a layout of CSV: add format=csv.", "layout")
    found = await source(request.caller, query, request.now)
    report = Report(_asked(found), zone, found.rates)
    rows = entry_rows(request.caller, report, found)
    if query["layout"]:
        return _file(await csv_file.toggl(rows, found, zone, csv_style(query), request.now), found, query)
    if query["format"] == "xlsx":
        return _file(await workbook.of_entries(rows, found, _heading(found, query)), found, query)
    if query["format"] == "csv":
        return _file(await csv_file.of_entries(rows, found, zone, csv_style(query)), found, query)
    data, total = await json_body(Streamed(rows)), report.total
    sums = {
        "seconds": total.milliseconds / 1000,
        "entries": total.entries,
        "running": total.running,
        "amounts": amounts_of(total.amounts),
    }
    # The sums are known when the last row is written.
    return Reply(b'{"data":%b,%b' % (data, dumps(sums)[1:]))


def _asked(found: Source, group_by: tuple[str, ...] = (), rounding: str = "none", minutes: int = 1) -> Asked:
    return Asked(milliseconds(found.filters.first), milliseconds(found.filters.beyond), group_by, rounding, minutes)


def _file(content: bytes, found: Source, query: Mapping[str, Any]) -> Reply:
    """A file with a name that says what is in it: `time 2026-11-01 to 2026-11-30.csv`."""
    disposition = f'attachment; filename="{_title(found, query)}.{query["format"]}"'
    mimetype = CSV if query["format"] == "csv" else XLSX
    return Reply(content, headers={"Content-Disposition": disposition}, mimetype=mimetype)


def _title(found: Source, query: Mapping[str, Any]) -> str:
    filters, zone = found.filters, zone_of(query)
    title = "time"
    if filters.first != instants.EARLIEST:
        title += f" {instants.local_day(filters.first, zone)}"
    if filters.beyond != instants.LATEST:
        title += f" to {instants.local_day(filters.beyond - timedelta(milliseconds=1), zone)}"
    return title


def _heading(found: Source, query: Mapping[str, Any]) -> workbook.Heading:
    """`Time 2026-11-01 to 2026-11-30, America/Guayaquil`."""
    zone = zone_of(query)
    return workbook.Heading(f"{_title(found, query).capitalize()}, {query['timezone'] or zone}", zone)
