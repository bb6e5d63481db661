"""Files as tables: CSV as it comes, workbooks as programs write them, and files that want to do harm."""

import io
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from shared.errors import ApiError
from shared.imports import table
from shared.imports.formats import FORMATS
from shared.imports.table import File, Table
from tests.imports.importing import (
    CSV,
    GENERIC,
    HARVEST,
    TOGGL,
    XLSX,
    entries,
    failures,
    file_of,
    generic,
    imported,
    send,
    toggl,
)
from tests.world import World

ROW = {
    "User": "Somebody", "Email": "", "Client": "Customer", "Project": "Project", "Task": "Activity",
    "Description": "Work", "Billable": "Yes", "Start date": "2024-03-05", "Start time": "09:00:00",
    "End date": "2024-03-05",    "End time": "10:30:00", "Duration": "01:30:00", "Tags": "a, b",
}  # fmt: skip


def sheet(rows: Iterable[Iterable[Any]], *, iso_dates: bool = False) -> bytes:
    """A workbook as openpyxl writes it."""
    book = openpyxl.Workbook()
    book.iso_dates = iso_dates
    assert book.active
    for row in rows:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def toggl_sheet(*rows: dict[str, Any]) -> bytes:
    return sheet([TOGGL.split(","), *((ROW | row).values() for row in rows)])


def changed(content: bytes, change: Callable[[str, bytes], bytes | None], **options: Any) -> bytes:
    """A workbook whose parts are changed, or left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", **options) as new:
        for name in old.namelist():
            if (part := change(name, old.read(name))) is not None:
                new.writestr(name, part)
    return buffer.getvalue()


def with_sheet(content: bytes, before: bytes, after: bytes) -> bytes:
    return changed(
        content,
        lambda name, part: part.replace(before, after) if name.endswith("sheet1.xml") else part,
        compression=zipfile.ZIP_DEFLATED,
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
async def test_csv_with_any_delimiter_is_one_and_the_same(world: World, delimiter: str, bom: str) -> None:
    file = file_of(GENERIC, generic("2024-03-05T09:00Z", "2024-03-05T10:00Z", 'say ""hi"", then\nstop; now'))
    await imported(world.user, file)

    other = bom + file.replace('","', f'"{delimiter}"').replace(GENERIC, GENERIC.replace(",", delimiter))

    assert (await imported(world.user, other))["unchanged"] == 1
    assert [one["description"] for one in await entries(world.user)] == ['say "hi", then\nstop; now']


async def test_rows_are_numbered_as_a_spreadsheet_shows_them(world: World) -> None:
    row = generic("2024-03-05T09:00Z", "2024-03-05T10:00Z", "two\nlines")
    file = file_of(GENERIC, row, "", generic("never", ""), ",,,,,,,,,", generic("never", ""))

    result = await imported(world.user, file)

    assert (result["rows"], failures(result)) == (3, [(4, "date_invalid"), (6, "date_invalid")])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfea\x00b\x00", "not_utf8"),
        (f"{GENERIC}\nGr\xfc\xdfe".encode("latin-1"), "not_utf8"),
        (f'{GENERIC}\n"never ends'.encode(), "csv_malformed"),
        (b"PK\x03\x04", "not_csv"),
        (b"\n\n", "columns_missing"),
        (b"a,b,c\n1,2,3\n", "columns_missing"),
        (TOGGL.encode(), "columns_missing"),
    ],
)
async def test_what_is_no_csv_is_400(world: World, content: bytes, code: str) -> None:
    (await send(world.user, content, zone="UTC")).refused(400, code)


async def test_a_cell_that_is_far_too_large_fails_its_row_alone(world: World) -> None:
    file = file_of(
        GENERIC,
        generic("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z", "x" * 1_000_000),
        generic("2024-03-05T10:00:00Z", "2024-03-05T11:00:00Z"),
    )

    result = await imported(world.user, file)

    assert (failures(result), result["created"]) == ([(2, "validation_failed")], 1)


async def test_a_file_without_rows_is_nothing(world: World) -> None:
    result = await imported(world.user, GENERIC)

    assert (result["rows"], result["created"], result["failed"]) == (0, 0, [])


async def test_other_bodies_are_refused(world: World) -> None:
    (await send(world.user, b"")).refused(400, "file_missing")
    (await send(world.user, b"{}", media_type="application/json")).refused(415, "not_a_known_file")
    (await send(world.user, b"x" * (5 * 1024 * 1024 + 1))).refused(413, "body_too_large")
    encoded = {"Content-Type": CSV, "Content-Encoding": "gzip"}
    answer = await world.user.call("POST", "imports", data=b"x", headers=encoded)
    assert answer.refused(415, "body_encoded")
    assert (await send(world.user, GENERIC, media_type="text/csv; charset=utf-8")).ok()["rows"] == 0


async def test_a_workbook_is_what_the_csv_is(world: World) -> None:
    await imported(
        world.user, file_of(TOGGL, toggl("2024-03-05 09:00:00", "10:30:00", "01:30:00", tags="a, b")), "toggl", "UTC"
    )

    result = await imported(world.user, toggl_sheet({}), "toggl", "UTC", media_type=XLSX)

    assert (result["unchanged"], result["failed"], result["notes"]) == (1, [], [])


@pytest.mark.parametrize(
    "cells",
    [
        {"Start date": date(2024, 3, 5), "End date": datetime(2024, 3, 5)},  # noqa: DTZ001
        {"Start time": time(9), "End time": time(10, 30)},
        {"Start time": 0.375, "End time": 0.4375},
        {"Duration": timedelta(minutes=90)},
        {"Duration": time(1, 30)},
        {"Duration": 0.0625},
        {"Duration": 1.5},
        {"Billable": True},
        {"Duration": datetime(1899, 12, 30, 1, 30)},  # noqa: DTZ001
        {"Duration": ""},
    ],
)
async def test_cells_come_as_whatever_the_program_made_of_them(world: World, cells: dict[str, Any]) -> None:
    result = await imported(world.user, toggl_sheet(cells), "toggl", "UTC", media_type=XLSX)

    assert (result["failed"], result["notes"]) == ([], [])
    (entry,) = await entries(world.user)
    assert (entry["start_date"][:19], entry["end_date"][:19]) == ("2024-03-05T09:00:00", "2024-03-05T10:30:00")


async def test_a_long_duration_that_comes_as_a_date_is_the_reading_that_fits(world: World) -> None:
    """A cell for times of day that holds 25:30: the library makes 1900-01-01 01:30 of it."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page, clock = book.add_worksheet(), book.add_format({"num_format": "hh:mm:ss"})
        page.write_row(0, 0, TOGGL.split(","))
        for number, (day, clock_time) in enumerate([("2024-03-06", "10:30:00"), ("2024-03-07", "10:31:00")], 1):
            page.write_row(number, 0, [*(ROW | {"End date": day, "End time": clock_time}).values()])
            page.write_number(number, 11, 1.0625, clock)

    result = await imported(world.user, buffer.getvalue(), "toggl", "UTC", media_type=XLSX)

    assert (result["created"], failures(result), result["notes"]) == (1, [(3, "duration_invalid")], [])


