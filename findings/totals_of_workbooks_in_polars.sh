#!/bin/sh
# What polars makes of a row of totals below a column of dates, as workbooks of reports have it: the label of the total is
# there in a short sheet and gone in a long one, and its number stays.
#
# Behaviour, with polars 2.1.0 (fastexcel 0.21.0) beside pandas 3.1.1, on sheets of 99 and 100 days of 8 hours and a total:
# - polars decides on types by the first 100 rows. With 99 days, the column is text: `2026-01-01 00:00:00` and `Total`. With
#   100, it has dates, and the label becomes null, without a word.
# - Rows with a day are then 100 of 101 in the long sheet, and all 100 in the short one, whose sum of hours is twice what was
#   worked. To leave out `Total` by its name fails in the long sheet: a date is not compared with a text.
# - pandas has dates and the text `Total` in both.
# Leave the totals out by another column, which only entries have (`Id` of a report), or read a report as CSV.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
    polars==2.1.0 fastexcel==0.21.0 pandas==3.1.1 python-calamine==0.9.1 xlsxwriter==3.3.1

cat >read.py <<'PYTHON'
from datetime import date, timedelta

import pandas
import polars
import xlsxwriter

for days in (99, 100):
    with xlsxwriter.Workbook("report.xlsx") as book:
        sheet = book.add_worksheet()
        form = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["Date", "Hours", "Id"])
        for row in range(1, days + 1):
            sheet.write_datetime(row, 0, date(2026, 1, 1) + timedelta(row - 1), form)
            sheet.write_row(row, 1, [8.0, f"entry {row}"])
        sheet.write_row(days + 1, 0, ["Total", 8.0 * days])
    found = polars.read_excel("report.xlsx")
    print(days, "polars", found.schema["Date"], found["Date"][0], found["Date"][-1], found["Hours"][-1])
    for name, wanted in {
        "with a day": polars.col("Date").is_not_null(),
        "not Total": polars.col("Date") != "Total",
        "with an id": polars.col("Id").is_not_null(),
    }.items():
        try:
            print(days, name, found.filter(wanted)["Hours"].sum())
        except polars.exceptions.PolarsError as error:
            print(days, name, type(error).__name__)
    dates = pandas.read_excel("report.xlsx", engine="calamine")["Date"]
    print(days, "pandas", dates.iloc[0], dates.iloc[-1])
PYTHON
env/bin/python read.py | tee found

cat >expected <<'TEXT'
99 polars String 2026-01-01 00:00:00 Total 792
99 with a day 1584
99 not Total 792
99 with an id 792
99 pandas 2026-01-01 00:00:00 Total
100 polars Date 2026-01-01 None 800
100 with a day 800
100 not Total InvalidOperationError
100 with an id 800
100 pandas 2026-01-01 00:00:00 Total
TEXT
cmp expected found
echo "As described."
