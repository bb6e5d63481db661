"""A report of any size, for administrators with access to the database."""

from collections.abc import Callable, Mapping
from typing import Any

from shared import instants
from shared.auth.caller import Caller
from shared.http.json_body import dumps
from shared.reports import files
from shared.reports.answers import added_up, time_report
from shared.reports.reading import source
from shared.reports.schemas import TimeReportQuery


async def make(tenant_id: str, asked: Mapping[str, str], done: Callable[[int], Any]) -> bytes:
    """The report of groups that `/reports/time` answers an administrator with this query, of everyone's time.

    `done` is called with the number of entries read. Raises ValidationError for a bad query.
    """
    query = TimeReportQuery().load({"user_id": "*", **asked})
    caller = Caller("", tenant_id, is_admin=True, is_tester=True)
    found = await source(caller, query, instants.now(), rows=query["format"] == "xlsx", done=done)
    if query["format"] != "json":
        return await files.of_groups(caller, found, query)
    report = await added_up(files.report_of(found, query), found)
    return dumps(time_report(report, found, query["timezone"] and query["timezone"].key))
