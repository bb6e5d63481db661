"""A report of 100,000 entries of 500 owners in a month: beside the bare reading of its fields, and what others notice.

In each round the report is asked for over HTTP and its fields are read bare by the SDK, in turn. Then others poll, and
clock in and out, once alone and once beside reports, while the database refuses whatever goes beyond the throughput
that the template sets. At last workbooks are written, beside the same rows written by XlsxWriter alone.
"""

import asyncio
import os
import re
import statistics
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import aiohttp
import xlsxwriter
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import ContainerProxy, CosmosClient

from benchmarks import calls, company, floor, stack
from benchmarks.calls import Person
from benchmarks.large_answers import percentiles
from benchmarks.stack import memory_kilobytes
from embedded_cosmos.auth import EMULATOR_KEY
from shared.cosmos.items import PAGE_SIZE, Document
from shared.instants import format_instant
from shared.reports import reading
from shared.reports.sheets import Workbook
from shared.reports.workbook import ENTRY_COLUMNS

ROUNDS = 3
OWNERS = 500
ENTRIES_EACH = 200
BATCH = 100
GROUP_BY = "customer,project,user"
# What the template provisions.
THROUGHPUT = 4000
POLLING = 4
POLLS_A_SECOND = 40
SECONDS = 15.0
ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Measured:
    """An app, and its own database with the entries; who asks for reports of it, and who works meanwhile."""

    database: stack.Server
    app: stack.Server
    session: aiohttp.ClientSession
    admin: Person
    working: list[Person]
    seconds: float

    async def ask(self, person: Person, call: calls.Call) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {person.token}"}
        url = f"{self.app.url}/api/{call.path}"
        async with self.session.request(call.method, url, json=call.body, headers=headers) as answer:
            return answer.status, await answer.read()

    async def report(self, path: str = f"reports/time?group_by={GROUP_BY}") -> bytes:
        status, body = await self.ask(self.admin, calls.Call("GET", f"{path}&user_id=*&{self.admin.month}"))
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:200]!r}")
        return body

    async def faults(self, method: str, fault: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        async with self.session.request(method, f"{self.database.url}/_faults", json=fault) as answer:
            answer.raise_for_status()
            return [*await answer.json()]


async def measure(rounds: int = ROUNDS, owners: int = OWNERS, seconds: float = SECONDS) -> dict[str, Any]:
    """The figures of a backend of its own, on a database that it fills."""
    async with AsyncExitStack() as running:
        database = await running.enter_async_context(stack.database(faults=True))
        await stack.migrate(database.url)
        unpaced, paced = [
            await running.enter_async_context(stack.app(database.url, stack.without_change_feed() | more))
            for more in ({}, {"COSMOS_THROUGHPUT": str(THROUGHPUT)})
        ]
        session = await running.enter_async_context(aiohttp.ClientSession())
        people = await company.found(unpaced.url, POLLING)
        client = CosmosClient(database.url, EMULATOR_KEY, transport=AioHttpTransport(use_env_settings=False))
        running.push_async_callback(client.close)
        bare = await floor.prepared(client.get_database_client(stack.DATABASE), people.admin)
        await _fill(bare.entries, bare.entry, owners)
        at_full_speed = Measured(database, unpaced, session, people.admin, people.writers, seconds)
        slowly = Measured(database, paced, session, people.admin, people.writers, seconds)
        for kind in ("billable", "cost"):
            body = {"kind": kind, "amount": "85.00", "currency": "EUR"}
            await at_full_speed.ask(people.admin, calls.Call("POST", "rates", body))
        return {
            "entries": owners * ENTRIES_EACH,
            "report": await _report(at_full_speed, bare.entries, rounds),
            "paced": await _timed_report(slowly),
            "others": await _others(slowly),
            "throttled": {
                "clock-ins alone": await _throttled(slowly, reports=False),
                "beside a report": await _throttled(slowly, reports=True),
                "beside a report that is not paced": await _throttled(at_full_speed, reports=True),
            },
            "workbook": await _workbooks(at_full_speed),
        }


async def _fill(entries: ContainerProxy, entry: Document, owners: int) -> None:
    first = company.last_month(datetime.now(UTC))
    spell = ((first + timedelta(days=31)).replace(day=1) - first) / ENTRIES_EACH
    projects = [entry["project_id"]] * 9
    for owner_id in (str(uuid4()) for _ in range(owners)):
        worked: list[Any] = []
        for number in range(ENTRIES_EACH):
            start = first + number * spell
            dates = {"start_date": format_instant(start), "end_date": format_instant(start + spell * 0.9)}
            mine = {"id": str(uuid4()), "owner_id": owner_id, "project_id": projects[number % len(projects)]}
            worked.append(("create", ({**entry, **dates, **mine},)))
        for at in range(0, ENTRIES_EACH, BATCH):
            await entries.execute_item_batch(worked[at : at + BATCH], [entry["tenant_id"], owner_id])


async def _report(measured: Measured, entries: ContainerProxy, rounds: int) -> dict[str, Any]:
    """The report and the bare reading of its fields, in turn: wall clock, and processor time of app, SDK, database."""
    await measured.report()
    _reset_peak(measured.app.pid)
    before = memory_kilobytes(measured.app.pid, "VmRSS")
    took: list[dict[str, float]] = []
    units: list[float] = []
    for _ in range(rounds):
        one = await _timed_report(measured)
        began, processor, database = time.perf_counter(), time.process_time(), measured.database.processor_seconds
        units = await _bare(entries, measured.admin)
        one |= {
            "bare seconds": time.perf_counter() - began,
            "bare processor": time.process_time() - processor,
            "bare database": measured.database.processor_seconds - database,
        }
        took.append(one)
    middle = {name: _median(one[name] for one in took) for name in took[0]}
    return {
        **middle,
        "ratio": _median(one["seconds"] / one["bare seconds"] for one in took),
        "ratio of processor": _median(
            (one["processor"] + one["database"]) / (one["bare processor"] + one["bare database"]) for one in took
        ),
        "pages": len(units),
        "request units": round(sum(units)),
        "more memory in MB": round((memory_kilobytes(measured.app.pid, "VmHWM") - before) / 1024, 1),
    }


async def _timed_report(measured: Measured) -> dict[str, float]:
    began = time.perf_counter()
    app, database = measured.app.processor_seconds, measured.database.processor_seconds
    await measured.report()
    return {
        "seconds": time.perf_counter() - began,
        "processor": measured.app.processor_seconds - app,
        "database": measured.database.processor_seconds - database,
    }


async def _bare(entries: ContainerProxy, admin: Person) -> list[float]:
    """Read what the report reads, by one query of the SDK; gives the charge of each page."""
    first = company.last_month(datetime.now(UTC))
    beyond = (first + timedelta(days=31)).replace(day=1)
    parameters: Document = {
        "tenant": admin.tenant_id, "owners": None, "hidden": [], "projects": None, "activities": None, "uri": None,
        "billable": None, "first": format_instant(first), "beyond": format_instant(beyond),
    }  # fmt: skip
    charges: list[float] = []
    rows = entries.query_items(
        reading.TENANT_SUMS,
        parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
        max_item_count=PAGE_SIZE,
        response_hook=lambda headers, _: charges.append(float(headers["x-ms-request-charge"])),
    )
    _ = [row async for row in rows]
    return charges


async def _others(measured: Measured) -> dict[str, Any]:
    """What it takes others to be told of their running timers, without a report and beside one after the other."""
    people = [asdict(person) for person in measured.working]
    order: Document = {"host": measured.app.url, "people": people, "rate": POLLS_A_SECOND, "seconds": measured.seconds}
    usual = percentiles((await stack.ordered("benchmarks.polling", order))["took"])
    async with _reports(measured):
        meanwhile = percentiles((await stack.ordered("benchmarks.polling", order))["took"])
    return {
        "usual": usual,
        "meanwhile": meanwhile,
        "ratio": {cut: round(meanwhile[cut] / usual[cut], 2) for cut in usual},
    }


async def _throttled(measured: Measured, *, reports: bool) -> dict[str, int]:
    """How many requests the database refuses while people clock in and out, two calls a second each."""
    await measured.faults("DELETE")
    for operation in ("writes", "reads"):
        fault = {
            "kind": "throttle",
            "operation": operation,
            "count": 10**9,
            "seconds": 0.5,
            "units_per_second": THROUGHPUT,
        }
        await measured.faults("POST", fault)
    statuses: list[int] = []
    ends = time.monotonic() + measured.seconds

    async def clock(person: Person) -> None:
        while time.monotonic() < ends:
            status, body = await measured.ask(person, calls.start(person))
            statuses.append(status)
            await asyncio.sleep(0.5)
            entry_id = re.search(rb'"id":"([^"]+)"', body)
            if status == 201 and entry_id:
                statuses.append((await measured.ask(person, calls.stop(entry_id[1].decode())))[0])
            await asyncio.sleep(0.5)

    async with AsyncExitStack() as meanwhile:
        if reports:
            await meanwhile.enter_async_context(_reports(measured))
        await asyncio.gather(*map(clock, measured.working))
    hits = [fault["hits"] for fault in await measured.faults("GET")]
    await measured.faults("DELETE")
    refused = sum(status in {429, 503} for status in statuses)
    return {"calls": len(statuses), "answered 429 or 503": refused, "429 of writes": hits[0], "429 of reads": hits[1]}


@asynccontextmanager
async def _reports(measured: Measured) -> AsyncIterator[None]:
    """Report follows report."""

    async def one_after_another() -> None:
        while True:
            call = calls.Call("GET", f"reports/time?group_by={GROUP_BY}&user_id=*&{measured.admin.month}")
            await measured.ask(measured.admin, call)

    task = asyncio.create_task(one_after_another())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _workbooks(measured: Measured) -> dict[str, Any]:
    """What a row takes of a processor: read, priced and written by the app; written alone; written by XlsxWriter."""
    path = "reports/entries?format=xlsx"
    app = measured.app.processor_seconds
    first = company.last_month(datetime.now(UTC))
    week = {"start_date": first.date().isoformat(), "end_date": (first + timedelta(days=2)).date().isoformat()}
    query = "&".join(f"{name}={value}" for name, value in week.items())
    status, body = await measured.ask(measured.admin, calls.Call("GET", f"{path}&user_id=*&timezone=UTC&{query}"))
    used = measured.app.processor_seconds - app
    if status != 200:
        raise RuntimeError(f"{path}: {status} {body[:200]!r}")
    rows = int(re.findall(r"Entries!\$A\$3:\$[A-Z]+\$(\d+)", _workbook_xml(body))[0]) - 3
    began = time.process_time()
    await _written(ROWS)
    ours, began = time.process_time() - began, time.process_time()
    _written_by_xlsxwriter(ROWS)
    theirs = time.process_time() - began
    return {
        "rows": rows,
        "bytes": len(body),
        "milliseconds of a row, in all": round(used / rows * 1000, 3),
        "milliseconds of a row, written": round(ours / ROWS * 1000, 3),
        "milliseconds of a row, by XlsxWriter": round(theirs / ROWS * 1000, 3),
        "times the rows of XlsxWriter": round(theirs / ours, 1),
    }


def _workbook_xml(content: bytes) -> str:
    with zipfile.ZipFile(BytesIO(content)) as file:
        return file.read("xl/workbook.xml").decode()


def _cells(count: int) -> Iterator[list[Any]]:
    start = datetime(2026, 11, 1)  # noqa: DTZ001 - a wall clock
    for number in range(count):
        begun = start + timedelta(minutes=number % 40_000)
        texts = (f"User {number % 500}", f"user{number % 500}@example.com", "Customer", f"Project {number % 60}",
                 "Development", f"Spell {number} of a month of work", "TT-1", "Python, SQL", "yes")  # fmt: skip
        yield [start, begun, begun + timedelta(hours=1), 0.041666, 1.0, *texts]


async def _written(count: int) -> bytes:
    with Workbook() as workbook:
        sheet = workbook.sheet(workbook.add("Entries"), "Time", ENTRY_COLUMNS)
        for cells in _cells(count):
            sheet.write(cells)
        sheet.close([{0: "Total"}], len(ENTRY_COLUMNS))
        return await workbook.content()


def _written_by_xlsxwriter(count: int) -> None:
    book = xlsxwriter.Workbook(BytesIO(), {"constant_memory": True})
    sheet = book.add_worksheet("Entries")
    forms = [book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "[h]:mm:ss", "@")]
    for row, cells in enumerate(_cells(count)):
        for place, value in enumerate(cells):
            if isinstance(value, str):
                sheet.write_string(row, place, value, forms[2])
            elif isinstance(value, datetime):
                sheet.write_datetime(row, place, value, forms[0])
            else:
                sheet.write_number(row, place, value, forms[1])
    book.close()


def _reset_peak(pid: int) -> None:
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:  # noqa: PTH123 - the kernel's, not a file
        file.write("5" + os.linesep)


def _median(figures: Any) -> float:
    return round(float(statistics.median(figures)), 2)
