"""Trouble on demand, for tests: throttling, unavailability, splits, delay, connections that break. Off by default.

A test in the server's process uses `Server.faults`; for one in another process, `--faults` opens `/_faults`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from embedded_cosmos.batches import batch_of
from embedded_cosmos.errors import RANGE_GONE, CosmosError, bad_request
from embedded_cosmos.wire import Call, Reply, json_text

CONTROL_PATH = "_faults"


class Operation(StrEnum):
    """What a fault may be meant for; the first three stand for several."""

    ANY = "any"
    WRITES = "writes"
    READS = "reads"
    CREATE = "create"
    UPSERT = "upsert"
    REPLACE = "replace"
    PATCH = "patch"
    DELETE = "delete"
    BATCH = "batch"
    READ = "read"
    QUERY = "query"
    FEED = "feed"
    CHANGE_FEED = "change feed"
    METADATA = "metadata"


_WRITES = frozenset(
    (Operation.CREATE, Operation.UPSERT, Operation.REPLACE, Operation.PATCH, Operation.DELETE, Operation.BATCH)
)
_READS = frozenset((Operation.READ, Operation.QUERY, Operation.FEED, Operation.CHANGE_FEED))


class Kind(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"
    UNAVAILABLE = "unavailable"
    GONE = "gone"
    DELAY = "delay"
    DROP_BEFORE = "drop before"
    DROP_AFTER = "drop after"


@dataclass(slots=True)
class Fault:
    """`count` requests of `operation` (on `container`, or any) meet it, after `skip` that do not.

    `seconds` is how long a delay takes, or what a throttled client is told to wait. With `units_per_second`, only those
    requests meet it that come when the requests of the current second were charged so much already, as in an account
    with a provisioned throughput.
    """

    kind: Kind
    operation: Operation = Operation.ANY
    count: int = 1
    skip: int = 0
    container: str | None = None
    seconds: float = 0.1
    hits: int = 0
    units_per_second: float | None = None

    def meets(self, operation: Operation, container: str | None) -> bool:
        if self.container is not None and self.container != container:
            return False
        if self.operation is Operation.ANY:
            return operation is not Operation.METADATA
        if self.operation is Operation.WRITES:
            return operation in _WRITES
        return operation in _READS if self.operation is Operation.READS else operation is self.operation

    def described(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


class Faults:
    """The faults that wait for their requests; safe to use from another thread than the server's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._second = 0
        self._charged = 0.0

    def inject(self, fault: Fault) -> Fault:
        """The fault counts its `hits`; a test can see that it was met."""
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def charge(self, units: float) -> None:
        """A request of the current second was charged so much."""
        with self._lock:
            if (second := int(time.monotonic())) != self._second:
                self._second, self._charged = second, 0.0
            self._charged += units

    def take(self, call: Call) -> Fault | None:
        if not self._waiting:
            return None
        operation = operation_of(call)
        container = call.path[3] if len(call.path) > 3 else None
        with self._lock:
            for fault in self._waiting:
                if fault.hits < fault.count and fault.meets(operation, container) and self._has_cause(fault):
                    if fault.skip > 0:
                        fault.skip -= 1
                        return None
                    fault.hits += 1
                    return fault
        return None

    def _has_cause(self, fault: Fault) -> bool:
        if fault.units_per_second is None:
            return True
        return int(time.monotonic()) == self._second and self._charged >= fault.units_per_second

    def control(self, call: Call) -> Reply:
        """GET lists the faults with their hits, POST adds one, DELETE takes all away."""
        if call.verb == "POST":
            self.inject(_fault_of(call.json_object()))
        elif call.verb == "DELETE":
            self.clear()
        with self._lock:
            return Reply(200, json_text([fault.described() for fault in self._waiting]))


def refuse_web_page(call: Call) -> None:
    """Browsers name the page that a request comes from; no test's client does."""
    if "Origin" in call.headers or "Sec-Fetch-Site" in call.headers:
        raise CosmosError(403, "A web page cannot inject faults.")


def _fault_of(given: dict[str, Any]) -> Fault:
    converters: dict[str, Callable[[Any], Any]] = {
        "kind": Kind,
        "operation": Operation,
        "seconds": float,
        "units_per_second": float,
    }
    try:
        return Fault(**{name: converters.get(name, _as_is)(value) for name, value in given.items()})
    except (TypeError, ValueError) as error:
        raise bad_request(f"This is no fault: {error}") from error


def _as_is(value: Any) -> Any:
    return value


def operation_of(call: Call) -> Operation:  # noqa: PLR0911 - one return for each operation
    if len(call.path) < 5 or call.path[4] != "docs":
        return Operation.METADATA
    if len(call.path) > 5:
        by_verb = {"GET": Operation.READ, "PUT": Operation.REPLACE, "PATCH": Operation.PATCH}
        return by_verb.get(call.verb, Operation.DELETE)
    if call.verb == "GET":
        return Operation.CHANGE_FEED if "A-IM" in call.headers else Operation.FEED
    if call.flag("x-ms-cosmos-is-batch-request"):
        return Operation.READ if _only_reads(call) else Operation.BATCH
    if call.flag("x-ms-documentdb-isquery"):
        return Operation.QUERY
    if call.flag("x-ms-cosmos-is-query-plan-request"):
        return Operation.METADATA
    return Operation.UPSERT if call.flag("x-ms-documentdb-is-upsert") else Operation.CREATE


def _only_reads(call: Call) -> bool:
    """Whether a batch changes nothing: a fault that is meant for writes must not meet it."""
    try:
        return all(operation.kind == "Read" for operation in batch_of(call).operations)
    except CosmosError:
        return False


def refusal(fault: Fault) -> CosmosError | None:
    """The answer of a fault that answers."""
    if fault.kind is Kind.THROTTLE:
        headers = {"x-ms-retry-after-ms": str(round(fault.seconds * 1000))}
        return CosmosError(429, "Request rate is large (an injected fault).", 3200, headers)
    if fault.kind is Kind.UNAVAILABLE:
        return CosmosError(503, "Service is currently unavailable (an injected fault).")
    if fault.kind is Kind.GONE:
        return CosmosError(410, "The partition key range is gone (an injected fault).", RANGE_GONE)
    return None
