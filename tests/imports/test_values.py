"""What the cells of a file mean."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.imports import values
from shared.imports.values import Order

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("cell", "order", "expected"),
    [
        ("2026-03-05", None, date(2026, 3, 5)),
        ("2026/3/5", "mdy", date(2026, 3, 5)),
        ("05.03.2026", None, date(2026, 3, 5)),
        ("5.3.26", None, date(2026, 3, 5)),
        ("05.03.2026", "mdy", date(2026, 5, 3)),
        ("05/03/2026", "dmy", date(2026, 3, 5)),
        ("05/03/2026", "mdy", date(2026, 5, 3)),
        ("05-03-2026", "dmy", date(2026, 3, 5)),
        ("03/03/2026", None, date(2026, 3, 3)),
        # As browsers print it for Czechs, Croats and Hungarians (CLDR 48).
        ("5. 3. 2026", None, date(2026, 3, 5)),
        ("05.\u00a003.\u00a02026.", None, date(2026, 3, 5)),
        ("2026. 03. 05.", None, date(2026, 3, 5)),
        (datetime(2026, 3, 5, 9), None, date(2026, 3, 5)),  # noqa: DTZ001
        (46086.0, None, date(2026, 3, 5)),
    ],
)
def test_a_date(cell: Any, order: Order | None, expected: date) -> None:
    assert values.read_date(cell, order) == expected


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        ("05/03/2026", None), ("13/04/2026", "mdy"), ("31.02.2026", None), ("2026-13-01", None), ("5 March", None),
        ("", None),
        ("1899-12-31", None), (datetime(1900, 1, 1), None), (True, None), (0.5, None), ("05/03-2026", "dmy"),  # noqa: DTZ001
        ("05/03/2026", "ymd"),
    ],
)  # fmt: skip
def test_what_is_no_date(cell: Any, order: Order | None) -> None:
    with pytest.raises(ValueError, match="date"):
        values.read_date(cell, order)


@pytest.mark.parametrize(
    ("cell", "hours"),
    [
        ("09:05", 9 + 5 / 60), ("9:05:30", 9 + 5 / 60 + 30 / 3600), ("12:05:00 AM", 5 / 60), ("12:05 PM", 12 + 5 / 60),
        ("01:05 p. m.", 13 + 5 / 60), ("11:00pm", 23),
        # As Babel 2.19.0 and PHP 8.2 with ICU 72 print it in English and in Spanish.
        ("2:05:00\u202fPM", 14 + 5 / 60), ("2:05\u202fp.\u202fm.", 14 + 5 / 60), ("2:05\u202fp.\u00a0m.", 14 + 5 / 60),
        ("24:00", 24), (time(9, 30), 9.5), (0.375, 9.0),
        (timedelta(hours=9), 9),
        (datetime(2026, 3, 5, 9), 9),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_a_time_of_day(cell: Any, hours: float) -> None:
    assert values.read_clock(cell) == timedelta(milliseconds=round(hours * 3_600_000))


@pytest.mark.parametrize("cell", ["", "25:00", "13:00 PM", "09:60", "9", "nine", True, 1.5, timedelta(hours=-1)])
def test_what_is_no_time_of_day(cell: Any) -> None:
    with pytest.raises(ValueError, match="time of day"):
        values.read_clock(cell)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1:30:00", [1.5]), ("100:30", [100.5]), ("00:00:30.500", [30.5 / 3600]), ("12:05:00 AM", [5 / 60]),
        ("25.5", [25.5 * 24, 25.5]), ("0,0625", [1.5, 0.0625]), (0.0625, [1.5, 0.0625]), (time(1, 30), [1.5]),
        (timedelta(hours=25.5), [25.5]),
        # As pandas 3.1.1, DuckDB 2.0.1 and Python's own `csv` write a duration, and as Clockify's API has it.
        ("0 days 01:30:00", [1.5]), ("1 days 01:30:00.500000", [25.5 + 0.5 / 3600]), ("1 day 01:30:00", [25.5]),
        ("1 day, 1:30:00", [25.5]), ("PT1H30M", [1.5]), ("P1DT1H30M", [25.5]), ("pt0.5s", [0.5 / 3600]), ("P2D", [48]),
        # As Kimai 2 writes a column of durations: OpenSpout 5 formats PHP's DateInterval in a way of its own.
        ("P0Y0M0DT1H30M0S0F", [1.5]), ("P0Y0M0DT25H0M30S0F", [25 + 30 / 3600]),
        # As Jira, Everhour and Toggl show one, and people write it.
        ("1h 30m", [1.5]), ("1h30m", [1.5]), ("1 hr 30 min", [1.5]), ("1h30", [1.5]), ("90m", [1.5]),
        ("47 min", [47 / 60]), ("25 sec", [25 / 3600]), ("2 hours, 5 minutes", [2 + 5 / 60]), ("1,5 h", [1.5]),
        ("1.25h", [1.25]), ("25h", [25]), ("1h\u00a030min", [1.5]), ("1h 0m 30s", [1 + 30 / 3600]),
        # 25:30 in a cell for times of day.
        (datetime(1900, 1, 1, 1, 30), [25.5, 49.5, 1.5]),  # noqa: DTZ001
        (datetime(1899, 12, 31, 1, 30), [1.5, 25.5]),  # noqa: DTZ001
        (date(1899, 12, 30), [0]),
    ],
)  # fmt: skip
def test_a_duration_and_what_else_it_may_be(cell: Any, expected: list[float]) -> None:
    found = values.read_lengths(cell, hours=False, decimals=None)

    assert [length.duration for length in found] == [HOUR * hours for hours in expected]


def test_where_the_column_says_so_a_number_is_hours() -> None:
    assert [one.duration for one in values.read_lengths("25.50", hours=True, decimals=".")] == [HOUR * 25.5]
    assert [one.duration for one in values.read_lengths(25.5, hours=True, decimals=None)] == [HOUR * 25.5]


@pytest.mark.parametrize(
    "cell",
    [
        "", "x", "1:60", "-1:00", "-2", "1d 2h", "1w", "h", "m", "1h x", "1 m 2 h", "1h30m20", "-1h", "1 mo",
        -2.0, True, timedelta(hours=-1), "1:2:3:4", "P", "PT", "P1M", "P1DT",
        "-PT1H", "-1 days +23:00:00", "1 day", "1 days 5", "1 days 2 days 1:00",
    ],
)  # fmt: skip
def test_what_is_no_duration(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"duration|number"):
        values.read_lengths(cell, hours=True, decimals=None)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("7", {".", ","}), ("7.5", {"."}), ("7,5", {","}), ("2.000,0", {","}), ("2,000.0", {"."}),
        ("1.234", {".", ","}),
        ("0.125", {"."}), ("1234.567", {"."}), ("1.234.567", {","}), ("1'234.5", {"."}), ("x", set()), ("", set()),
    ],
)  # fmt: skip
def test_a_number_tells_its_decimal_separator_or_does_not(text: str, allowed: set[str]) -> None:
    assert values.decimals_of(text) == allowed


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("2.000,0", ",", "2000.0"), ("2,000.5", ".", "2000.5"), ("1.234", ",", "1234"), ("1.234", ".", "1.234"),
        ("7", None, "7"), ("20,0", None, "20.0"), ("1 234,5", ",", "1234.5"),
    ],
)  # fmt: skip
def test_a_number(text: str, decimals: Any, expected: str) -> None:
    assert values.read_number(text, decimals) == Decimal(expected)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Yes", True), ("no", False), ("TRUE", True), ("WAHR", True), ("Ja", True), ("Sí", True), ("はい", True),
        ("いいえ", False), (True, True), (0.0, False), ("", None), (" ", None),
    ],
)  # fmt: skip
def test_yes_and_no(cell: Any, expected: bool | None) -> None:
    assert values.read_flag(cell) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5/3/2026, 2:05:00\u202fp.\u00a0m.", ("5/3/2026", "2:05:00\u202fp.\u00a0m.")),
        ("2026. 03. 05. 14:05", ("2026. 03. 05.", "14:05")),
        ("05.03.2026T14:05", ("05.03.2026", "14:05")),
        ("5.3.26", ("5.3.26", "")),
    ],
)
def test_a_date_and_a_time_in_one_cell(text: str, expected: tuple[str, str]) -> None:
    assert values.split_moment(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a, b", ["a", "b"]), ("a,b", ["a,b"]), ("C#", ["C#"]), ("#1 of a", ["#1 of a"]), ("", []),
        ("#0", ["#0"]), ("#a #b", ["#a #b"]),
    ],
)  # fmt: skip
def test_tags(text: str, expected: list[str]) -> None:
    assert values.read_tags(text) == expected


def test_what_is_neither_yes_nor_no() -> None:
    with pytest.raises(ValueError, match="neither"):
        values.read_flag("perhaps")
