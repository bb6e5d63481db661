"""Which events webhooks are told of, when a delivery is tried again, when a receiver is left alone, and when a webhook
is given up: pure rules.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

EVERYTHING = "*"
PING = "ping"
# Why a webhook was disabled: its receiver said so, or has taken nothing for days.
GONE, FAILING = REASONS = ("gone", "failing")

_USUAL = ("created", "updated", "deleted")
# What happens to each kind of item (an event's `container_id`), as far as webhooks are told of it. Of rates they are
# told nothing, because events of rates carry amounts.
HAPPENS: Mapping[str, tuple[str, ...]] = {
    "time_entry": (*_USUAL, "forgotten"),
    "customer": _USUAL,
    "project": _USUAL,
    "project_type": _USUAL,
    "activity": _USUAL,
    "technology": _USUAL,
    "timesheet": ("submitted", "approved", "rejected", "withdrawn", "reopened"),
    "user": ("updated",),
    "webhook": ("disabled",),
}
TYPES = tuple(f"{kind}.{word}" for kind, words in HAPPENS.items() for word in words)
# All that a webhook may ask for.
SUBSCRIPTIONS = (*TYPES, *(f"{kind}.{EVERYTHING}" for kind in HAPPENS), EVERYTHING)
# An event's action, where it says what happened; otherwise its changes do.
_BY_ACTION = {
    "forgotten": "forgotten",
    "submit": "submitted",
    "approve": "approved",
    "reject": "rejected",
    "withdraw": "withdrawn",
    "reopen": "reopened",
    "disable": "disabled",
}

# The least time before each further try, after the first one has failed.
RETRY_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
# A webhook is disabled when its tries have failed for so long, and none has succeeded.
GIVEN_UP_AFTER = timedelta(days=5)
# The event of a role change is written before the directory is asked, and again, under the same id, with what came of
# it: what webhooks are told of has to wait for that.
SETTLES_AFTER = {"user": timedelta(seconds=60)}
# How many deliveries of a webhook are sent side by side: one more after each success, one again after a failure.
MOST_SIDE_BY_SIDE = 8

# After these, the next delivery would fare the same: the receiver is overloaded or away, and each further request makes
# it worse. The Standard Webhooks specification asks senders to slow down then. A 500 is left out: it is often one
# event's, and the deliveries behind it must not wait for it.
IN_TROUBLE_STATUSES = frozenset({429, 502, 503, 504})
IN_TROUBLE_ERRORS = frozenset({"timeout", "name_not_resolved", "connection_failed", "certificate_invalid"})
# How long a receiver in trouble is left alone: twice as long each time, until something else comes of a try.
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)
# What it asks for in `Retry-After` counts up to here.
LONGEST_REST_ASKED = timedelta(hours=1)


def type_of(event: Mapping[str, Any]) -> str | None:
    """The type under which webhooks are told of an event of the audit trail; None if they are not told of it."""
    # Events of other writers may hold anything there.
    kind, action = str(event["container_id"]), str(event["action"])
    words = HAPPENS.get(kind, ())
    word = _BY_ACTION.get(action) or _by_changes(event["changes"])
    # A role change that was refused changes nothing.
    return f"{kind}.{word}" if word in words and (event["changes"] or kind != "user") else None


def _by_changes(changes: Mapping[str, Any]) -> str:
    match changes:
        # A DELETE that makes an item inactive does not come here: the item is still there.
        case {"deleted": [None, str()]}:
            return "deleted"
        case {"id": [None, str()]}:
            return "created"
        case _:
            return "updated"


def is_wanted(subscriptions: Sequence[str], event_type: str) -> bool:
    """Whether one of a webhook's subscriptions covers the type."""
    kind, _, _ = event_type.partition(".")
    return not {EVERYTHING, f"{kind}.{EVERYTHING}", event_type}.isdisjoint(subscriptions)


def retry_at(tries: int, now: datetime) -> datetime | None:
    """When a delivery that has been tried so often is tried again, at the earliest; None when it is not."""
    return now + RETRY_AFTER[tries - 1] if tries <= len(RETRY_AFTER) else None


def is_given_up(failing_since: datetime, enabled_since: datetime, now: datetime) -> bool:
    """Whether a webhook whose tries have failed since then is disabled. What failed before it was enabled is over."""
    return now - max(failing_since, enabled_since) >= GIVEN_UP_AFTER


def is_in_trouble(status: int | None, error: str | None) -> bool:
    """Whether what came of a try says that the receiver should be left alone for a while."""
    return status in IN_TROUBLE_STATUSES or error in IN_TROUBLE_ERRORS


def rest(rests: int, retry_after: str | None, now: datetime) -> timedelta:
    """How long a receiver is left alone that has been left alone so often without a change.

    `retry_after` is its header of that name, of which seconds and dates count (RFC 9110), and anything else does not.
    """
    usual: timedelta = min(FIRST_REST * 2 ** min(rests, 10), LONGEST_REST)
    return max(usual, min(_asked(retry_after or "", now), LONGEST_REST_ASKED))


def _asked(retry_after: str, now: datetime) -> timedelta:
    if re.fullmatch("[0-9]+", retry_after):
        return timedelta(seconds=int(retry_after[:9]))
    try:
        return parsedate_to_datetime(retry_after) - now
    except (ValueError, TypeError, OverflowError):
        return timedelta()


def side_by_side(before: int, *, succeeded: bool) -> int:
    """How many deliveries of a webhook may be sent at once after one has ended so.

    A receiver that does not answer holds one place instead of eight, and so leaves room for the others.
    """
    return min(before + 1, MOST_SIDE_BY_SIDE) if succeeded else 1
