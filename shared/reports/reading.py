"""Reading what a report is of: entries page by page, so that memory grows with the groups and not with the entries."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from shared.auth.caller import Caller
from shared.catalog import references
from shared.catalog.references import Names, is_billable, names_for
from shared.config import settings
from shared.cosmos.items import Document
from shared.cosmos.pace import pace_of_reports
from shared.errors import ApiError
from shared.http.turns import LARGE_AFTER_ENTRIES, first_pages_of_reports, large_lists
from shared.instants import DEFAULT_TIMEZONE_OFFSET, EARLIEST, LATEST
from shared.rates.rules import RateBook
from shared.rates.store import rate_book
from shared.reports.days import StoredInstants, milliseconds
from shared.reports.rules import NOTHING, Entry
from shared.time_entries import lists
from shared.time_entries.entry import SELECTED
from shared.time_entries.lists import ListFilters
from shared.users.directory import directory
from shared.users.rules import Users, from_claims

# What a report adds up: half of what a row needs, and in no order, so that nothing has to be sorted.
SUMMED = ", ".join(
    f"c.{name}"
    for name in ("owner_id", "project_id", "activity_id", "start_date", "end_date", "timezone_offset", "billable")
)
OWN_SUMS = f"SELECT {SUMMED} FROM c WHERE {lists.STARTING_WITHIN}"
TENANT_SUMS = f"SELECT {SUMMED} FROM c WHERE {lists.OF_TENANT} AND {lists.STARTING_WITHIN}"
OWN_ROWS = f"SELECT {SELECTED} FROM c WHERE {lists.STARTING_WITHIN} ORDER BY c.start_date DESC"
TENANT_ROWS = f"SELECT {SELECTED} FROM c WHERE {lists.OF_TENANT} AND {lists.STARTING_WITHIN} ORDER BY c.start_date DESC"
SLICES = 4
TOO_LARGE = "There are {count} time entries, {why}; ask for a shorter time, or use the command line"
IN_TIME = "more than can be read in time"
# Of the time that a call has. What is left is enough to count, and to write the end of the answer.
READING_SECONDS = 7.5
# A row of a workbook takes the app 0.18 ms of a processor (benchmarks/reports.py), so that these take half of what a
# call may take.
MOST_IN_A_WORKBOOK = 25_000
ANY_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Source:
    """What a report is made of. `rates`: None where the reader may not see amounts."""

    filters: ListFilters
    pages: AsyncGenerator[list[Document], None]
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

    def label_of(self, group: str, key: str) -> str:
        """What a file calls a group. It has no keys beside the names, so where nobody knows a name, it has the id.

        Two former employees, whom the directory has no more, would otherwise be two rows that nothing tells apart.
        """
        return self.name_of(group, key) or ("" if key == NOTHING else key)

    def apart(self, group: str, key: str) -> str:
        """What tells a person or a project from others of the same name: the e-mail or the id, or the customer."""
        if group == "user":
            user = self.users.get(key.lower())
            return (user and user.email) or key
        return self.name_of("customer", self.names.projects.get(key, {}).get("customer_id") or NOTHING)

    def labels(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """What a file calls whose an entry is, and what for: e-mail, person, customer, project, activity.

        Without an e-mail it has the id as well: an import takes a row that says nothing for the importing person's own.
        """
        return (
            row["owner_email"] or row["owner_id"],
            self.label_of("user", row["owner_id"]),
            row["customer_name"] or row["customer_id"] or "",
            row["project_name"] or row["project_id"],
            row["activity_name"] or row["activity_id"],
        )


async def source(
    caller: Caller, query: Mapping[str, Any], now: datetime, *, rows: bool, done: Callable[[int], Any] | None = None
) -> Source:
    """What the query asks for, as far as the caller may. `rows`: whether entries are shown, or only added up.

    `done` is for the command line, which has no deadline: it is told how many entries each page has, and the report may
    be of any size.

    Raises ValidationError for a bad range, ApiError 403 as lists do; its pages raise 422 `report_too_large`.
    """
    filters = await lists.filters_for(caller, query, now)
    # A project that was made elsewhere a second ago has a customer as well.
    references.forget(caller.tenant_id)
    names = await names_for(caller.tenant_id, ())
    filters = replace(filters, projects=_projects(filters, query["customer_id"], names), billable=query["billable"])
    most = ANY_NUMBER if done else settings().report_most_entries
    if query["format"] == "xlsx" and not done:
        most = min(most, MOST_IN_A_WORKBOOK)
    known, rates = await asyncio.gather(
        directory().known_users(caller.tenant_id),
        rate_book(caller.tenant_id) if caller.may_see_amounts else _none(),
    )
    pages = _pages(caller, filters, rows, most, done)
    # Whom the directory lacks, the token describes, as in the answers about users.
    users = {caller.user_id: from_claims(caller), **known}
    return Source(filters, pages, names, users, rates, milliseconds(now))


async def _pages(
    caller: Caller, filters: ListFilters, rows: bool, most: int, done: Callable[[int], Any] | None
) -> AsyncGenerator[list[Document], None]:
    """The entries that meet the range; as rows newest start first, else in any order, with only what is added up.

    Several of them read at once take turns with the large lists. Raises ApiError 503 where there are too many, 422.
    """
    streams = _streams(caller, filters, rows)
    ends = None if done else asyncio.get_running_loop().time() + READING_SECONDS
    found = 0
    async with AsyncExitStack() as entered:
        async with first_pages_of_reports().turn():
            reaching_in, firsts = await asyncio.gather(
                lists.starting_before(caller, filters), asyncio.gather(*(_next(stream) for stream in streams))
            )
        if any(first and len(first) >= LARGE_AFTER_ENTRIES for first in firsts):
            await entered.enter_async_context(large_lists().turn())
        pages = await entered.enter_async_context(aclosing(_side_by_side(firsts, streams)))
        while found + len(reaching_in) <= most:
            try:
                async with asyncio.timeout_at(ends):
                    page = await anext(pages, None)
            except TimeoutError:
                raise await _too_large(caller, filters, IN_TIME) from None
            if page is None:
                if done:
                    done(len(reaching_in))
                yield reaching_in
                return
            found += len(page)
            if done:
                done(len(page))
            yield page
    raise await _too_large(caller, filters, f"and this report is of {most} at most")


async def _too_large(caller: Caller, filters: ListFilters, why: str) -> ApiError:
    within, before = await asyncio.gather(lists.count_within(caller, filters), lists.starting_before(caller, filters))
    return ApiError(422, "report_too_large", TOO_LARGE.format(count=within + len(before), why=why))


def _streams(caller: Caller, filters: ListFilters, rows: bool) -> list[AsyncIterator[list[Document]]]:
    """The pages of one query for rows, and of a query for each slice of the range for sums."""
    of_tenant = filters.owners is not None
    if rows:
        return [lists.pages_of(caller, filters, TENANT_ROWS if of_tenant else OWN_ROWS, {}, pace_of_reports())]
    text = TENANT_SUMS if of_tenant else OWN_SUMS
    # Of one person, there are seldom more than fit on a page.
    edges = _edges(filters, SLICES if of_tenant else 1)
    return [
        lists.pages_of(caller, replace(filters, first=first, beyond=beyond), text, {}, pace_of_reports())
        for first, beyond in pairwise(edges)
    ]


def _edges(filters: ListFilters, slices: int) -> list[datetime]:
    """Where the slices of a range begin, and where the last one ends; of an open one there is one slice."""
    if filters.first == EARLIEST or filters.beyond == LATEST:
        slices = 1
    length = (filters.beyond - filters.first) / slices
    return [*(filters.first + number * length for number in range(slices)), filters.beyond]


async def _side_by_side(
    firsts: Sequence[list[Document] | None], streams: Sequence[AsyncIterator[list[Document]]]
) -> AsyncGenerator[list[Document], None]:
    """The pages of all streams as they come: each stream's next one is read while another's is used."""
    reading = {
        asyncio.create_task(_next(stream)): stream
        for first, stream in zip(firsts, streams, strict=True)
        if first is not None
    }
    try:
        for first in firsts:
            yield first or []
        while reading:
            ready, _ = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
            for task in ready:
                stream = reading.pop(task)
                # A page may be empty, and more may follow.
                if (page := task.result()) is not None:
                    reading[asyncio.create_task(_next(stream))] = stream
                    yield page
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)


async def _next(stream: AsyncIterator[list[Document]]) -> list[Document] | None:
    return await anext(stream, None)


def _projects(filters: ListFilters, customers: list[str] | None, names: Names) -> list[str] | None:
    """The projects to look for: those of the customers asked for, among those asked for."""
    if customers is None:
        return filters.projects
    theirs = [key for key, project in names.projects.items() if project.get("customer_id") in customers]
    return theirs if filters.projects is None else [key for key in theirs if key in filters.projects]


async def _none() -> None:
    """Stands in a gather where there is nothing to read."""
