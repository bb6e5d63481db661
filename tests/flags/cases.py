"""Flags on which the feature management packages differ, or might, and what each package says for one user.

`docs/feature-flags.md` has the same table, and names the packages' versions. An answer is `on` or `off`, with the
variant if there is one; `error` means an exception. JavaScript's and Python's were seen in runs of the packages,
.NET's are read from its source.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ANN = "ann@example.com"
SUNDAY, MONDAY, TUESDAY, NEXT_SUNDAY, NEXT_MONDAY = (
    f"{day} Jan 2020 00:00:00 GMT" for day in ("Sun, 05", "Mon, 06", "Tue, 07", "Sun, 12", "Mon, 13")
)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A flag as its store has it, the user it is evaluated for, and the answers."""

    what: str
    flag: Json
    dotnet: str
    javascript: str
    python: str
    here: str
    user: str = ANN
    groups: Sequence[str] = ()

    @property
    def document(self) -> Json:
        return {"id": "case", "enabled": True, **self.flag}


def when(*filters: Any, **more: Any) -> Json:
    return {"conditions": {"client_filters": list(filters), **more}}


def targeting(**audience: Any) -> Json:
    return {"name": "Microsoft.Targeting", "parameters": {"Audience": audience}}


def window(**parameters: Any) -> Json:
    return {"name": "Microsoft.TimeWindow", "parameters": parameters}


def weekly(*days: str, start: str = MONDAY, end: str = NEXT_MONDAY, **pattern: Any) -> Json:
    """A window that recurs on these days; where it lasts a week and has one day, it is always open."""
    return recurring(start, end, {"Type": "Weekly", "DaysOfWeek": list(days), **pattern}, {"Type": "NoEnd"})


def daily(**limits: Any) -> Json:
    """A window of a day that recurs every day within limits."""
    return recurring(MONDAY, TUESDAY, {"Type": "Daily"}, limits)


def recurring(start: str, end: str, pattern: Json, limits: Json) -> Json:
    return window(Start=start, End=end, Recurrence={"Pattern": pattern, "Range": limits})


def variants(**allocation: Any) -> Json:
    """A is on, B switches the flag off."""
    return {"variants": [{"name": "A"}, {"name": "B", "status_override": "Disabled"}], "allocation": allocation}


def users(variant: str, *names: Any) -> Json:
    return {"variant": variant, "users": list(names)}


def groups(variant: str, *names: str) -> Json:
    return {"variant": variant, "groups": list(names)}


def percentile(variant: str, low: Any, high: Any) -> Json:
    return {"variant": variant, "from": low, "to": high}


