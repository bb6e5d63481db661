#!/bin/sh
# What readers of CSV make of decimal commas, as in a report with `delimiter=;`, which is for spreadsheets.
#
# Behaviour, with csvkit 2.2.0 (agate 1.14.2), apsw 3.54.1.0 (SQLite 3.54.1), pandas 3.1.1 and DuckDB 2.0.1, on hours of 1,5000
# and 0,2500 and amounts of 85,50 and 1234,50, 1.75 hours and 1320.00 together:
# - csvkit takes the comma for one between thousands: the hours become 15000 and 2500, the amounts a hundred times theirs.
# - SQLite adds up what stands before each comma: 1 hour, and 1319.
# - pandas' sum of such a column is the text `1,50000,2500`.
# - DuckDB refuses to add them up, so that nobody gets a wrong sum.
# A report with `delimiter=;&decimal=.`, or without either, is read right by all of them.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check \
    csvkit==2.2.0 agate==1.14.2 apsw==3.54.1.0 pandas==3.1.1 duckdb==2.0.1
printf '%s\r\n' 'hours;amount' '1,5000;85,50' '0,2500;1234,50' >commas.csv
tr , . <commas.csv >points.csv

cat >read.py <<'PYTHON'
import csv
import sys

import agate
import apsw
import duckdb
import pandas

name = sys.argv[1]
table = agate.Table.from_csv(name, delimiter=";")
print(name, "csvkit", *(table.aggregate(agate.Sum(column)) for column in ("hours", "amount")))
database = apsw.Connection(":memory:")
database.execute("CREATE TABLE report (hours, amount)")
with open(name, newline="") as file:
    database.executemany("INSERT INTO report VALUES (?, ?)", [*csv.reader(file, delimiter=";")][1:])
print(name, "sqlite", *next(database.execute("SELECT sum(hours), sum(amount) FROM report")))
print(name, "pandas", *pandas.read_csv(name, sep=";").sum())
try:
    print(name, "duckdb", *duckdb.execute(f"SELECT sum(hours), sum(amount) FROM '{name}'").fetchone())
except duckdb.BinderException:
    print(name, "duckdb refuses")
PYTHON
for name in commas.csv points.csv; do env/bin/python read.py $name; done | tee found

cat >expected <<'TEXT'
commas.csv csvkit 17500 132000
commas.csv sqlite 1.0 1319.0
commas.csv pandas 1,50000,2500 85,501234,50
commas.csv duckdb refuses
points.csv csvkit 1.7500 1320.00
points.csv sqlite 1.75 1320.0
points.csv pandas 1.75 1320.0
points.csv duckdb 1.75 1320.0
TEXT
cmp expected found
echo "As described."
