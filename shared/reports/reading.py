"""Reading what a report is of: entries page by page, so that memory grows with the groups and not with the entries."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.auth.caller import Caller
from shared.catalog import names as catalog_names
from shared.catalog.names import Names, names_for
from shared.catalog.rules import is_billable
from shared.config import settings
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.instants import DEFAULT_TIMEZONE_OFFSET
from shared.rates.rules import RateBook
from shared.rates.store import rate_book
from shared.reports.days import StoredInstants, milliseconds
from shared.reports.rules import NOTHING, Entry
from shared.time_entries import lists
from shared.time_entries.schemas import ListFilters
from shared.users.directory import directory
from shared.users.rules import Users

TOO_LARGE = "There are {count} time entries, and this report is of {most} at most; ask for a shorter time, or for CSV"
# A row of a workbook takes 0.45 ms of a processor, so that these take half of what a call may take (XlsxWriter 3.3.1,
# 20 columns).
MOST_IN_A_WORKBOOK = 10_000
ANY_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Source:
    """What a report is made of. `rates`: None where the reader may not see amounts."""

    filters: ListFilters
    pages: AsyncIterator[list[Document]]
    names: Names
    users: Users
    rates: RateBook | None
    now: int
    instants: StoredInstants = field(default_factory=StoredInstants)

    def entry(self, document: Document) -> Entry:
        """A time entry as the rules see it. A running one lasts until now."""
        end = document.get("end_date")
        offset = document.get("timezone_offset")
        return Entry(
            user_id=document["owner_id"],
            project_id=document["project_id"],
            customer_id=self.names.projects.get(document["project_id"], {}).get("customer_id"),
            activity_id=document["activity_id"],
            billable=is_billable(document),
            start=self.instants.milliseconds(document["start_date"]),
            end=self.instants.milliseconds(end) if end else self.now,
            running=end is None,
            timezone_offset=DEFAULT_TIMEZONE_OFFSET if offset is None else offset,
        )

    def name_of(self, group: str, key: str) -> str:
        """What people call a group."""
        if group == "billable":
            return key
        if key == NOTHING:
            return ""
        if group == "user":
            user = self.users.get(key.lower())
            return (user.name or user.email) if user else ""
        if group == "customer":
            return str(self.names.customers.get(key, {}).get("name", ""))
        return self.names.project_name(key) if group == "project" else self.names.activity_name(key)


async def source(
    caller: Caller, query: Mapping[str, Any], now: datetime, *, done: Callable[[int], Any] | None = None
) -> Source:
    """What the query asks for, as far as the caller may.

    `done` is for the command line, which has no deadline: it is told how many entries each page has, and the report may
    be of any size.

    Raises ValidationError for a bad range, ApiError 403 as lists do, 422 `report_too_large`.
    """
    filters = await lists.filters_for(caller, query, now)
    # A project that was made elsewhere a second ago has a customer as well.
    catalog_names.forget(caller.tenant_id)
    names = await names_for(caller.tenant_id, ())
    filters = replace(filters, projects=_projects(filters, query["customer_id"], names), billable=query["billable"])
    most = ANY_NUMBER if done else settings().report_most_entries
    if query["format"] == "xlsx" and not done:
        most = min(most, MOST_IN_A_WORKBOOK)
    (count, found), users, rates = await asyncio.gather(
        lists.page(caller, filters, 0, most),
        directory().known_users(caller.tenant_id),
        rate_book(caller.tenant_id) if caller.may_see_amounts else _none(),
    )
    if count > most:
        raise ApiError(422, "report_too_large", TOO_LARGE.format(count=count, most=most))
    pages = found.pages()
    told = _told(pages, done) if done else pages
    return Source(filters, told, names, users, rates, milliseconds(now))


async def _told(pages: AsyncIterator[list[Document]], done: Callable[[int], Any]) -> AsyncIterator[list[Document]]:
    async for page in pages:
        done(len(page))
        yield page


def _projects(filters: ListFilters, customers: list[str] | None, names: Names) -> list[str] | None:
    """The projects to look for: those of the customers asked for, among those asked for."""
    if customers is None:
        return filters.projects
    theirs = [key for key, project in names.projects.items() if project.get("customer_id") in customers]
    return theirs if filters.projects is None else [key for key in theirs if key in filters.projects]


async def _none() -> None:
    """Stands in a gather where there is nothing to read."""
