"""What a number of users needs: the arithmetic behind `docs/capacity.md`, from measured charges and assumptions."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

from benchmarks.calls import OPERATIONS, REPORT
from embedded_cosmos import charges
from shared.cosmos.containers import CONTAINERS, EVENT, WATCHED
from shared.events.delivery import SIDE_BY_SIDE
from shared.time_entries.lists import TENANT_REACHING_IN

RESULTS = Path(__file__).parent / "results" / "operations.json"
GIGABYTE, SECONDS_A_MONTH = 1e9, 730 * 3600
Traffic = Mapping[str, float]  # how often each operation is called, in a day or in a second

# Cosmos DB: Microsoft's pages on service quotas, on serverless accounts and on hierarchical partition keys.
# They do not agree on how a serverless container's throughput grows; this is the least that they promise.
PARTITION_UNITS, PARTITION_BYTES, DATABASE_UNITS, SERVERLESS_UNITS = 10_000, 50 * GIGABYTE, 1_000_000, 5_000
# The function app: what `infra/functions.bicep` sets, and what Flex Consumption allows.
TEMPLATE_INSTANCES, PLAN_INSTANCES = 40, 1_000
# The defaults of the Cosmos DB trigger.
FEED_BATCH, FEED_POLL_SECONDS, LEASE_RENEWAL_SECONDS, LEASE_ACQUISITION_SECONDS = 100, 5, 17, 13

# Bytes of each document with the fields that the database adds; a test measures them on what the code writes.
SIZES = {"entry": 899, "timeline": 843, "outbox": 1292, "event": 1108}
# A write changes the entry, the timeline and the outbox document. The change feed brings all three.
DOCUMENTS_A_WRITE, LEASE_BYTES, NAME_BYTES = 3, 600, 130
# Each path of `event` that is indexed has a value.
EVENT_TERMS = next(len(container.indexed) for container in CONTAINERS if container.id == EVENT)
# A report asks each physical partition for what starts in the month, and for what reaches into it.
QUERIES_A_REPORT = 1 + len(TENANT_REACHING_IN)
# What each operation counts for: a switch is two calls, and all answers but the summary name projects.
CALLS = dict.fromkeys(OPERATIONS, 1) | {"stop + start": 2}
NAMING, STARTS = {**CALLS, "summary": 0}, {"start": 1, "stop + start": 1}
EVENTS = {"start": 1, "stop": 1, "stop + start": 2, "put": 1}
# The calls of somebody who opens the page and starts a timer.
CLOCKING_IN = {"running": 1, "list of a month": 2, "summary": 2, "start": 1}


@dataclass(frozen=True)
class Assumptions:
    """What cannot be measured: how people work. Each assumption is an option of `python -m benchmarks.capacity`."""

    working_days_a_month: Annotated[float, "working days a month"] = 21
    working_hours_a_day: Annotated[float, "hours over which all calls but the morning rush are spread"] = 8
    page_openings_a_day: Annotated[float, "page loads; each reads `running`, the month's list and the summary"] = 4
    page_open_minutes_a_day: Annotated[float, "minutes for which the page is visible and polls"] = 120
    seconds_between_polls: Annotated[float, "seconds after which a visible page asks for `running` again"] = 60
    clock_ins_a_day: Annotated[float, "timers that are started, and stopped later: morning and afternoon"] = 2
    switches_a_day: Annotated[float, "changes to another task: a stop and a start"] = 3
    corrections_a_day: Annotated[float, "entries that are read and then changed"] = 2
    admin_share: Annotated[float, "share of the users who are administrators"] = 0.02
    reports_an_admin_a_day: Annotated[float, "reports of a month that an administrator asks for"] = 1
    people_a_report: Annotated[float, "people whose entries such a report lists"] = 50
    rush_share: Annotated[float, "share of all users who clock in during the morning rush, in one time zone"] = 0.3
    rush_minutes: Annotated[float, "length of that rush in minutes"] = 15
    burst: Annotated[float, "the busiest seconds of the rush, as a multiple of its average"] = 2
    users_a_tenant: Annotated[float, "users of an ordinary tenant"] = 1000
    largest_tenant_users: Annotated[float, "users of the largest tenant, if there are as many"] = 100_000
    users_a_project: Annotated[float, "users for each project; ten times as many for each activity or customer"] = 10
    catalog_cache_seconds: Annotated[float, "the setting `CATALOG_CACHE_SECONDS`"] = 15
    cached_tenants: Annotated[float, "tenants whose names an instance keeps: `MOST_TENANTS`"] = 1000
    database_milliseconds: Annotated[float, "a round trip to Cosmos DB; Microsoft promises less for 99 %"] = 10
    busiest_processor_share: Annotated[float, "share of an instance's core that calls may use"] = 0.6
    index_share: Annotated[float, "size of the index, as a share of the documents' size"] = 0.25
    years: Annotated[float, "years for which entries and events have been kept"] = 3


ABOUT = {name: str(hint.__metadata__[0]) for name, hint in get_type_hints(Assumptions, include_extras=True).items()}


class Operation(NamedTuple):
    """What a call costs at an instance that remembers the caller, and, in request units, at one that does not."""

    request_units: float
    round_trips: int
    processor_seconds: float
    elsewhere_units: float


def elsewhere(database: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an operation asks of the database at an instance that has not served the person; a read, the same."""
    figures: Mapping[str, Any] = database.get("elsewhere", database)
    return figures


