"""What a timesheet amounts to, by the rates of a moment. Only administrators see it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from shared.catalog.references import names_for
from shared.instants import parse_instant
from shared.rates.store import rate_book
from shared.reports.answers import amounts_of
from shared.reports.days import milliseconds
from shared.reports.rules import Asked, Entry, Report
from shared.timesheets.rules import Submitted, entry_of


async def amounts(timesheet: Mapping[str, Any], rows: Submitted) -> list[dict[str, str]]:
    """What these entries of the timesheet's owner amount to by the rates of now: a line for each currency.

    One query of the rates, and what is in memory of the catalog.
    """
    entries = [entry_of(timesheet["owner_id"], values) for values in rows.values()]
    names, rates = await asyncio.gather(names_for(timesheet["tenant_id"], entries), rate_book(timesheet["tenant_id"]))
    start, end = (milliseconds(parse_instant(timesheet[name])) for name in ("start", "end"))
    report = Report(Asked(start, end), UTC, rates)
    for entry in entries:
        if entry["end_date"] is not None:
            begin, finish = (milliseconds(parse_instant(entry[name])) for name in ("start_date", "end_date"))
            report.add(
                Entry(
                    user_id=entry["owner_id"],
                    project_id=entry["project_id"],
                    customer_id=names.projects.get(entry["project_id"], {}).get("customer_id"),
                    activity_id=entry["activity_id"],
                    billable=entry["billable"],
                    start=begin,
                    end=finish,
                    running=False,
                    timezone_offset=entry["timezone_offset"],
                )
            )
    return amounts_of(report.total.amounts)
