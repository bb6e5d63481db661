"""What sets a function off: the two triggers that this host knows, read from the bindings a decorator left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from local.host.configuration import AppSettings
from local.host.errors import HostError

HTTP_TRIGGER = "httpTrigger"
CHANGE_FEED_TRIGGER = "cosmosDBTrigger"

# Azure lets a lease lie for a minute; on a laptop a restart after a crash should not take so long to notice.
_LEASE_LIFE_MS = 10_000
_LEASE_RENEWAL_MS = 3_000
_LEASE_ACQUISITION_MS = 2_000


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
    start: datetime | Literal["Now", "Beginning"]
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

        def seconds(key: str, otherwise: int) -> float:
            return _positive(binding.get(key), otherwise, f"{name}: {key}") / 1000

        return cls(
            connection=text("connection"),
            database=text("databaseName"),
            container=text("containerName"),
            lease_connection=text("leaseConnection", text("connection")),
            lease_database=text("leaseDatabaseName", text("databaseName")),
            lease_container=text("leaseContainerName", "leases"),
            lease_prefix=text("leaseContainerPrefix", ""),
            creates_lease_container=bool(binding.get("createLeaseContainerIfNotExists")),
            start=_start(binding, name),
            batch_size=_positive(binding.get("maxItemsPerInvocation"), 100, f"{name}: maxItemsPerInvocation"),
            poll_delay=seconds("feedPollDelay", 5_000),
            lease_life=seconds("leaseExpirationInterval", _LEASE_LIFE_MS),
            lease_renewal=seconds("leaseRenewInterval", _LEASE_RENEWAL_MS),
            lease_acquisition=seconds("leaseAcquireInterval", _LEASE_ACQUISITION_MS),
        )


def _positive(value: Any, otherwise: int, where: str) -> int:
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise HostError(f"{where} must be a whole number above 0, not {value!r}")
    return value


def _start(binding: Mapping[str, Any], name: str) -> datetime | Literal["Now", "Beginning"]:
    moment = binding.get("startFromTime")
    if moment is None:
        return "Beginning" if binding.get("startFromBeginning") else "Now"
    try:
        instant = datetime.fromisoformat(str(moment))
    except ValueError as error:
        raise HostError(f"{name}: startFromTime must be an ISO 8601 instant, not {moment!r}") from error
    if instant.tzinfo is None:
        raise HostError(f"{name}: startFromTime must say its offset from UTC")
    return instant
