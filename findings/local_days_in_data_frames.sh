#!/bin/sh
# Which local day the hours of a day with a clock change fall into, in pandas, polars and DuckDB. Whoever groups the entries
# of an answer by day themselves can differ from the server's report by an hour.
#
# Behaviour, with pandas 3.1.1, polars 2.1.0 and DuckDB 2.0.1, on one row for each half hour of two days:
# - In Cairo, 24 April 2026 begins at 01:00: there is no midnight, and it has 23 hours. polars' group_by_dynamic (every="1d")
#   ends the 23rd at 23:00. Its last hour counts in the group of the 24th, which is labelled 23 April 23:00 and ends at 23:00
#   as well. The last hour of the 24th is in no group: of 47 hours, 46 are left.
# - In the Azores, 25 October 2026 has two midnights and 25 hours. polars' dt.truncate("1d") makes two groups of it, of 1 and of
#   24 hours, with one label.
# - On both days, pandas' dt.floor("D"), dt.normalize() and resample("D") raise ValueError; resample has no option that helps.
# - DuckDB's date_trunc('day', …) counts right, and labels the day in the Azores with the second of its midnights.
# - The date of the local time (pandas' dt.date, polars' dt.date()) counts right in every case, as this server does.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check pandas==3.1.1 polars==2.1.0 duckdb==2.0.1 tzdata==2026.6

cat >days.py <<'PYTHON'
from datetime import UTC, datetime, timedelta

import duckdb
import pandas
import polars

DAYS = {"Africa/Cairo": datetime(2026, 4, 22, 22, tzinfo=UTC), "Atlantic/Azores": datetime(2026, 10, 24, tzinfo=UTC)}


def show(zone, name, make):
    try:
        found = " ".join(f"{str(label)[:16]}={hours:g}" for label, hours in make())
    except ValueError:
        found = "ValueError"
    print(zone, name, found)


for zone, first in DAYS.items():
    # Two local days: 24 and 23 hours in Cairo, 24 and 25 in the Azores.
    halves = [first + timedelta(minutes=30) * number for number in range(94 if zone == "Africa/Cairo" else 98)]

    index = pandas.DatetimeIndex(halves).tz_convert(zone)
    series = pandas.Series(0.5, index=index)
    show(zone, "pandas floor", lambda: series.groupby(index.floor("D")).sum().items())
    show(zone, "pandas normalize", lambda: series.groupby(index.normalize()).sum().items())
    show(zone, "pandas resample", lambda: series.resample("D").sum().items())
    show(zone, "pandas date", lambda: series.groupby(index.date).sum().items())

    frame = polars.DataFrame({"at": halves}).with_columns(
        at=polars.col("at").dt.convert_time_zone(zone), hours=polars.lit(0.5)
    )
    hours, at = polars.col("hours").sum(), polars.col("at").dt
    show(zone, "polars dynamic", lambda: frame.group_by_dynamic("at", every="1d").agg(hours).rows())
    show(zone, "polars truncate", lambda: frame.group_by(at.truncate("1d")).agg(hours).sort("at").rows())
    show(zone, "polars date", lambda: frame.group_by(at.date()).agg(hours).sort("at").rows())

    duckdb.execute("SET TimeZone = 'UTC'")
    duckdb.execute("CREATE OR REPLACE TABLE half AS SELECT unnest(?::TIMESTAMPTZ[]) AS moment", [halves])
    duckdb.execute(f"SET TimeZone = '{zone}'")
    days = duckdb.execute("SELECT date_trunc('day', moment)::VARCHAR, count(*) / 2 FROM half GROUP BY 1 ORDER BY 1")
    print(zone, "duckdb", " ".join(f"{label}={count:g}" for label, count in days.fetchall()))
PYTHON
env/bin/python days.py | tee found

cat >expected <<'TEXT'
Africa/Cairo pandas floor ValueError
Africa/Cairo pandas normalize ValueError
Africa/Cairo pandas resample ValueError
Africa/Cairo pandas date 2026-04-23=24 2026-04-24=23
Africa/Cairo polars dynamic 2026-04-23 00:00=23 2026-04-23 23:00=23
Africa/Cairo polars truncate 2026-04-23 00:00=24 2026-04-24 01:00=23
Africa/Cairo polars date 2026-04-23=24 2026-04-24=23
Africa/Cairo duckdb 2026-04-23 00:00:00+02=24 2026-04-24 01:00:00+03=23
Atlantic/Azores pandas floor ValueError
Atlantic/Azores pandas normalize ValueError
Atlantic/Azores pandas resample ValueError
Atlantic/Azores pandas date 2026-10-24=24 2026-10-25=25
Atlantic/Azores polars dynamic 2026-10-24 00:00=24 2026-10-25 00:00=25
Atlantic/Azores polars truncate 2026-10-24 00:00=24 2026-10-25 00:00=1 2026-10-25 00:00=24
Atlantic/Azores polars date 2026-10-24=24 2026-10-25=25
Atlantic/Azores duckdb 2026-10-24 00:00:00+00=24 2026-10-25 00:00:00-01=25
TEXT
cmp expected found
echo "As described."
