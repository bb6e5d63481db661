"""What no measurement tells: how people work, and what Azure allows. Each assumption is an option of the script."""

from dataclasses import dataclass, field, fields
from typing import Any


def _assumed(default: float, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class Assumptions:
    """How people work, and how they are spread."""

    working_days_a_month: float = _assumed(21, "Working days a month.")
    working_hours_a_day: float = _assumed(8, "The hours over which everything but the morning's rush is spread.")
    page_openings_a_day: float = _assumed(
        4, "How often somebody opens the page; each time it reads `running`, the month's list and the summary."
    )
    page_open_minutes_a_day: float = _assumed(120, "How long the page is visible, and polls.")
    seconds_between_polls: float = _assumed(60, "How often a visible page asks for `running`.")
    clock_ins_a_day: float = _assumed(2, "How often somebody starts, and later stops: morning and afternoon.")
    switches_a_day: float = _assumed(3, "How often somebody turns to another task: a stop and a start.")
    corrections_a_day: float = _assumed(2, "How often somebody reads an entry and changes it.")
    admin_share: float = _assumed(0.02, "Which share of the users are administrators.")
    reports_an_admin_a_day: float = _assumed(1, "Reports of a month that an administrator asks for.")
    people_a_report: float = _assumed(50, "Whose entries such a report lists: a team's.")
    rush_share: float = _assumed(0.3, "Which share of all users clock in within the morning's rush, in one time zone.")
    rush_minutes: float = _assumed(15, "How long that rush lasts.")
    burst: float = _assumed(2, "How many times the rush's average its busiest seconds see.")
    users_a_tenant: float = _assumed(1000, "Users of an ordinary tenant.")
    largest_tenant_users: float = _assumed(100_000, "Users of the largest tenant; with fewer users, all are its own.")
    users_a_project: float = _assumed(
        10, "A tenant has one project for so many users; and of activities and of customers a tenth as many each."
    )
    catalog_cache_seconds: float = _assumed(15, "The setting `CATALOG_CACHE_SECONDS`.")
    cached_tenants: float = _assumed(1000, "Of how many tenants an instance keeps the names: `MOST_TENANTS`.")
    database_milliseconds: float = _assumed(10, "A round trip to Cosmos DB; Microsoft promises less for 99 % of them.")
    busiest_processor_share: float = _assumed(
        0.6, "How busy the calls may keep an instance's core; the Functions host runs there as well."
    )
    report_seconds: float = _assumed(10, "How long an administrator waits for a report.")
    index_share: float = _assumed(0.25, "What the index adds to the documents' size.")
    years: float = _assumed(3, "For how long entries and events have been kept.")

    @property
    def working_seconds_a_day(self) -> float:
        return self.working_hours_a_day * 3600

    def tenants(self, users: float) -> tuple[tuple[float, float], ...]:
        """How many tenants of how many users there are: the largest, and the ordinary ones."""
        largest = min(users, self.largest_tenant_users)
        ordinary = ((users - largest) / self.users_a_tenant, self.users_a_tenant)
        return ((1, largest), ordinary) if ordinary[0] else ((1, largest),)


# Name and meaning of each.
ABOUT = {one.name: str(one.metadata["about"]) for one in fields(Assumptions)}

GIGABYTE = 1e9
HOURS_A_MONTH = 730

# Cosmos DB, as Microsoft's pages on service quotas, on serverless accounts and on hierarchical keys have it.
PARTITION_UNITS_PER_SECOND = 10_000
PARTITION_BYTES = 50 * GIGABYTE
LOGICAL_PARTITION_BYTES = 20 * GIGABYTE
CONTAINER_UNITS_PER_SECOND = 1_000_000
# Autoscale's maximum is at least this, and this for what is stored; a tenth of it is billed in any hour.
AUTOSCALE_LEAST_UNITS_PER_SECOND = 1_000
AUTOSCALE_UNITS_A_GIGABYTE = 10
AUTOSCALE_FLOOR = 0.1
# Those pages do not agree on how it grows with the data; what holds for the first 250 GB is the least of what they say.
SERVERLESS_UNITS_PER_SECOND = 5_000
SERVERLESS_CONTAINER_BYTES = 1000 * GIGABYTE

# The function app: what `infra/functions.bicep` sets, and what Flex Consumption allows.
TEMPLATE_INSTANCES = 40
CALLS_AT_ONCE_AN_INSTANCE = 32
PLAN_INSTANCES = 1_000

# The defaults of the Cosmos DB trigger.
FEED_BATCH = 100
FEED_POLL_SECONDS = 5
LEASE_RENEWAL_SECONDS = 17
LEASE_ACQUISITION_SECONDS = 13
