"""The change feed: what reading it and copying events costs, and how many events one lease can deliver."""

import math

from benchmarks.capacity.assumptions import (
    FEED_BATCH,
    FEED_POLL_SECONDS,
    LEASE_ACQUISITION_SECONDS,
    LEASE_RENEWAL_SECONDS,
    Assumptions,
)
from benchmarks.capacity.measured import Measured, Sizes
from embedded_cosmos import charges
from shared.cosmos.containers import WATCHED
from shared.events.delivery import SIDE_BY_SIDE

# A write of an entry changes three documents: the entry, the timeline, the outbox document. All come by the feed.
DOCUMENTS_A_WRITE = 3
LEASE_BYTES = 600


def upsert_units(size: Sizes) -> float:
    """One event copied to the container `event`."""
    return charges.write("create", size.event)


def reading_units(size: Sizes) -> float:
    """What one write adds to the pages of the feed."""
    read = charges.change_feed(DOCUMENTS_A_WRITE, size.entry + size.timeline + size.outbox)
    return read - charges.change_feed(0, 0)


def checkpoint_units_per_second(events: float, leases: int) -> float:
    """A lease notes how far it is after each batch: with little to do, one a poll; else, whenever one is full."""
    batches = min(events, leases / FEED_POLL_SECONDS) + events * DOCUMENTS_A_WRITE / FEED_BATCH
    return batches * charges.write("replace", LEASE_BYTES)


def standing_units_per_second(partitions: int, hosts: int) -> float:
    """What goes on when nobody works: empty polls, leases renewed, and each host's look at the leases of its function.

    The small containers have one physical partition, one lease and one host each.
    """
    leases = partitions + len(WATCHED) - 1
    polls = leases / FEED_POLL_SECONDS * charges.change_feed(0, 0)
    renewals = leases / LEASE_RENEWAL_SECONDS * charges.write("replace", LEASE_BYTES)
    looks = hosts * _look(partitions) + (len(WATCHED) - 1) * _look(1)
    return polls + renewals + looks / LEASE_ACQUISITION_SECONDS


def _look(leases: int) -> float:
    return charges.query(leases, leases * LEASE_BYTES)


def events_per_second_a_lease(measured: Measured, assumed: Assumptions) -> float:
    """How many events one lease delivers: its batches come one after another, to one instance.

    A batch is read, its events go out some side by side, and it is checked off. On the processor an event takes at most
    what a whole change of an entry does.
    """
    batch = FEED_BATCH / DOCUMENTS_A_WRITE
    trips = 1 + math.ceil(batch / SIDE_BY_SIDE) + 1
    seconds = trips * assumed.database_milliseconds / 1000 + batch * measured.operations["put"].processor_seconds
    return batch / seconds


def lag_seconds(events_per_second: float, capacity: float, rush_seconds: float) -> float:
    """How old an event is at most when it is delivered: a poll, and what has piled up by the end of the rush."""
    return FEED_POLL_SECONDS + rush_seconds * max(0.0, events_per_second / capacity - 1)