async def test_a_date_cell_is_a_wall_clock_though_it_ends_with_a_z(world: World) -> None:
    """As SheetJS writes them (xlsx 0.18.5, with `cellDates`); openpyxl writes the same without the `Z`."""
    moments = [datetime(2024, 3, 5, 9), datetime(2024, 3, 5, 10, 30)]  # noqa: DTZ001
    header: list[Any] = ["project", "client", "task", "start", "end"]
    rows = [header, ["Project", "Customer", "Activity", *moments]]
    content = with_sheet(sheet(rows, iso_dates=True), b":00</v>", b":00.000Z</v>")

    (await send(world.user, content, media_type=XLSX)).refused(400, "timezone_missing")
    result = await imported(world.user, content, zone="Europe/Berlin", media_type=XLSX)

    assert (result["created"], result["failed"], result["notes"]) == (1, [], [])
    (entry,) = await entries(world.user)
    assert (entry["start_date"][:19], entry["end_date"][:19]) == ("2024-03-05T08:00:00", "2024-03-05T09:30:00")


async def test_harvests_hours_are_numbers_and_no_date(world: World) -> None:
    names = HARVEST.split(",")

    def row(hours: Any) -> list[Any]:
        cells = {
            "Date": date(2024, 3, 5),
            "Client": "Customer",
            "Project": "Project",
            "Task": "Activity",
            "Hours": hours,
        }
        return [cells.get(name, "") for name in names]

    rows = [row(1.5), row(datetime(1900, 1, 1, 1)), row("0.25")]  # noqa: DTZ001
    result = await imported(world.user, sheet([names, *rows]), "harvest", "UTC", media_type=XLSX)

    assert (result["created"], failures(result)) == (2, [(3, "duration_invalid")])
    assert [one["end_date"][11:16] for one in await entries(world.user)] == ["10:30", "10:45"]


