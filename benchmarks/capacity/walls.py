"""The walls: what is limited, how much of it so many users take at the peak, and with how many it is reached."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from benchmarks.capacity import feed, traffic
from benchmarks.capacity.assumptions import (
    CONTAINER_UNITS_PER_SECOND,
    LOGICAL_PARTITION_BYTES,
    PARTITION_UNITS_PER_SECOND,
    PLAN_INSTANCES,
    SERVERLESS_CONTAINER_BYTES,
    SERVERLESS_UNITS_PER_SECOND,
    TEMPLATE_INSTANCES,
    Assumptions,
)
from benchmarks.capacity.demand import Demand, demand, names_units
from benchmarks.capacity.measured import Measured, Sizes
from embedded_cosmos import charges

# Where the search for the number of users ends, and how near it comes.
MOST_USERS = 1e9
NEAR = 1.005


@dataclass(frozen=True, slots=True)
class Wall:
    """Something limited: how much of it is needed, in `unit`, and how much there is."""

    name: str
    needed: float
    limit: float
    unit: str

    @property
    def share(self) -> float:
        return self.needed / self.limit


@dataclass(frozen=True, slots=True)
class Model:
    """Everything but the number of users."""

    measured: Measured
    size: Sizes
    assumed: Assumptions

    def demand(self, users: float) -> Demand:
        return demand(users, self.measured, self.size, self.assumed)

    def walls(self, users: float) -> tuple[Wall, ...]:
        """All walls, and how near they are for so many users."""
        need = self.demand(users)
        return (*self._serverless(need), *self._partitions(need), *self._rest(need))

    def reached(self) -> list[tuple[str, float | None]]:
        """All walls, each with the number of users that reach it, the first one first."""
        at = [(wall.name, self.reached_at(wall.name)) for wall in self.walls(1)]
        return sorted(at, key=lambda wall: wall[1] or math.inf)

    def reached_at(self, name: str) -> float | None:
        """With how many users that wall is reached; None if not by a billion."""
        low, high = 1.0, MOST_USERS
        if self._share(name, high) < 1:
            return None
        while high / low > NEAR:
            middle = (low * high) ** 0.5
            low, high = (low, middle) if self._share(name, middle) >= 1 else (middle, high)
        return high

    def _share(self, name: str, users: float) -> float:
        return next(wall.share for wall in self.walls(users) if wall.name == name)

    def _serverless(self, need: Demand) -> Sequence[Wall]:
        stored = max(need.time_entry_bytes, need.event_bytes)
        return (
            Wall(
                "serverless: throughput of a container", need.peak.load.time_entry, SERVERLESS_UNITS_PER_SECOND, "RU/s"
            ),
            Wall("serverless: storage of a container", stored, SERVERLESS_CONTAINER_BYTES, "bytes"),
        )

    def _partitions(self, need: Demand) -> Sequence[Wall]:
        part = self._largest_tenant(need)
        entries = need.peak.load.time_entry * part
        owner = need.time_entry_bytes / need.users
        return (
            Wall("one tenant's entries: physical partition", entries, PARTITION_UNITS_PER_SECOND, "RU/s"),
            Wall("one tenant's projects: logical partition", self._projects(need), PARTITION_UNITS_PER_SECOND, "RU/s"),
            Wall("one owner's entries: logical partition", owner, LOGICAL_PARTITION_BYTES, "bytes"),
            Wall("the database: throughput", need.peak.load.total, CONTAINER_UNITS_PER_SECOND, "RU/s"),
        )

    def _rest(self, need: Demand) -> Sequence[Wall]:
        delivered = feed.events_per_second_a_lease(self.measured, self.assumed)
        report_seconds = need.partitions * self.assumed.database_milliseconds / 1000
        return (
            Wall("change feed: events of one lease", self.events_of_busiest_lease(need), delivered, "a second"),
            Wall("function instances: the template", need.peak.instances, TEMPLATE_INSTANCES, "instances"),
            Wall("function instances: the plan", need.peak.instances, PLAN_INSTANCES, "instances"),
            Wall("a report: partitions asked in turn", report_seconds, self.assumed.report_seconds, "seconds"),
        )

    def events_of_busiest_lease(self, need: Demand) -> float:
        """A lease is a physical partition's, and the largest tenant lies in one of them."""
        return traffic.events(need.peak.traffic) * max(self._largest_tenant(need), 1 / need.partitions)

    def _largest_tenant(self, need: Demand) -> float:
        """Its share of everything."""
        return min(need.users, self.assumed.largest_tenant_users) / need.users

    def _projects(self, need: Demand) -> float:
        """What its projects are read for: each start, and the copies of the names in every instance."""
        part = self._largest_tenant(need)
        calls = part * traffic.naming_calls(need.peak.traffic)
        refreshes = traffic.refreshes(calls, 1, need.peak.instances, self.assumed)
        projects, _ = names_units(part * need.users / self.assumed.users_a_project)
        return part * traffic.starts(need.peak.traffic) * charges.point_read(0) + refreshes * projects


def nearest(walls: Sequence[Wall]) -> Wall:
    """The one of which the most is taken."""
    wall: Wall = max(walls, key=attrgetter("share"))
    return wall
