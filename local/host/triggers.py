"""What sets a function off: the three triggers that this host knows, read from the bindings a decorator left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local.host.configuration import AppSettings
from local.host.errors import HostError
from local.host.schedules import Schedule, ScheduleError, schedule_of

HTTP_TRIGGER = "httpTrigger"
CHANGE_FEED_TRIGGER = "cosmosDBTrigger"

TIMER_TRIGGER = "timerTrigger"

# The Cosmos DB extension's own intervals, in milliseconds.
_POLL_DELAY_MS = 5_000
_LEASE_LIFE_MS = 60_000
_LEASE_RENEWAL_MS = 17_000
_LEASE_ACQUISITION_MS = 13_000
# A timer's lock lasts 15 s; a host that has not got it looks again once a minute.
_TIMER_LOCK_SECONDS = 15.0
_TIMER_LOCK_RENEWAL_SECONDS = 5.0
_TIMER_LOCK_ACQUISITION_SECONDS = 60.0


@dataclass(frozen=True)
class HttpTrigger:
    """An HTTP route."""

    route: str
    methods: frozenset[str] | None

    @classmethod
    def declared(cls, binding: Mapping[str, Any], name: str) -> "HttpTrigger":
        route = str(binding.get("route") or "").strip("/")
        if route.lower().startswith(("admin", "runtime")):
            raise HostError(f"{name}: a route may not start with admin or runtime, as {route!r} does")
        methods = binding.get("methods")
        if methods is None:
            return cls(route, None)
        return cls(route, frozenset(str(getattr(method, "value", method)).upper() for method in methods))


@dataclass(frozen=True)
class ChangeFeedTrigger:
    """A container whose changes are handed to a function, and where the progress is kept; times are seconds."""

    connection: str
    database: str
    container: str
    lease_connection: str
    lease_database: str
    lease_container: str
    lease_prefix: str
    creates_lease_container: bool
    start: Literal["Now", "Beginning"]
    batch_size: int
    poll_delay: float
    lease_life: float
    lease_renewal: float
    lease_acquisition: float

    @classmethod
    def declared(cls, binding: Mapping[str, Any], name: str, settings: AppSettings) -> "ChangeFeedTrigger":
        if "collectionName" in binding:
            raise HostError(f"{name}: the old form of the Cosmos DB trigger; declare it with cosmos_db_trigger")

        def text(key: str, otherwise: str | None = None) -> str:
            value = binding.get(key)
            if value is None and otherwise is None:
                raise HostError(f"{name}: its trigger says no {key}")
            return settings.resolve(str(otherwise if value is None else value), name)

        def seconds(key: str, otherwise: float) -> float:
            declared = binding.get(key)
            return (otherwise if declared is None else _positive(declared, 1, f"{name}: {key}")) / 1000

        if binding.get("startFromTime") is not None:
            raise HostError(
                f"{name}: the extension refuses start_from_time (its DateTimeKind is Unspecified), and the trigger "
                "never starts; use start_from_beginning"
            )
        factor = settings.intervals_shortened_to()

        return cls(
            connection=text("connection"),
            database=text("databaseName"),
            container=text("containerName"),
            lease_connection=text("leaseConnection", text("connection")),
            lease_database=text("leaseDatabaseName", text("databaseName")),
            lease_container=text("leaseContainerName", "leases"),
            lease_prefix=text("leaseContainerPrefix", ""),
            creates_lease_container=bool(binding.get("createLeaseContainerIfNotExists")),
            start="Beginning" if binding.get("startFromBeginning") else "Now",
            batch_size=_positive(binding.get("maxItemsPerInvocation"), 100, f"{name}: maxItemsPerInvocation"),
            poll_delay=seconds("feedPollDelay", _POLL_DELAY_MS),
            lease_life=seconds("leaseExpirationInterval", _LEASE_LIFE_MS * factor),
            lease_renewal=seconds("leaseRenewInterval", _LEASE_RENEWAL_MS * factor),
            lease_acquisition=seconds("leaseAcquireInterval", _LEASE_ACQUISITION_MS * factor),
        )


@dataclass(frozen=True)
class TimerTrigger:
    """A schedule; times are seconds."""

    schedule: Schedule
    runs_on_startup: bool
    may_keep_status: bool
    lock_life: float
    lock_renewal: float
    lock_acquisition: float

    @classmethod
    def declared(cls, binding: Mapping[str, Any], name: str, settings: AppSettings) -> "TimerTrigger":
        """Read the binding. Raises HostError for a schedule that is none, or whose setting is missing."""
        try:
            schedule = schedule_of(settings.resolve(str(binding.get("schedule") or ""), name))
        except ScheduleError as error:
            raise HostError(f"{name}: {error}") from error
        factor = settings.intervals_shortened_to()
        return cls(
            schedule=schedule,
            runs_on_startup=bool(binding.get("runOnStartup")),
            may_keep_status=binding.get("useMonitor") is not False,
            lock_life=_TIMER_LOCK_SECONDS * factor,
            lock_renewal=_TIMER_LOCK_RENEWAL_SECONDS * factor,
            lock_acquisition=_TIMER_LOCK_ACQUISITION_SECONDS * factor,
        )


Trigger = HttpTrigger | ChangeFeedTrigger | TimerTrigger


def _positive(value: Any, otherwise: int, where: str) -> int:
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise HostError(f"{where} must be a whole number above 0, not {value!r}")
    return value