def operations(people_a_report: float, path: Path = RESULTS) -> dict[str, Operation]:
    """Read the figures that `make bench` wrote. A report's are scaled: it costs by the entry, nearly."""
    results = json.loads(path.read_text(encoding="utf-8"))
    together, found = results["together"]["this backend"], {}
    for name in OPERATIONS:
        one = results["database"][name]
        times = people_a_report / together["running"]["users"] if name == REPORT else 1
        # Starts and stops are measured in turn, so they share the processor time of their step.
        step = ("start", "stop") if name in ("start", "stop") else (name,)
        seconds = together[name]["processor_share"]["app"] / sum(together[each]["calls_per_second"] for each in step)
        here, there = (each["request_units"] * times for each in (one, elsewhere(one)))
        found[name] = Operation(here, one["round_trips"], seconds * times, there)
    return found


def total(traffic: Traffic, weights: Traffic) -> float:
    """How many calls, events or starts these operations make."""
    return sum(number * traffic[name] for name, number in weights.items())


def names_units(rows: float) -> float:
    """Request units that it costs to read so many names with their ids."""
    return charges.query(math.ceil(rows), math.ceil(rows * NAME_BYTES))


def partitions_for(units_per_second: float, stored_bytes: float) -> int:
    return max(1, math.ceil(max(units_per_second / PARTITION_UNITS, stored_bytes / PARTITION_BYTES)))


def standing_units(partitions: int, hosts: int) -> float:
    """Request units a second of the idle change feed; each small container has one partition, lease and host."""
    small = len(WATCHED) - 1
    looks = hosts * charges.query(partitions, partitions * LEASE_BYTES) + small * charges.query(1, LEASE_BYTES)
    poll = charges.change_feed(0, 0) / FEED_POLL_SECONDS
    renewal = charges.replace(LEASE_BYTES, LEASE_BYTES) / LEASE_RENEWAL_SECONDS
    return (partitions + small) * (poll + renewal) + looks / LEASE_ACQUISITION_SECONDS


