"""Reports as workbooks (XLSX), as a person would make one: filters, real dates, durations, money, totals, a chart.

A formula carries its value, because LibreOffice and most programs that read workbooks show the value that is stored.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from shared.instants import parse_instant, to_local
from shared.reports.csv_file import leaves
from shared.reports.days import OF_TIME
from shared.reports.reading import Source
from shared.reports.rules import Report, Sums
from shared.reports.sheets import FIRST_ROW, MARGIN, UNWRITABLE, Column, Formula, Money, Sheet, Workbook

HOUR = 3_600_000
DAY = 24 * HOUR
# After so many rows, other requests have their turn.
SLICE = 50
# The function of SUBTOTAL that adds up what the filters leave. 109, which leaves out rows that were hidden by hand as
# well, is an error in Gnumeric 1.12 once it calculates.
SUM_OF_FILTERED = 9
MOST_BARS = 60
BAR_PIXELS = 18
# Rows and a chart below them that are still large enough to read when they are fitted to one page.
MOST_LINES_ON_A_PAGE = 55
LINE_PIXELS = 20
SIDES = ("Amount", "Cost")
ENTRY_COLUMNS = (
    Column("Date", "date", 11), Column("Start", "clock", 16), Column("End", "clock", 16),
    Column("Duration", "duration", 11), Column("Hours", "hours", 9), Column("User", "long", 20),
    Column("E-mail", "long", 26), Column("Customer", "long", 20), Column("Project", "long", 22),
    Column("Activity", "long", 16), Column("Description", "long", 44), Column("Link or ticket", width=18),
    Column("Technologies", width=20), Column("Billable", width=9),
)  # fmt: skip
MONEY_COLUMNS = (
    Column("Amount", "money"), Column("Currency", width=10), Column("Cost", "money"), Column("Cost in", width=10),
)  # fmt: skip
LAST_COLUMNS = (Column("Running", width=9), Column("Id", width=38))
FIGURES = (
    Column("Duration", "duration", 12), Column("Hours", "hours", 11), Column("Billable hours", "hours", 11),
    Column("Entries", "count", 9),
)  # fmt: skip
GROUP_WIDTH = 24
# A week is no date, and a month is not its first day: they have the texts that CSV and JSON have.
FORM_OF_GROUP = {"day": "date"}
# The names of a bar's groups, and its hours.
Bar = tuple[Sequence[str], float]
DURATION = 3
AMOUNT = len(ENTRY_COLUMNS)


@dataclass(frozen=True, slots=True)
class Heading:
    """The line at the top of each sheet, and the zone of its wall clocks."""

    title: str
    zone: tzinfo


async def of_entries(report: Report, rows: AsyncIterator[dict[str, Any]], source: Source, heading: Heading) -> bytes:
    """A workbook with a row for each entry. `report` counts the entries while they are written."""
    with Workbook() as workbook:
        await _write_entries(workbook, report, rows, source, heading)
        return await workbook.content()


async def grouped(report: Report, rows: AsyncIterator[dict[str, Any]], source: Source, heading: Heading) -> bytes:
    """A workbook with the groups and a chart of them, and the entries on a second sheet.

    `report` counts the entries while they are written.
    """
    with Workbook() as workbook:
        # The first sheet comes first, though it is known last what stands in it.
        first = workbook.add("Report")
        await _write_entries(workbook, report, rows, source, heading)
        await _write_groups(workbook, first, report, source, heading)
        return await workbook.content()


async def _write_entries(
    workbook: Workbook, report: Report, rows: AsyncIterator[dict[str, Any]], source: Source, heading: Heading
) -> None:
    money = () if source.rates is None else MONEY_COLUMNS
    sheet = workbook.sheet(workbook.add("Entries"), heading.title, [*ENTRY_COLUMNS, *money, *LAST_COLUMNS])
    async for row in rows:
        sheet.write([*_cells(row, source, heading.zone)])
        if sheet.next_row % SLICE == 0:
            await asyncio.sleep(0)
    sheet.close(_totals(sheet, report), AMOUNT + len(money))


def _totals(sheet: Sheet, report: Report) -> list[dict[int, str | Formula]]:
    """The time, and the amounts: beside it if they are in one currency, else in a row for each that has some."""
    worked = report.total.milliseconds
    amounts = {code: pair for code, pair in report.total.amounts.items() if any(pair)}
    total: dict[int, str | Formula] = {
        0: "Total",
        DURATION: _sum_of(sheet, DURATION, worked / DAY, "duration"),
        DURATION + 1: _sum_of(sheet, DURATION + 1, worked / HOUR, "hours"),
    }
    if len(amounts) == 1:
        ((code, pair),) = amounts.items()
        return [total | _money_of(sheet, code, pair, mixed=False)]
    return [
        total,
        *({0: f"Total {code}", **_money_of(sheet, code, pair, mixed=True)} for code, pair in sorted(amounts.items())),
    ]


def _money_of(sheet: Sheet, code: str, pair: list[Decimal], *, mixed: bool) -> dict[int, str | Formula]:
    """What is billed and what it costs in one currency, each with the currency beside it."""
    cells: dict[int, str | Formula] = {}
    for place, amount in zip((AMOUNT, AMOUNT + 2), pair, strict=True):
        if not amount:
            continue
        if mixed:
            # A plain sum by currency would not follow the filters. In Gnumeric, which can't take the cells one by one,
            # it is better than an error.
            amounts, currencies = sheet.cells_of(place), sheet.cells_of(place + 1)
            first = amounts.partition(":")[0]
            each = f"SUBTOTAL({SUM_OF_FILTERED},OFFSET({first},ROW({amounts})-ROW({first}),0))"
            filtered = f'SUMPRODUCT({each},--({currencies}="{code}"))'
            text = f'=IFERROR({filtered},SUMIF({currencies},"{code}",{amounts}))'
            cells[place] = Formula(text, float(amount), code)
        else:
            cells[place] = _sum_of(sheet, place, float(amount), code)
        cells[place + 1] = code
    return cells


def _sum_of(sheet: Sheet, place: int, value: float, form: str) -> Formula:
    """The sum of a column's cells that the filters leave."""
    return Formula(f"=SUBTOTAL({SUM_OF_FILTERED},{sheet.cells_of(place)})", value, form)


