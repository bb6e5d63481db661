"""What a flag says for one user: audiences, percentages, time windows; and that a broken one is off, alone."""

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from shared.flags.feature_flags import Flag
from shared.logs import log_what_waits
from tests.flags.app_configuration import AppConfiguration
from tests.flags.flags import USER_ID, caller, flags_from

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def audience(
    users: Collection[str] = (),
    groups: Collection[str] = (),
    percentage: float = 0,
    excluded_users: Collection[str] = (),
    excluded_groups: Collection[str] = (),
) -> dict[str, Any]:
    """The condition that the portal makes of a targeting filter."""
    targeted = {
        "Users": list(users),
        "Groups": [{"Name": name, "RolloutPercentage": 100} for name in groups],
        "DefaultRolloutPercentage": percentage,
        "Exclusion": {"Users": list(excluded_users), "Groups": list(excluded_groups)},
    }
    return {"name": "Microsoft.Targeting", "parameters": {"Audience": targeted}}


def window(start: datetime | None = None, end: datetime | None = None) -> dict[str, Any]:
    ends = {"Start": start, "End": end}
    parameters = {name: format_datetime(instant, usegmt=True) for name, instant in ends.items() if instant}
    return {"name": "Microsoft.TimeWindow", "parameters": parameters}


def when(*filters: Any, requirement_type: str = "Any") -> dict[str, Any]:
    return {"requirement_type": requirement_type, "client_filters": list(filters)}


async def on_for(store: AppConfiguration, condition: dict[str, Any], *who: Any) -> list[bool]:
    """Whether a flag with this condition is on, for each of these callers."""
    store.put_flag("dark-mode", conditions=when(condition))
    async with flags_from(store) as flags:
        return [await flags.enabled(Flag.DARK_MODE, one) for one in who]


async def test_a_user_is_targeted_by_email_in_any_case(store: AppConfiguration) -> None:
    ann, bob = caller("ann@Example.com"), caller("bob@example.com")

    assert await on_for(store, audience(users=["Ann@example.COM"]), ann, bob) == [True, False]


async def test_a_user_without_an_email_is_targeted_by_id(store: AppConfiguration) -> None:
    nameless, ann = caller(None), caller("ann@example.com")

    assert await on_for(store, audience(users=[USER_ID.upper()]), nameless, ann) == [True, False]


async def test_a_group_or_role_of_the_token_is_targeted(store: AppConfiguration) -> None:
    tester, other = caller("a@example.com", "time-tracker-tester", "staff"), caller("b@example.com", "staff")

    assert await on_for(store, audience(groups=["time-tracker-tester"]), tester, other) == [True, False]


async def test_who_is_excluded_is_out_whatever_lets_him_in(store: AppConfiguration) -> None:
    condition = audience(percentage=100, excluded_users=["Ann@example.com"], excluded_groups=["guests"])

    who = caller("ann@example.com"), caller("bob@example.com", "guests"), caller("cid@example.com")
    assert await on_for(store, condition, *who) == [False, False, True]


async def test_a_percentage_takes_in_its_part_of_the_users(store: AppConfiguration) -> None:
    people = [caller(f"user-{number}@example.com") for number in range(400)]

    on = await on_for(store, audience(percentage=25), *people)

    assert 60 <= sum(on) <= 140


async def test_a_percentage_keeps_whom_it_took_in(store: AppConfiguration) -> None:
    people = [caller(f"user-{number}@example.com") for number in range(50)]

    few = await on_for(store, audience(percentage=30), *people)
    again = await on_for(store, audience(percentage=30), *people)
    more = await on_for(store, audience(percentage=60), *people)

    assert few == again
    assert all(later for earlier, later in zip(few, more, strict=True) if earlier)


@pytest.mark.parametrize(
    ("condition", "on"),
    [
        (window(NOW - HOUR, NOW + HOUR), True),
        (window(start=NOW - HOUR), True),
        (window(end=NOW + HOUR), True),
        (window(NOW - 2 * HOUR, NOW - HOUR), False),
        (window(start=NOW + HOUR), False),
    ],
)
async def test_a_time_window_opens_and_closes(store: AppConfiguration, condition: dict[str, Any], on: bool) -> None:
    assert await on_for(store, condition, caller()) == [on]


