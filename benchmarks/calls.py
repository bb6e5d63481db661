"""The calls that are measured: what the frontend polls and sends all day, and an administrator's report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# Who polls or writes all day calls these; they are to be near the floor, and flat as the data grows.
HOT = ("running", "get", "list of a month", "start", "stop", "stop + start", "put", "summary")
# An administrator's, of everyone.
REPORT = "report of a month"
# What stands in the tables, in their order.
OPERATIONS = (*HOT, REPORT)


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP request: a path below `/api/`, and a JSON body if it has one."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person who calls: their token, a stopped entry of theirs, and what they work on."""

    token: str
    user_id: str
    tenant_id: str
    project_id: str
    activity_id: str
    entry_id: str
    # A month that holds entries of theirs, as the list's query names it.
    month: str


def running(_: Person) -> Call:
    return Call("GET", "time-entries/running")


def get(person: Person) -> Call:
    return Call("GET", f"time-entries/{person.entry_id}")


def month(_: Person) -> Call:
    """Four weeks up to now: what the page reads again after each write."""
    since = datetime.now(UTC) - timedelta(days=28)
    return Call("GET", f"time-entries?start_date={since:%Y-%m-%dT%H:%M:%SZ}")


def summary(_: Person) -> Call:
    return Call("GET", "time-entries/summary?time_offset=300")


def report(person: Person) -> Call:
    return Call("GET", f"time-entries?user_id=*&{person.month}")


def put(person: Person, number: int) -> Call:
    """A change of the text; no two are the same, for one that changes nothing would write nothing."""
    return Call("PUT", f"time-entries/{person.entry_id}", {"description": f"Change number {number}"})


def start(person: Person) -> Call:
    body = {"project_id": person.project_id, "activity_id": person.activity_id, "description": "Clocked in"}
    return Call("POST", "time-entries", body)


def stop(entry_id: str) -> Call:
    return Call("POST", f"time-entries/{entry_id}/stop")


# The reads: one call each, always the same.
READS: Mapping[str, Callable[[Person], Call]] = {
    "running": running,
    "get": get,
    "list of a month": month,
    "summary": summary,
    REPORT: report,
}
# The steps that are measured together: all of them reads, or all of them writes.
READ_STEPS = tuple(READS)
WRITE_STEPS = ("clock", "stop + start", "put")
# So many people write in turn, as one caller, that a tenth of a second and more lies between two writes of one.
WRITERS_EACH = 16