def _cells(row: Mapping[str, Any], source: Source, zone: tzinfo) -> Iterator[Any]:
    """An entry's cells, in the order of the columns."""
    start = to_local(parse_instant(row["start_date"]), zone)
    email, person, *what_for = source.labels(row)
    worked = round(row["seconds"] * 1000)
    yield from (start.date(), start)
    yield to_local(parse_instant(row["end_date"]), zone) if row["end_date"] else None
    yield from (worked / DAY, worked / HOUR, person, email, *what_for, row["description"], row["uri"])
    yield from (", ".join(row["technologies"]), "yes" if row["billable"] else "no")
    if source.rates is not None:
        for side in ("billable", "cost"):
            amounts = [one for one in row["amounts"] if Decimal(one[side])]
            yield Money(Decimal(amounts[0][side]), amounts[0]["currency"]) if amounts else None
            yield amounts[0]["currency"] if amounts else None
    yield from ("yes" if row["running"] else "no", row["id"])


async def _write_groups(workbook: Workbook, first: Any, report: Report, source: Source, heading: Heading) -> None:
    levels = len(report.asked.group_by)
    money = [
        (code, side)
        for code, pair in sorted(report.total.amounts.items())
        for side in range(len(SIDES))
        if source.rates is not None and pair[side]
    ]
    lines = [*leaves(report, source)]
    widths = [max([GROUP_WIDTH, *(len(names[level]) + MARGIN for names, _ in lines)]) for level in range(levels)]
    columns = [
        *(
            Column(group.capitalize(), FORM_OF_GROUP.get(group, "text"), width)
            for group, width in zip(report.asked.group_by, widths, strict=True)
        ),
        *FIGURES,
        *(Column(f"{SIDES[side]} {code}", code) for code, side in money),
    ]
    printed = len(columns)
    upright = report.asked.group_by[0] in OF_TIME
    # Names of the innermost level may come again in another group. Below upright bars, the outer names stand under
    # them; beside lying ones they would be written on their side, over one another, and so each bar has a text.
    repeated = len({names[-1] for names, _ in lines}) < len(lines)
    if labelled := repeated and not upright and levels > 1:
        columns.append(Column("In the chart", "text", 50))
    sheet = workbook.sheet(first, heading.title, columns)
    bars: list[Bar] = []
    for names, sums in lines:
        label = [", ".join(filter(None, names))] if labelled else []
        sheet.write([*map(_group_cell, report.asked.group_by, names), *_figures(sums, money), *label])
        bars.append((label or (names if repeated else names[-1:]), sums.milliseconds / HOUR))
        if sheet.next_row % SLICE == 0:
            await asyncio.sleep(0)
    total: dict[int, str | Formula] = {0: "Total"}
    for place, value in enumerate(_figures(report.total, money), levels):
        # An entry that several groups have a part of counts in each: their numbers do not add up to anything.
        if value is not None and columns[place].title != "Entries":
            total[place] = _sum_of(sheet, place, value, columns[place].form)
    sheet.close([total], printed)
    if bars:
        _chart(sheet, report, bars, printed if labelled else 0 if repeated else levels - 1)