async def test_a_formula_without_a_value_and_an_error_fail_their_rows(world: World) -> None:
    content = toggl_sheet(
        {"Duration": "=1+1"}, {"Start date": "2024-03-06", "End date": "2024-03-06"}, {"Tags": "#REF!"}
    )

    result = await imported(world.user, content, "toggl", "UTC", media_type=XLSX)

    assert failures(result) == [(2, "cell_without_value"), (4, "cell_without_value")]
    assert result["created"] == 1


async def test_a_formula_with_its_value_is_read(world: World) -> None:
    content = with_sheet(toggl_sheet({"Duration": "=1/16"}), b"<f>1/16</f><v />", b"<f>1/16</f><v>0.0625</v>")

    result = await imported(world.user, content, "toggl", "UTC", media_type=XLSX)

    assert (result["created"], result["failed"], result["notes"]) == (1, [], [])


async def test_the_first_sheet_that_is_shown_counts_and_its_title_may_stand_above(world: World) -> None:
    book = openpyxl.Workbook()
    assert book.active
    book.active["A1"] = "=1+1"
    book.active.sheet_state = "hidden"
    page = book.create_sheet("Time")
    page["A1"] = "Our time"
    page.append([])
    page.append(TOGGL.split(","))
    page.append([*ROW.values()])
    page.append([*(ROW | {"Start date": "never"}).values()])
    buffer = io.BytesIO()
    book.save(buffer)

    result = await imported(world.user, buffer.getvalue(), "toggl", "UTC", media_type=XLSX)

    assert (result["created"], result["rows"]) == (1, 2)
    assert failures(result) == [(page.max_row, "date_invalid")]


def bomb() -> bytes:
    """A workbook of a few kilobytes that unpacks to a hundred times what is allowed."""
    zeros = b"0" * (table.ONLINE.unpacked_bytes // 8)
    return changed(
        toggl_sheet({}),
        lambda name, part: zeros * 9 if name.endswith("sheet1.xml") else part,
        compression=zipfile.ZIP_DEFLATED,
        compresslevel=9,
    )


def lying_bomb() -> bytes:
    """The same, which says of itself that it is small."""
    content = bytearray(bomb())
    for signature, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.find(signature)
        while at >= 0:
            content[at + place : at + place + 4] = (1000).to_bytes(4, "little")
            at = content.find(signature, at + 4)
    return bytes(content)


def empty_rows() -> bytes:
    """All the rows that a sheet has, nearly all of them empty."""
    rows = b"".join(b'<row r="%d" ht="15"/>' % number for number in range(3, 1_048_577))
    return with_sheet(toggl_sheet({}), b"</sheetData>", rows + b"</sheetData>")


def far_apart() -> bytes:
    return with_sheet(
        toggl_sheet({}), b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )


def protected() -> bytes:
    """How a workbook with a password begins: a compound file, which holds the encrypted one."""
    return table.COMPOUND_FILE + bytes(3000)


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (bomb, "xlsx_too_large"),
        (lying_bomb, "xlsx_malformed"),
        (empty_rows, "xlsx_too_large"),
        (far_apart, "xlsx_too_large"),
        (protected, "xlsx_protected"),
        (lambda: b"x", "xlsx_malformed"),
        (lambda: b"PK\x03\x04", "xlsx_malformed"),
        (lambda: toggl_sheet({})[:-50], "xlsx_malformed"),
        (lambda: changed(toggl_sheet({}), lambda name, part: None if "workbook" in name else part), "xlsx_malformed"),
        (lambda: sheet([["a", "b"]]), "columns_missing"),
    ],
)
async def test_a_workbook_that_can_not_be_read_is_400(world: World, made: Callable[[], bytes], code: str) -> None:
    content = made()
    assert len(content) < 5 * 1024 * 1024

    (await send(world.user, content, "toggl", "UTC", media_type=XLSX)).refused(400, code)


@pytest.mark.parametrize("made", [bomb, empty_rows, far_apart])
def test_memory_is_bounded_whatever_a_workbook_says(made: Callable[[], bytes]) -> None:
    file = File("x", XLSX, made())
    tracemalloc.start()
    try:
        with pytest.raises(ApiError):
            Table(file, FORMATS["toggl"])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 3 * table.ONLINE.unpacked_bytes
