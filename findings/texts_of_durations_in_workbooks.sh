#!/bin/sh
# Which text three programs make of a duration in a workbook, formatted `[h]:mm:ss`.
#
# Behaviour, with xlsx2csv 0.8.6, csvkit 2.2.0 and SheetJS (xlsx 0.18.5), on cells as reports have them:
# - xlsx2csv leaves out whole days, and the seconds: 95:32:30 becomes 23:32. Nothing tells it from a short duration.
# - SheetJS (`raw: false`, sheet_to_csv) rounds half a second up, and does not carry: of 1:29:59.7, it makes 1:29:00. Timers
#   of this API start and stop at tenths of a second, so that this meets about one row in 120.
# - SheetJS makes 24:00 of 23:59:59.9 on the same day in the format `yyyy-mm-dd hh:mm`.
# - csvkit's in2csv writes `3 days, 23:32:30`, and tenths where there are some. An import of ours reads both.
# - A plain number of hours beside it, as in reports, is right in all of them.
#
# Needs Python 3.11 or newer, Node.js and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check xlsx2csv==0.8.6 csvkit==2.2.0 xlsxwriter==3.3.1
npm install --silent --no-audit --no-fund xlsx@0.18.5

cat >write.py <<'PYTHON'
import xlsxwriter

with xlsxwriter.Workbook("report.xlsx") as book:
    sheet = book.add_worksheet()
    clock, duration = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd hh:mm", "[h]:mm:ss"))
    sheet.write_row(0, 0, ["End", "Duration", "Hours"])
    for row, seconds in enumerate((95 * 3600 + 32 * 60 + 30, 5399.7, 86399.9), 1):
        sheet.write_number(row, 0, 46353 + seconds / 86400 % 1, clock)
        sheet.write_number(row, 1, seconds / 86400, duration)
        sheet.write_number(row, 2, round(seconds / 3600, 4))
PYTHON
cat >read.js <<'JS'
const XLSX = require("xlsx");
console.log(XLSX.utils.sheet_to_csv(XLSX.readFile("report.xlsx").Sheets.Sheet1));
JS
env/bin/python write.py
{
    echo xlsx2csv
    env/bin/xlsx2csv report.xlsx | tail -n 3
    echo SheetJS
    node read.js | tail -n 3
    echo in2csv
    env/bin/in2csv report.xlsx | tail -n 3
} | tee found

cat >expected <<'TEXT'
xlsx2csv
2026-11-27 23:32,23:32,95.5417
2026-11-27 01:29,01:29,1.4999
2026-11-27 23:59,23:59,24
SheetJS
2026-11-27 23:32,95:32:30,95.5417
2026-11-27 01:30,1:29:00,1.4999
2026-11-27 24:00,23:59:00,24
in2csv
2026-11-27T23:32:30,"3 days, 23:32:30",95.5417
2026-11-27T01:29:59.700000,1:29:59.700000,1.4999
2026-11-27T23:59:59.900000,23:59:59.900000,24
TEXT
cmp expected found
echo "As described."