def _group_cell(group: str, name: str) -> str | date:
    """What the cell of a group holds: of a day a real date. A day without entries has no inner names."""
    return date.fromisoformat(name) if group == "day" and name else name


def _figures(sums: Sums, money: Sequence[tuple[str, int]]) -> list[float | None]:
    """Duration, hours, billable hours, entries, and amounts: None where there is nothing in that currency."""
    amounts = [float(sums.amounts[code][side]) if code in sums.amounts else None for code, side in money]
    hours = (sums.milliseconds / DAY, sums.milliseconds / HOUR, sums.billable_milliseconds / HOUR)
    return [*hours, sums.entries, *amounts]


def _chart(sheet: Sheet, report: Report, bars: Sequence[Bar], names_from: int) -> None:
    """The hours of each row: upright for time, lying for names, of which 60 are enough.

    Their names stand in the columns from `names_from` on. The chart carries names and values as well as where they
    stand: programs that show a workbook without working it out draw what is stored, and number bars without names.
    """
    upright, hours = report.asked.group_by[0] in OF_TIME, len(report.asked.group_by) + 1
    shown = bars if upright else bars[:MOST_BARS]
    title = "Hours" if len(shown) == len(bars) else f"Hours of the first {len(shown)} rows"
    last, names_to = FIRST_ROW + len(shown) - 1, names_from + len(shown[0][0]) - 1
    levels = [
        [UNWRITABLE.sub("", name) for name in level] for level in zip(*(names for names, _ in shown), strict=True)
    ]
    chart = sheet.book.add_chart({"type": "column" if upright else "bar"})
    chart.add_series(
        {
            "name": "Hours",
            "categories": ["Report", FIRST_ROW, names_from, last, names_to],
            "categories_data": levels if len(levels) > 1 else levels[0],
            "values": ["Report", FIRST_ROW, hours, last, hours],
            "values_data": [value for _, value in shown],
            "fill": {"color": "#2E75B6"},
            "gap": 60,
        }
    )
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    # Each row has its bar, also where the names are days: programs would order these, and leave room for those between.
    names = {"num_font": {"size": 9}, "text_axis": True}
    values = {"min": 0, "num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}}
    if upright:
        chart.set_x_axis(names)
        chart.set_y_axis(values)
    else:
        # Lying bars have their names on the y axis, which counts from the bottom.
        chart.set_y_axis(names | {"reverse": True})
        chart.set_x_axis(values)
    height = 320 if upright else max(200, 80 + BAR_PIXELS * len(shown))
    chart.set_size({"width": sheet.pixels, "height": height})
    lines = height // LINE_PIXELS + 1
    if len(bars) + lines > MOST_LINES_ON_A_PAGE:
        sheet.add_beside(chart)
    else:
        # Beside the table, it would make both of them small on paper.
        sheet.add_below(chart, lines)
