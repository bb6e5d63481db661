"""The page `docs/capacity.md` shows what its script makes of the committed figures, and the script takes other ones."""

import re

import pytest
from click.testing import CliRunner

from benchmarks.capacity import measured, page
from benchmarks.capacity.__main__ import capacity
from benchmarks.capacity.assumptions import Assumptions
from benchmarks.capacity.page import PAGE, Prices
from benchmarks.capacity.walls import Model


@pytest.fixture(scope="module")
def model() -> Model:
    """What the page is made from."""
    return Model(measured.read(), measured.sizes(), Assumptions())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.0123"),
        (7.056, "7.06"),
        (99.96, "100"),
        (12_981, "13,000"),
        (999_600, "1 million"),
        (8.27e11, "827 billion"),
    ],
)
def test_figures_have_three_digits_that_count(value: float, text: str) -> None:
    assert page.figure(value) == text


def test_money_is_a_formula_until_the_prices_are_known() -> None:
    amounts = (50.0, "M"), (20.0, "G")

    assert Prices().cost(*amounts) == "`50*M + 20*G`"
    assert Prices(million_units=0.5).cost(*amounts) == "`50*M + 20*G`"
    assert Prices(million_units=0.5, gigabyte_month=0.25).cost(*amounts) == "30"


def test_the_page_shows_what_the_script_makes_of_the_committed_figures(model: Model) -> None:
    """`python -m benchmarks.capacity --write` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page.page(page.sections(model))


def test_the_rows_hold_what_they_are_called(model: Model) -> None:
    need = model.demand(1000)
    lines = (line.strip("| ").split(" | ") for line in page.sections(model, [1000])["needs"].splitlines())
    rows = dict(cells for cells in lines if len(cells) == 2)

    assert rows["RU a month"] == page.figure(need.units_a_month(model.assumed))
    assert rows["RU/s, average of a working hour"] == page.figure(need.working.load.total)
    assert rows["RU/s at the peak"] == page.figure(need.peak.load.total)
    assert rows["of these, `time_entry`"] == page.figure(need.peak.load.time_entry)
    assert rows["`event` after 3 years"] == page.stored(need.event_bytes)


def test_the_page_says_of_every_wall_what_moves_it(model: Model) -> None:
    text = PAGE.read_text(encoding="utf-8")
    moved = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", text.partition("| what moves it |")[2], re.MULTILINE)

    assert sorted(moved[1:]) == sorted(wall.name for wall in model.walls(1))


def test_the_command_takes_other_people_and_prices() -> None:
    prices = ["--price-per-million-units", "1", "--price-per-gigabyte-month", "0"]
    answer = CliRunner().invoke(
        capacity, ["--users", "50", "--results", str(measured.RESULTS), "--switches-a-day", "7", *prices]
    )

    assert answer.exit_code == 0
    assert "| 7 | `--switches-a-day` |" in answer.output
    assert re.search(r"\| serverless \| [\d.]+ \|", answer.output)


def test_the_page_is_written_by_the_defaults_alone() -> None:
    before = PAGE.read_text(encoding="utf-8")
    answer = CliRunner().invoke(capacity, ["--write", "--switches-a-day", "7"])

    assert answer.exit_code == 2
    assert PAGE.read_text(encoding="utf-8") == before
