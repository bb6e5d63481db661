"""`/api/reports`: worked time added up, as JSON, or as files for spreadsheets and other programs."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from shared.http.json_body import Streamed, dumps, json_body
from shared.http.routing import Reply, Request, Route, Routes
from shared.reports import files
from shared.reports.answers import EntriesReport, TimeReport, added_up, amounts_of, entry_rows, time_report
from shared.reports.reading import Source, source
from shared.reports.schemas import EntriesReportQuery, TimeReportQuery

ROUTES = Routes("Worked time, added up and exported.")

REFUSALS = {
    403: "Only an administrator may see other users' time entries.",
    422: "There are more time entries than a report may be of, or they are too far apart; the message says so.",
}


@Route(
    ROUTES,
    "GET",
    "time",
    operation_id="report-time",
    query=TimeReportQuery(),
    answer=TimeReport(),
    media_types=tuple(files.MEDIA_TYPES.values()),
    refusals=REFUSALS,
)
async def report_time(request: Request) -> Reply:
    """Report worked time by groups.

    Entries are cut at the edges of the range, and at local midnight, Monday or the first of a month where one of these
    is a group. Rounding comes after that, so that every level's parts add up to it. A running entry counts up to now.
    Amounts are for administrators; for others they are empty.
    """
    query = request.query
    found = await source(request.caller, query, request.now, rows=query["format"] == "xlsx")
    if query["format"] != "json":
        return _file(await files.of_groups(request.caller, found, query), found, query)
    report = await added_up(files.report_of(found, query), found)
    return Reply(time_report(report, found, query["timezone"] and query["timezone"].key))


@Route(
    ROUTES,
    "GET",
    "entries",
    operation_id="report-entries",
    query=EntriesReportQuery(),
    answer=EntriesReport(),
    media_types=tuple(files.MEDIA_TYPES.values()),
    refusals=REFUSALS,
)
async def report_entries(request: Request) -> Reply:
    """Report time entries, one by one.

    A row for each entry, newest start first. Entries are not cut: `seconds` is the part within the range. A running
    entry counts up to now. Amounts are for administrators; for others they are empty.
    """
    query = request.query
    if query["layout"] and query["format"] != "csv":
        raise ValidationError("It is a layout of CSV: add format=csv.", "layout")
    found = await source(request.caller, query, request.now, rows=True)
    if query["format"] != "json":
        return _file(await files.of_entries(request.caller, found, query, request.now), found, query)
    report = files.report_of(found, query)
    data, total = await json_body(Streamed(entry_rows(request.caller, report, found))), report.total
    sums = {
        "seconds": total.milliseconds / 1000,
        "entries": total.entries,
        "running": total.running,
        "amounts": amounts_of(total.amounts),
    }
    # The sums are known when the last row is written.
    return Reply(b'{"data":%b,%b' % (data, dumps(sums)[1:]))


def _file(content: bytes, found: Source, query: Mapping[str, Any]) -> Reply:
    disposition = f'attachment; filename="{files.name_of(found, query)}"'
    return Reply(content, headers={"Content-Disposition": disposition}, mimetype=files.MEDIA_TYPES[query["format"]])
