"""What was measured: the operations' charges, trips and time on a processor, and how large the documents are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.calls import OPERATIONS, REPORT
from embedded_cosmos import charges
from shared.auth.caller import Caller
from shared.cosmos.containers import TIME_ENTRY
from shared.events.outbox import outbox_document, stamped
from shared.logs import correlation_id
from shared.time_entries.timeline import Timeline

RESULTS = Path(__file__).parents[1] / "results" / "operations.json"
OURS = "this backend"
# These two are measured together, in turn, so that they share the time that their step took on the processor.
CLOCK = ("start", "stop")
# What the database adds to each document.
SYSTEM = {
    "_rid": "aBcDeFgHiJkBAAAAAAAAAA==",
    "_self": "dbs/aBcDeF==/colls/aBcDeFgHiJk=/docs/aBcDeFgHiJkBAAAAAAAAAA==/",
    "_etag": '"00000000-0000-0000-0000-000000000000"',
    "_attachments": "attachments/",
    "_ts": 1_700_000_000,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What one call of an operation costs; `strong_request_units` is the part that Session consistency would spare."""

    request_units: float
    strong_request_units: float
    round_trips: int
    processor_seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The operations, and for how many people's entries the report was measured."""

    operations: Mapping[str, Operation]
    people_in_report: float

    def with_reports_of(self, people: float) -> "Measured":
        """The same where a report lists so many people's entries: it costs by the entry, nearly."""
        measured, times = self.operations[REPORT], people / self.people_in_report
        report = replace(
            measured,
            request_units=measured.request_units * times,
            strong_request_units=measured.strong_request_units * times,
            processor_seconds=measured.processor_seconds * times,
        )
        return Measured({**self.operations, REPORT: report}, people)


def read(path: Path = RESULTS) -> Measured:
    """The figures that `python -m benchmarks operations` has written."""
    result = json.loads(path.read_text(encoding="utf-8"))
    database, together = result["database"], result["together"][OURS]
    operations = {
        name: Operation(
            request_units=database[name]["request_units"],
            strong_request_units=_strong(database[name]),
            round_trips=database[name]["round_trips"],
            processor_seconds=_processor_seconds(together, name),
        )
        for name in OPERATIONS
    }
    return Measured(operations, together["running"]["users"])


def _strong(database: Mapping[str, Any]) -> float:
    """Half of what the reads cost; where there is a batch, the rest is point reads of small documents."""
    if "batch" in database["requests"]:
        return float(database["requests"].get("read", 0) * charges.point_read(0) / 2)
    return float(database["request_units"] / 2)


def _processor_seconds(together: Mapping[str, Any], name: str) -> float:
    """The app's time on a processor for one call; for a write, the delivery of its event is in it."""
    step = CLOCK if name in CLOCK else (name,)
    calls_per_second = sum(together[one]["calls_per_second"] for one in step)
    return float(together[name]["processor_share"]["app"] / calls_per_second)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The documents' sizes as they are stored, in bytes, without their index."""

    entry: int
    timeline: int
    outbox: int
    event: int


def sizes() -> Sizes:
    """Measured on what the code writes when somebody clocks in."""
    tenant_id, user_id, item_id = (str(UUID(int=number, version=4)) for number in range(3))
    correlation_id.set(item_id)
    ids = {"id": item_id, "tenant_id": tenant_id, "owner_id": user_id, "project_id": item_id, "activity_id": item_id}
    plain = {"description": "What is done, in some sixty letters, for the month's report", "uri": None}
    dates = {"start_date": "2026-01-05T14:00:00.0000000Z", "end_date": None}
    entry = {**ids, **plain, "technologies": ["Python"], "timezone_offset": 300, **dates}
    after = stamped(entry, Caller(user_id, tenant_id), TIME_ENTRY, "create", "Start a timer")
    outbox = outbox_document(None, after, datetime.now(UTC))
    timeline = Timeline(tenant_id, user_id, None, None, None).after(entry).operation()[1][0]
    return Sizes(*(_stored(document) for document in (after, timeline, outbox, outbox["event"])))


def _stored(document: Mapping[str, Any]) -> int:
    return len(json.dumps({**document, **SYSTEM}, separators=(",", ":")).encode())