@pytest.mark.parametrize(("requirement_type", "on"), [("Any", True), ("All", False)])
async def test_conditions_are_met_singly_or_together(store: AppConfiguration, requirement_type: str, on: bool) -> None:
    conditions = when(window(start=NOW + HOUR), audience(percentage=100), requirement_type=requirement_type)
    store.put_flag("dark-mode", conditions=conditions)

    async with flags_from(store) as flags:
        assert await flags.enabled(Flag.DARK_MODE, caller()) is on


async def test_a_date_without_an_offset_is_utc(store: AppConfiguration) -> None:
    soon, lately = ((NOW + minutes).replace(tzinfo=None).isoformat() for minutes in (HOUR / 2, -HOUR / 2))

    assert await on_for(store, {"name": "Microsoft.TimeWindow", "parameters": {"Start": soon}}, caller()) == [False]
    assert await on_for(store, {"name": "Microsoft.TimeWindow", "parameters": {"Start": lately}}, caller()) == [True]


BROKEN = {
    "a date that is none": {"conditions": when({"name": "Microsoft.TimeWindow", "parameters": {"Start": "soon"}})},
    "a percentile that goes down": {
        "variants": [{"name": "A"}],
        "allocation": {"percentile": [{"variant": "A", "from": 50, "to": 10}]},
    },
    "a filter that the package does not have": {"conditions": when({"name": "Microsoft.Percentage"})},
    "no audience": {"conditions": when({"name": "Microsoft.Targeting", "parameters": {}})},
    "no parameters": {"conditions": when({"name": "Microsoft.Targeting", "parameters": None})},
    "a percentage beyond 100": {"conditions": when(audience(percentage=101))},
    "a percentage that is text": {"conditions": when({**audience(percentage="many")})},  # type: ignore[arg-type]
    "conditions that are text": {"conditions": "always"},
    "filters that are text": {"conditions": {"client_filters": "always"}},
    "a filter that is text": {"conditions": when("always")},
    "a filter without a name": {"conditions": when({"parameters": {}})},
    "an unknown requirement": {"conditions": when(requirement_type="Some")},
    "enabled is a number": {"enabled": 1},
    "enabled is another word": {"enabled": "yes"},
    "variants that are none": {"variants": ["big"], "allocation": {"user": [{"who": "ann"}]}},
}
NO_FLAGS = {"no JSON": "{", "a list": "[]", "a number": "1", "null": "null", "empty": "", "nothing": None}
DEEP = "[" * 100_000


@pytest.mark.parametrize("document", BROKEN.values(), ids=BROKEN)
async def test_a_broken_flag_is_off_alone_and_said_to_be_so_once(
    store: AppConfiguration, caplog: pytest.LogCaptureFixture, document: dict[str, Any]
) -> None:
    store.put_flag("dark-mode", **document)
    store.put_flag("preview")

    async with flags_from(store) as flags:
        for _ in range(3):
            assert (await flags.toggles(caller())).flags == {"dark-mode": False, "preview": True}
    log_what_waits()

    assert [record.getMessage().partition(" (")[0] for record in caplog.records if record.levelno > logging.INFO] == [
        "the feature flag 'dark-mode' is broken, and off"
    ]
    assert "ann@example.com" not in caplog.text


@pytest.mark.parametrize("value", [*NO_FLAGS.values(), DEEP], ids=[*NO_FLAGS, "a bottomless list"])
async def test_what_is_no_flag_is_off_alone(
    store: AppConfiguration, caplog: pytest.LogCaptureFixture, value: str | None
) -> None:
    store.put_raw_flag("dark-mode", value)
    store.put_flag("preview")

    async with flags_from(store) as flags:
        assert (await flags.toggles(caller())).flags == {"dark-mode": False, "preview": True}
    log_what_waits()
    assert caplog.text.count("the feature flag 'dark-mode' is broken") == 1


async def test_a_broken_part_that_is_not_reached_does_no_harm(store: AppConfiguration) -> None:
    store.put_flag("dark-mode", conditions=when(audience(users=["ann@example.com"]), {"name": "Of.The.Future"}))

    async with flags_from(store) as flags:
        assert await flags.enabled(Flag.DARK_MODE, caller("ann@example.com"))
        assert not await flags.enabled(Flag.DARK_MODE, caller("bob@example.com"))
