"""A flag's document in the form in which Python's featuremanagement package says what .NET's and JavaScript's say.

The package differs from them where a document leaves the plain path: it takes the last of several allocations for one
user, raises for nulls, for ISO dates and for fractions of a percent, and more. `docs/feature-flags.md` has the table.
Where .NET and JavaScript differ as well, .NET is followed: it reads the names of fields, of filters, of days and of
other choices in any case.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

Json = dict[str, Any]

# A window that is over: for one without any end, which the others take for closed, and the package complains of.
CLOSED: Json = {"End": "Sat, 01 Jan 2000 00:00:00 GMT"}
# What .NET calls these names is no filter: the condition always holds.
ALWAYS_NAMES = ("alwayson", "on")
ALWAYS: Json = {"name": "Microsoft.TimeWindow", "parameters": {"Start": CLOSED["End"]}}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Percentile:
    """A variant for users whose percentile, 0 to 100, is at least `low` and below `high`; 100 includes its end."""

    variant: str
    low: float
    high: float

    def holds(self, percentile: float) -> bool:
        return self.low <= percentile and (percentile < self.high or self.high == 100)


@dataclass(frozen=True, slots=True)
class NormalFlag:
    """A flag's document without its percentiles: the package takes them in whole numbers only.

    `seed` is what percentiles are hashed with.
    """

    document: Json
    seed: str
    percentiles: tuple[Percentile, ...] = field(default=())

    @property
    def has_variants(self) -> bool:
        return bool(self.document.get("variants"))

    def with_percentile_of(self, variant: str | None) -> Json:
        """The document for a user whose percentile gets this variant: the only one in it, for everyone."""
        if variant is None:
            return self.document
        everyone = [{"variant": variant, "from": 0, "to": 100}]
        return {**self.document, "allocation": {**self.document["allocation"], "percentile": everyone}}


def normal_form(name: str, document: Any) -> NormalFlag:
    """A flag in normal form. The document is left as it is. Raises ValueError for what is no flag in .NET either."""
    flag = _plain(_object(document, "the flag"), but="configuration_value")
    if flag.get("id") != name:
        raise ValueError("'id' must be there, and be a text")
    allocation = _object(flag.get("allocation", {}), "'allocation'")
    normal: Json = {"id": name, "enabled": flag.get("enabled", False), "conditions": _conditions(flag)}
    if variants := _list(flag.get("variants", []), "'variants'"):
        normal["variants"] = [_variant(variant) for variant in variants]
        normal["allocation"] = _allocation(allocation)
    percentiles = _list(allocation.get("percentile", []), "'percentile'")
    return NormalFlag(
        normal,
        # The empty text is a seed like any other.
        seed=str(allocation.get("seed", f"allocation\n{name}")),
        percentiles=tuple(map(_percentile, percentiles)) if variants else (),
    )


def _conditions(flag: Json) -> Json:
    conditions = _object(flag.get("conditions", {}), "'conditions'")
    filters = _list(conditions.get("client_filters", []), "'client_filters'")
    return {
        "requirement_type": _one_of(("Any", "All"), conditions.get("requirement_type", "Any"), "'requirement_type'"),
        "client_filters": [_filter(_object(one, "a filter")) for one in filters],
    }


def _filter(client_filter: Json) -> Json:
    """A filter under its full name. One that is unknown stays as it is: the package refuses it once it is reached."""
    name = str(client_filter.get("name")).lower()
    if name in ALWAYS_NAMES:
        return ALWAYS
    for full_name, normalise in FILTERS.items():
        # .NET knows a filter by the last part of its name as well.
        if name in {full_name.lower(), full_name.lower().rpartition(".")[2]}:
            parameters = _object(client_filter.get("parameters", {}), "'parameters'")
            return {"name": full_name, "parameters": normalise(parameters)}
    return client_filter


def _window(parameters: Json) -> Json:
    dates = {name: _http_date(parameters[name.lower()]) for name in ("Start", "End") if parameters.get(name.lower())}
    if "recurrence" not in parameters:
        return dates or CLOSED
    if len(dates) < 2:
        raise ValueError("a window that recurs must have 'Start' and 'End'")
    return {**dates, "Recurrence": _recurrence(_object(parameters["recurrence"], "'Recurrence'"))}


def _recurrence(recurrence: Json) -> Json:
    pattern, limits = (_object(recurrence.get(part, {}), f"'{part}'") for part in ("pattern", "range"))
    if not pattern or not limits:
        raise ValueError("a recurrence must have a 'Pattern' and a 'Range'")
    days = [_one_of(DAYS, day, "a day") for day in _list(pattern.get("daysofweek", []), "'DaysOfWeek'")]
    normal_limits: Json = {"Type": _one_of(("NoEnd", "EndDate", "Numbered"), limits.get("type", "NoEnd"), "'Type'")}
    if limits.get("enddate"):
        normal_limits["EndDate"] = _http_date(limits["enddate"])
    if "numberofoccurrences" in limits:
        normal_limits["NumberOfOccurrences"] = _number(limits["numberofoccurrences"])
    return {
        "Pattern": {
            "Type": _one_of(("Daily", "Weekly"), pattern.get("type", "Daily"), "'Type'"),
            "Interval": _number(pattern.get("interval", 1)),
            # The package refuses a day that is named twice.
            "DaysOfWeek": list(dict.fromkeys(days)),
            "FirstDayOfWeek": _one_of(DAYS, pattern.get("firstdayofweek", "Sunday"), "'FirstDayOfWeek'"),
        },
        "Range": normal_limits,
    }


def _http_date(text: Any) -> str:
    """A date of ISO 8601 or of HTTP as HTTP has it; without an offset it is UTC.

    It keeps its offset: by that clock a window recurs on days of the week.
    """
    try:
        date = datetime.fromisoformat(str(text))
    except ValueError:
        date = parsedate_to_datetime(str(text))
    return format_datetime(date if date.tzinfo else date.replace(tzinfo=UTC))


def _targeting(parameters: Json) -> Json:
    if "audience" not in parameters:
        return parameters
    audience = _object(parameters["audience"], "'Audience'")
    exclusion = _object(audience.get("exclusion", {}), "'Exclusion'")
    groups = [_object(group, "a group") for group in _list(audience.get("groups", []), "'Groups'")]
    normal = {
        "Users": _lower_case(audience.get("users", [])),
        "Groups": [
            {"Name": group.get("name"), "RolloutPercentage": _number(group.get("rolloutpercentage", 0))}
            for group in groups
        ],
        "DefaultRolloutPercentage": _number(audience.get("defaultrolloutpercentage", 0)),
        "Exclusion": {
            "Users": _lower_case(exclusion.get("users", [])),
            "Groups": _list(exclusion.get("groups", []), "'Groups'"),
        },
    }
    return {"Audience": normal}


FILTERS: Mapping[str, Callable[[Json], Json]] = {"Microsoft.TimeWindow": _window, "Microsoft.Targeting": _targeting}


DEFAULTS = ("default_when_enabled", "default_when_disabled")


def _variant(variant: Any) -> Json:
    given = _object(variant, "a variant")
    return {
        "name": given.get("name"),
        "configuration_value": given.get("configuration_value"),
        "status_override": _one_of(
            ("None", "Enabled", "Disabled"), given.get("status_override", "None"), "'status_override'"
        ),
    }


def _allocation(allocation: Json) -> Json:
    """The package takes the last allocation that fits a user, and so gets them in reverse order."""
    defaults: Json = {name: allocation[name] for name in DEFAULTS if name in allocation}
    users = [_object(one, "an allocation") for one in _list(allocation.get("user", []), "'user'")]
    groups = [_object(one, "an allocation") for one in _list(allocation.get("group", []), "'group'")]
    return {
        **defaults,
        "user": [
            {"variant": one.get("variant"), "users": _lower_case(one.get("users", []))} for one in reversed(users)
        ],
        "group": [
            {"variant": one.get("variant"), "groups": _list(one.get("groups", []), "'groups'")}
            for one in reversed(groups)
        ],
    }


def _percentile(allocation: Any) -> Percentile:
    given = _object(allocation, "an allocation")
    low, high = _number(given.get("from", 0)), _number(given.get("to", 0))
    if not 0 <= low <= high <= 100:
        raise ValueError("a percentile must go up, from 0 or more to 100 or less")
    return Percentile(str(given.get("variant")), low, high)


def _lower_case(users: Any) -> list[Any]:
    """The package compares users exactly; e-mails are written in any case, in tokens and by those who target them."""
    return [user.lower() if isinstance(user, str) else user for user in _list(users, "'Users'")]


def _number(value: Any) -> float:
    """A number, also one that is written as text."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{value!r} is no number") from error
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no number")
    return number


def _one_of(words: Collection[str], value: Any, what: str) -> str:
    """The word that is meant, in any case."""
    found = next((word for word in words if word.lower() == str(value).lower()), None)
    if found is None:
        raise ValueError(f"{what} must be one of {', '.join(words)}")
    return found


def _object(value: Any, what: str) -> Json:
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be an object")  # noqa: TRY004 - it is about a value, not about our code
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{what} must be a list")  # noqa: TRY004 - it is about a value, not about our code
    return value


def _plain(part: Any, *, but: str) -> Any:
    """A copy with names in lower case and without nulls, which count as absent. Values of `but` stay as they are."""
    if isinstance(part, list):
        return [_plain(item, but=but) for item in part if item is not None]
    if not isinstance(part, dict):
        return part
    named = {key.lower(): value for key, value in part.items() if value is not None}
    return {key: value if key == but else _plain(value, but=but) for key, value in named.items()}
