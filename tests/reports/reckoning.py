"""What the tests of a report's rules share: entries, a question, and the report that answers it."""

from datetime import datetime

from shared.instants import zone_named
from shared.rates.rules import RateBook
from shared.reports.days import milliseconds
from shared.reports.rules import Asked, Entry, Report, Sums

MINUTE = 60_000
HOUR = 60 * MINUTE


def at(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text))


def entry(start: str, end: str, **fields: object) -> Entry:
    made = Entry("user", "project", "customer", "activity", True, at(start), at(end), False, 0)
    return made._replace(**fields)  # type: ignore[arg-type]


def asked(first: str, beyond: str, *groups: str, rounding: str = "none", minutes: int = 15) -> Asked:
    return Asked(at(first), at(beyond), groups, rounding, minutes)


def report(what: Asked, zone: str, *entries: Entry, rates: RateBook | None = None) -> Sums:
    made = Report(what, zone_named(zone), rates)
    for one in entries:
        made.add(one)
    return made.total
