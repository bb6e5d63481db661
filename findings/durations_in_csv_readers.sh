#!/bin/sh
# What type a column of durations gets in three readers of CSV: that of its longest one.
#
# Behaviour, with DuckDB 2.0.1, polars 2.1.0 and pyarrow 26.0.1, on a column like `duration` of a report:
# - While no row reaches a day, DuckDB and polars (with `try_parse_dates`) make it a time of day, which nothing can add up.
#   With one row of 27 hours it is text. DuckDB still takes 24:00:00 for a time of day, polars does not.
# - DuckDB and polars decide by the first rows. If a long one comes late, they fail in the middle of the file.
# - pyarrow takes 1:30:00 for text in every file, and 01:30:00, as in Toggl's layout, for a time of day.
# - The column `hours` is a number in all of them, in every file.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pyarrow==26.0.1

cat >read.py <<'PYTHON'
import duckdb
import polars
from pyarrow import csv

HEADER = "duration,hours\r\n"
HALF, DAY, LONG = "1:30:00,1.5000\r\n", "24:00:00,24.0000\r\n", "27:15:30,27.2583\r\n"
FILES = {"short": HALF, "a day": HALF + DAY, "long": HALF + LONG, "late": HALF * 30_000 + LONG, "toggl": "0" + HALF}


def of_duckdb():
    names = duckdb.execute("SELECT typeof(duration), typeof(hours) FROM 'report.csv' LIMIT 1").fetchone()
    duckdb.execute("SELECT max(duration) FROM 'report.csv'").fetchone()
    return names


def of_polars():
    return polars.read_csv("report.csv", try_parse_dates=True).dtypes


def of_pyarrow():
    return csv.read_csv("report.csv").schema.types


for name, rows in FILES.items():
    with open("report.csv", "w", newline="") as file:
        file.write(HEADER + rows)
    for reader in (of_duckdb, of_polars, of_pyarrow):
        try:
            found = " ".join(map(str, reader()))
        except Exception as error:
            found = type(error).__name__
        print(f"{name}: {reader.__name__[3:]} {found}")
try:
    duckdb.execute("SELECT sum(TIME '01:30:00')")
except duckdb.BinderException:
    print("DuckDB adds no times of day up")
PYTHON
env/bin/python read.py | tee found

cat >expected <<'TEXT'
short: duckdb TIME DOUBLE
short: polars Time Float64
short: pyarrow string double
a day: duckdb TIME DOUBLE
a day: polars String Float64
a day: pyarrow string double
long: duckdb VARCHAR DOUBLE
long: polars String Float64
long: pyarrow string double
late: duckdb ConversionException
late: polars InvalidOperationError
late: pyarrow string double
toggl: duckdb TIME DOUBLE
toggl: polars Time Float64
toggl: pyarrow time32[s] double
DuckDB adds no times of day up
TEXT
cmp expected found
echo "As described."