@dataclass(frozen=True)
class Model:
    """Everything but the number of users."""

    measured: Mapping[str, Operation]
    assumed: Assumptions

    def day(self) -> Traffic:
        """A user's calls on a working day. After each write, the page reads the list and the summary again."""
        one = self.assumed
        shown = one.page_openings_a_day + 2 * one.clock_ins_a_day + one.switches_a_day + one.corrections_a_day
        polls = one.page_open_minutes_a_day * 60 / one.seconds_between_polls
        clocked = {"start": one.clock_ins_a_day, "stop": one.clock_ins_a_day, "stop + start": one.switches_a_day}
        reads = {"running": one.page_openings_a_day + polls, "get": one.corrections_a_day, "list of a month": shown}
        rest = {"put": one.corrections_a_day, "summary": shown, REPORT: one.admin_share * one.reports_an_admin_a_day}
        return reads | clocked | rest

    def second(self, users: float, *, rush: bool) -> Traffic:
        """A second of the working hours, or the busiest of the morning rush, which comes on top."""
        starting = users * self.assumed.rush_share * self.assumed.burst / (self.assumed.rush_minutes * 60) * rush
        ordinary = {name: users * each / self.assumed.working_hours_a_day / 3600 for name, each in self.day().items()}
        return {name: each + starting * CLOCKING_IN.get(name, 0) for name, each in ordinary.items()}

    def instances(self, traffic: Traffic) -> int:
        busy = sum(traffic[name] * one.processor_seconds for name, one in self.measured.items())
        return max(1, math.ceil(busy / self.assumed.busiest_processor_share))

    def refreshes(self, tenant_calls: float, tenants: float, copies: int) -> float:
        """How often a second one tenant's names are read: each copy that is too old, or pushed out by others."""
        too_old = 1 / (1 + tenant_calls / copies * self.assumed.catalog_cache_seconds)
        return tenant_calls * max(too_old, 1 - self.assumed.cached_tenants / tenants)

    def names(self, users: float, traffic: Traffic) -> float:
        """Request units a second that keep every instance's copy of every tenant's names."""
        largest, ordinary = min(users, self.assumed.largest_tenant_users), self.assumed.users_a_tenant
        units, naming = 0.0, total(traffic, NAMING) / users
        for tenants, people in ((1, largest), ((users - largest) / ordinary, ordinary)):
            projects = people / self.assumed.users_a_project
            reads = self.refreshes(naming * people, tenants, self.instances(traffic)) if tenants else 0
            units += tenants * reads * (names_units(projects) + 2 * names_units(projects / 10))
        return units

    def events_a_lease(self) -> float:
        """Events a second that one lease delivers: read a batch, copy its events, write the lease, in turn."""
        batch = FEED_BATCH / DOCUMENTS_A_WRITE
        trips = 1 + math.ceil(batch / SIDE_BY_SIDE) + 1
        seconds = trips * self.assumed.database_milliseconds / 1000 + batch * self.measured["put"].processor_seconds
        return batch / seconds

    def bytes_a_user(self) -> tuple[float, float]:
        """What a user has in `time_entry` and in `event` after the years; outbox documents live for a month."""
        months, days = self.assumed.years * 12, self.assumed.working_days_a_month
        entries, written = total(self.day(), STARTS) * days, total(self.day(), EVENTS) * days
        kept = entries * months * SIZES["entry"] + written * SIZES["outbox"] + SIZES["timeline"]
        index = 1 + self.assumed.index_share
        return index * kept, index * written * months * SIZES["event"]

    def units(self, users: float, traffic: Traffic, partitions: int, hosts: int) -> dict[str, float]:
        """Request units a second, by container; `standing` is the idle change feed's."""
        written = total(traffic, EVENTS)
        # One instance remembers whom it serves. Of several, another one has served the person as a rule.
        remembers = self.instances(traffic) == 1
        own = sum(
            traffic[name] * (one.request_units if remembers else one.elsewhere_units)
            for name, one in self.measured.items()
        )
        reports = traffic[REPORT] * QUERIES_A_REPORT * (partitions - 1) * charges.query(0, 0)
        changed = SIZES["entry"] + SIZES["timeline"] + SIZES["outbox"]
        feed = charges.change_feed(DOCUMENTS_A_WRITE, changed) - charges.change_feed(0, 0)
        return {
            "time_entry": own + reports + written * feed,
            "event": written * charges.create(SIZES["event"], terms=EVENT_TERMS),
            "catalog": self.names(users, traffic),
            "standing": standing_units(partitions, hosts),
        }

    def need(self, users: float) -> dict[str, float]:
        """What so many users need, by the names of the page's rows."""
        rush, ordinary = (self.second(users, rush=rush) for rush in (True, False))
        hosts = math.ceil(total(rush, EVENTS) / self.events_a_lease())
        entries, event_bytes = (users * each for each in self.bytes_a_user())
        # By what one partition would cost: more partitions make only reports dearer.
        partitions = partitions_for(self.units(users, rush, 1, hosts)["time_entry"], entries)
        peak, working = (self.units(users, each, partitions, hosts) for each in (rush, ordinary))
        standing = working["standing"] * SECONDS_A_MONTH
        seconds = self.assumed.working_hours_a_day * 3600 * self.assumed.working_days_a_month
        month = (sum(working.values()) - working["standing"]) * seconds + standing
        return {
            "RU a month": month,
            "of these, the idle change feed": standing,
            "RU a month for each user": month / users,
            "RU/s, average of a working hour": sum(working.values()),
            "of these, names in memory": working["catalog"],
            "RU/s at the peak": sum(peak.values()),
            "of these, `time_entry`": peak["time_entry"],
            "of these, `event`": peak["event"],
            "of these, `project`, `activity`, `customer`": peak["catalog"],
            "HTTP calls a second at the peak": total(rush, CALLS),
            "instances for HTTP at the peak": self.instances(rush),
            "instances for the change feed of entries at the peak": hosts,
            "GB of `time_entry` after the years": entries / GIGABYTE,
            "GB of `event` after the years": event_bytes / GIGABYTE,
            "physical partitions of `time_entry` by then": partitions,
            "physical partitions of `event` by then": partitions_for(peak["event"], event_bytes),
        }

    def walls(self, users: float) -> dict[str, tuple[float, float, str]]:
        """Each wall: how much is needed at the peak, how much there is, and the unit."""
        need, rush, assumed = self.need(users), self.second(users, rush=True), self.assumed
        entries, stored = need["of these, `time_entry`"], need["GB of `time_entry` after the years"]
        # The largest tenant lies in one physical partition, and so in one lease.
        part = min(users, assumed.largest_tenant_users) / users
        reads = self.refreshes(part * total(rush, NAMING), 1, self.instances(rush))
        projects = reads * names_units(part * users / assumed.users_a_project)
        delivered = total(rush, EVENTS) * max(part, 1 / need["physical partitions of `time_entry` by then"])
        return {
            "serverless: throughput of a container": (entries, SERVERLESS_UNITS, "RU/s"),
            "serverless: storage of a container": (max(stored, need["GB of `event` after the years"]), 1000, "GB"),
            "one tenant's entries: physical partition": (entries * part, PARTITION_UNITS, "RU/s"),
            "one tenant's projects: logical partition": (projects, PARTITION_UNITS, "RU/s"),
            "one owner's entries: logical partition": (stored / users, 20, "GB"),
            "the database: throughput": (need["RU/s at the peak"], DATABASE_UNITS, "RU/s"),
            "change feed: events of one lease": (delivered, self.events_a_lease(), "a second"),
            "function instances: the template": (self.instances(rush), TEMPLATE_INSTANCES, "instances"),
            "function instances: the plan": (self.instances(rush), PLAN_INSTANCES, "instances"),
        }

    def share(self, wall: str, users: float) -> float:
        needed, limit, _ = self.walls(users)[wall]
        return needed / limit

    def reached_at(self, wall: str) -> float:
        """With how many users that wall is reached; infinite if not with a billion."""
        low, high = 1.0, 1e9
        if self.share(wall, high) < 1:
            return math.inf
        while high / low > 1.005:
            middle = (low * high) ** 0.5
            low, high = (low, middle) if self.share(wall, middle) >= 1 else (middle, high)
        return high