PAST, FUTURE = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OVER = window(End="Wed, 01 Jan 2020 00:00:00 GMT")
EVERYONE = targeting(DefaultRolloutPercentage=100)
# Ann's percentile in the allocation of a flag named `case` is 58.89…, and with an empty seed 35.41….
CASES = (
    Case(
        "a user named in two user allocations, A then B",
        variants(user=[users("A", ANN), users("B", ANN)]),
        "on A", "on A", "off B", "on A",
    ),
    Case(
        "a user in two groups, allocated to A then B",
        variants(group=[groups("A", "x"), groups("B", "y")]),
        "on A", "on A", "off B", "on A", groups=("y", "x"),
    ),
    Case(
        "a user allocation before a group's",
        variants(user=[users("A", ANN)], group=[groups("B", "x")]),
        "on A", "on A", "on A", "on A", groups=("x",),
    ),
    Case(
        "a percentile from 0 to 0 beside one from 0 to 100",
        variants(percentile=[percentile("B", 0, 0), percentile("A", 0, 100)]),
        "on A", "on A", "error", "on A",
    ),
    Case(
        "a percentile that ends at a fraction",
        variants(percentile=[percentile("A", 0, 99.5), percentile("B", 99.5, 100)]),
        "on A", "on A", "error", "on A",
    ),
    Case(
        "a whole percentile written with a point",
        variants(percentile=[percentile("B", 0.0, 0.5), percentile("A", 0.5, 100.0)]),
        "on A", "on A", "error", "on A",
    ),
    Case(
        "a percentile of 0 to 100 for nobody in particular",
        variants(percentile=[percentile("A", 0, 100)]),
        "on A", "on A", "on A", "on A", user="",
    ),
    Case(
        "a default variant that switches the flag off",
        variants(default_when_enabled="B"),
        "off B", "off B", "off B", "off B",
    ),
    Case(
        "a flag that is off, with a default variant",
        {"enabled": False, **variants(default_when_disabled="A")},
        "off A", "off A", "off A", "off A",
    ),
    Case("variants without an allocation", {"variants": [{"name": "A"}]}, "on", "on", "on", "on"),
    Case(
        "an allocation with a field that is unknown",
        variants(user=[{**users("A", ANN), "comment": "x"}]),
        "on A", "on A", "error", "on A",
    ),
    Case(
        "a status override in lower case",
        {"variants": [{"name": "A", "status_override": "disabled"}], "allocation": {"default_when_enabled": "A"}},
        "off A", "error", "on A", "off A",
    ),
    Case("100 % for somebody without user and groups", when(EVERYONE), "on", "on", "off", "on", user=""),
    Case("0 % for somebody without user and groups", when(targeting(DefaultRolloutPercentage=0)), "off", "off", "off",
         "off", user=""),
    Case("a percentage written as text", when(targeting(DefaultRolloutPercentage="100")), "on", "on", "error", "on"),
    Case("a percentage beyond 100", when(targeting(DefaultRolloutPercentage=101)), "error", "error", "error", "off"),
    Case("users: null", when(targeting(Users=None, DefaultRolloutPercentage=100)), "on", "error", "error", "on"),
    Case("groups: null", when(targeting(Groups=None, DefaultRolloutPercentage=100)), "on", "error", "error", "on"),
    Case("exclusion: null", when(targeting(Exclusion=None, DefaultRolloutPercentage=100)), "on", "error", "error",
         "on"),
    Case("no audience", when({"name": "Microsoft.Targeting", "parameters": {}}), "error", "error", "error", "off"),
    Case("conditions: null", {"conditions": None}, "on", "error", "error", "on"),
    Case("client_filters: null", {"conditions": {"client_filters": None}}, "on", "error", "on", "on"),
    Case("requirement_type: null", when(EVERYONE, requirement_type=None), "on", "error", "error", "on"),
    Case("requirement_type in lower case", when(EVERYONE, OVER, requirement_type="all"), "off", "error", "error",
         "off"),
    Case("an unknown requirement_type", when(EVERYONE, requirement_type="Some"), "error", "error", "error", "off"),
    Case("variants: null and allocation: null", {"variants": None, "allocation": None}, "on", "error", "error", "on"),
    Case("an ISO date with an offset", when(window(Start=PAST, End=FUTURE)), "on", "on", "error", "on"),
    Case("an ISO date in the future", when(window(Start=FUTURE)), "off", "off", "error", "off"),
    Case("a window whose Start is null", when(window(Start=None, End=FUTURE)), "on", "on", "error", "on"),
    Case("a window whose End is null", when(window(Start=PAST, End=None)), "on", "off", "error", "on"),
    Case("a window without ends, or 100 %", when(window(), EVERYONE), "on", "on", "on", "on"),
    Case("a window without ends, and 100 %", when(window(), EVERYONE, requirement_type="All"), "off", "off", "off",
         "off"),
    Case("a window without parameters, or 100 %", when({"name": "Microsoft.TimeWindow"}, EVERYONE), "on", "error", "on",
         "on"),
    Case("a window that recurs on a Monday", when(weekly("Monday")), "on", "on", "on", "on"),
    Case("a window that recurs on a Sunday", when(weekly("Sunday", start=SUNDAY, end=NEXT_SUNDAY)), "on", "off",
         "on", "on"),
    Case("a Monday by a clock ahead of UTC",
         when(weekly("Monday", start=MONDAY.replace("GMT", "+0800"), end=NEXT_MONDAY.replace("GMT", "+0800"))),
         "on", "off", "on", "on"),
    Case("a Monday that begins in ISO 8601", when(weekly("Monday", start="2020-01-06", end="2020-01-13")), "on", "on",
         "error", "on"),
    Case("a Monday in lower case", when(weekly("monday")), "on", "off", "error", "on"),
    Case("a day that is named twice", when(weekly(*DAYS, "Friday", end=TUESDAY)), "on", "on", "error", "on"),
    Case("a Monday that is not where the window begins", when(weekly("Friday")), "error", "off", "error", "off"),
    Case("every day until an ISO date", when(daily(Type="EndDate", EndDate=FUTURE)), "on", "on", "error", "on"),
    Case("every day until a date that is past", when(daily(Type="EndDate", EndDate=TUESDAY)), "off", "off", "off",
         "off"),
    Case("every day, five times", when(daily(Type="Numbered", NumberOfOccurrences=5)), "off", "off", "off", "off"),
    Case("every day, in words of lower case", when(recurring(MONDAY, TUESDAY, {"Type": "daily"}, {"Type": "noEnd"})),
         "on", "off", "error", "on"),
    Case("an interval as text", when(weekly("Monday", Interval="1")), "on", "off", "error", "on"),
    Case("a recurrence without a pattern",
         when(window(Start=MONDAY, End=TUESDAY, Recurrence={"Range": {"Type": "NoEnd"}})),
         "error", "off", "on", "off"),
    Case("a recurrence without a range",
         when(window(Start=MONDAY, End=TUESDAY, Recurrence={"Pattern": {"Type": "Daily"}})),
         "error", "off", "on", "off"),
    Case("a recurrence without an end of its window",
         when(window(Start=MONDAY, Recurrence={"Pattern": {"Type": "Daily"}, "Range": {"Type": "NoEnd"}})),
         "error", "on", "on", "off"),
    Case("a filter's name in lower case", when({**EVERYONE, "name": "microsoft.targeting"}), "on", "off", "error",
         "on"),
    Case("a filter's name without its namespace", when({**EVERYONE, "name": "Targeting"}), "on", "off", "error", "on"),
    Case("the filter AlwaysOn", when({"name": "AlwaysOn"}), "on", "off", "error", "on"),
    Case("fields in another case", {"Conditions": {"Client_Filters": [OVER]}}, "off", "on", "on", "off"),
    Case("parameters in lower case", when(window(start=PAST, end=FUTURE)), "on", "off", "off", "on"),
    Case("an audience in lower case",
         when({"name": "Microsoft.Targeting", "parameters": {"audience": {"defaultRolloutPercentage": 100}}}),
         "on", "error", "error", "on"),
    Case("an empty seed", variants(seed="", percentile=[percentile("A", 0, 50)]), "on A", "on A", "on", "on A"),
    Case("an unknown filter", when({"name": "Custom"}), "error", "off", "error", "off"),
    Case("telemetry with a field that is unknown", {"telemetry": {"enabled": True, "x": 1}}, "on", "on", "error", "on"),
    Case("enabled as text", {"enabled": "true"}, "on", "error", "on", "on"),
    Case("enabled as a number", {"enabled": 1}, "error", "error", "error", "off"),
)  # fmt: skip
