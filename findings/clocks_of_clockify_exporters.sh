#!/bin/sh
# What two packages that export from Clockify make of its instants: clocks of UTC beside another zone, and whole minutes.
#
# Behaviour, with clockify-export 0.3.0 (CSV) and clockify-timesheet 0.5.1 (a flat workbook), of a person in Berlin:
# - The first shows the instants of the API, which end with `Z`, as clocks and days of UTC, and beside them the person's zone
#   in a column `Timezone`: what began at 09:00 in Berlin is 08:00, Europe/Berlin.
# - It shows minutes, so that 36 seconds begin and end at the same time, and gives an end no date, so that 26 hours look
#   like 2. Only its column of hours tells.
# - An entry that runs has no end, and a duration of 0. A break is a row like any other but for its `Type`.
# - The second cuts to minutes: 50 seconds are `0:00`. Three of them with one task and text become one row, `0:02`.
# An import of ours reads the first as `generic` with `timezone=UTC`, whatever that column says. It puts an end on the day
# that fits the duration. Rows without a length, breaks and what runs fail, each by itself. The second is read as Harvest's.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check clockify-export==0.3.0 clockify-timesheet==0.5.1

cat >export.py <<'PYTHON'
import contextlib, io
from pathlib import Path

from clockify_export.export import export_workspace
from clockify_timesheet import export_flat
from openpyxl import load_workbook

# The fields that the packages read of the API's answers.
WORKED = [
    ("2024-03-05T08:00:00Z", "2024-03-05T09:30:00Z", "PT1H30M", "REGULAR"),
    ("2024-03-05T10:00:05Z", "2024-03-05T10:00:41Z", "PT36S", "REGULAR"),
    ("2024-03-05T11:00:00Z", "2024-03-05T11:30:00Z", "PT30M", "BREAK"),
    ("2024-03-05T23:15:00Z", "2024-03-06T00:15:00Z", "PT1H", "REGULAR"),
    ("2024-03-07T10:00:00Z", "2024-03-08T12:00:00Z", "PT26H", "REGULAR"),
    ("2024-03-10T10:00:00Z", None, None, "REGULAR"),
]


def interval(start, end, duration):
    return {"start": start, "end": end, "duration": duration, "timeZone": "Europe/Berlin"}


class Api:
    get_current_user = lambda self: {"id": "user"}
    get_projects = get_clients = get_tags = get_tasks = lambda self, *ids: []

    def get_time_entries(self, *asked, **more):
        return [{"timeInterval": interval(*times), "type": kind} for *times, kind in WORKED]


with contextlib.redirect_stdout(io.StringIO()):
    export_workspace(Api(), "id", "all", Path("csv"), use_cache=False)
    seconds = [("2024-03-05T08:00:00Z", 50, "once")] + [("2024-03-05T09:00:00Z", 50, "three times")] * 3
    export_flat(
        [{"timeInterval": interval(start, None, length), "description": name, "projectName": "P"} for start, length, name in seconds],
        "flat.xlsx",
    )
print(next(Path("csv").rglob("*.csv")).read_text())
for row in load_workbook("flat.xlsx").active.iter_rows(values_only=True):
    print(*row, sep=",")
PYTHON
env/bin/python export.py | tr -d '\r' | tee found

cat >expected <<'TEXT'
Date,Start,End,Duration (h),Project,Customer,Task,Description,Tags,Billable,Hourly Rate,Currency,Type,Timezone
2024-03-05,08:00,09:30,1.5,,,,,,,,,REGULAR,Europe/Berlin
2024-03-05,10:00,10:00,0.01,,,,,,,,,REGULAR,Europe/Berlin
2024-03-05,11:00,11:30,0.5,,,,,,,,,BREAK,Europe/Berlin
2024-03-05,23:15,00:15,1.0,,,,,,,,,REGULAR,Europe/Berlin
2024-03-07,10:00,12:00,26.0,,,,,,,,,REGULAR,Europe/Berlin
2024-03-10,10:00,,0,,,,,,,,,REGULAR,Europe/Berlin

Date,Project,Task,Hours,Notes
2024-03-05,P,— No task —,0:00,once
2024-03-05,P,— No task —,0:02,three times
TEXT
cmp expected found
echo "As described."
