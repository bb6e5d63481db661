#!/bin/sh
# Which clock libraries show for 1 December 2026, 00:00 UTC, in five zones whose rules changed in 2026. Most libraries bring
# zone data of their own, and an update of the machine does not reach it.
#
# Behaviour, on what each package of November 2026 has inside:
# - polars 2.1.0 knows none of the changes. Node.js 22.23.3 and 26.10.0 have 2026c in their ICU: they know those of Vancouver,
#   Edmonton and Casablanca, and not those of Winnipeg and Havana, where they are an hour off since 1 November.
# - DuckDB 2.0.1, moment-timezone 0.6.6, pytz 2026.6 and tzdata 2026.6 have 2026f, and know all of them.
# - So two columns of one program differ: polars' and Python's own for the same instant and zone, and in Node.js moment's and
#   that of Intl, on which Luxon, Day.js and Temporal build.
# This server reckons with its pinned data, and says which in `GET /health` (`timezone_data`).
#
# Needs Python 3.11 or newer, Node.js and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check polars==2.1.0 duckdb==2.0.1 pytz==2026.6 tzdata==2026.6
for version in 22.23.3 26.10.0; do
    npm install --silent --no-audit --no-fund --prefix "node-$version" "node@$version" moment-timezone@0.6.6
done

cat >clocks.py <<'PYTHON'
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb
import polars
import pytz

ZONES = ("America/Vancouver", "America/Edmonton", "America/Winnipeg", "America/Havana", "Africa/Casablanca")
MOMENT = datetime(2026, 12, 1, tzinfo=UTC)


def of_duckdb(zone):
    return duckdb.execute(f"SELECT timezone('{zone}', TIMESTAMPTZ '2026-12-01 00:00:00+00')").fetchone()[0]


clocks = {
    "tzdata": lambda zone: MOMENT.astimezone(ZoneInfo(zone)),
    "pytz": lambda zone: MOMENT.astimezone(pytz.timezone(zone)),
    "duckdb": of_duckdb,
    "polars": lambda zone: polars.Series([MOMENT]).dt.convert_time_zone(zone).dt.replace_time_zone(None)[0],
}
for name, clock in clocks.items():
    print(name, *(f"{clock(zone):%H:%M}" for zone in ZONES))
PYTHON
cat >clocks.js <<'JS'
const moment = require(`${process.cwd()}/node_modules/moment-timezone`);
const zones = ["America/Vancouver", "America/Edmonton", "America/Winnipeg", "America/Havana", "Africa/Casablanca"];
const at = Date.UTC(2026, 11, 1);
const show = (name, clock) => console.log(name, ...zones.map(clock));
show(`node ${process.version}`, (timeZone) =>
  new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at));
show(`moment in ${process.version}`, (zone) => moment.tz(at, zone).format("HH:mm"));
JS
{
    # An empty path: Python's zoneinfo reads the package, and not the machine's data.
    PYTHONTZPATH='' env/bin/python clocks.py
    for version in 22.23.3 26.10.0; do (cd "node-$version" && node_modules/.bin/node ../clocks.js); done
} | tee found

cat >expected <<'TEXT'
tzdata 17:00 18:00 19:00 20:00 00:00
pytz 17:00 18:00 19:00 20:00 00:00
duckdb 17:00 18:00 19:00 20:00 00:00
polars 16:00 17:00 18:00 19:00 01:00
node v22.23.3 17:00 18:00 18:00 19:00 00:00
moment in v22.23.3 17:00 18:00 19:00 20:00 00:00
node v26.10.0 17:00 18:00 18:00 19:00 00:00
moment in v26.10.0 17:00 18:00 19:00 20:00 00:00
TEXT
cmp expected found
echo "As described."
