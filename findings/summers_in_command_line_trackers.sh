#!/bin/sh
# What Watson writes of hours that were worked while other clock rules held than today: with a newer library, an hour off.
#
# Behaviour of `watson log --csv` and `watson log --json`, with td-watson 2.1.0, where the machine is in Berlin, of entries
# that were added from 09:00 to 10:00 in January and in July:
# - With arrow 1.3.0, both are shown from 09:00 to 10:00.
# - With arrow 1.4.0, which a fresh installation brings, all are shown with the offset of the day on which the file is
#   made. In winter, the July entry is from 08:00 to 09:00 in the CSV file, which names no offset. In summer, it is the
#   January entry that is an hour off.
# - What Watson keeps (seconds since 1970) is right, and so is the JSON, whose times have that same offset beside them.
# The reason is arrow's `local`: `arrow.get(…).to("local")` is a zone with one offset since 1.4.0. An entry on the day of a
# change becomes an hour longer or shorter where such a file is read as what its clocks were.
# Our import reads wall clocks in the `timezone` that it is given. So either install `arrow<1.4` beside Watson, or give the
# offset of the day on which the file was made: `timezone=Etc/GMT-1` for Berlin in winter.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# Berlin's rules, without zone data of the machine.
export TZ=CET-1CEST,M3.5.0,M10.5.0/3 WATSON_DIR="$folder/watson"
for arrow in 1.3.0 1.4.0; do
    python3 -m venv "$arrow"
    "$arrow/bin/python" -m pip install --quiet --disable-pip-version-check td-watson==2.1.0 "arrow==$arrow"
done
for day in 2024-01-10 2024-07-10; do
    1.3.0/bin/watson add --from "$day 09:00" --to "$day 10:00" website >added
done

cat >compare.py <<'PYTHON'
import csv, json, os, time
from datetime import datetime, timedelta, timezone

kept = sorted(frame[0] for frame in json.load(open(os.environ["WATSON_DIR"] + "/frames")))
instants = [int(datetime.fromisoformat(day + "T09:00" + offset).timestamp()) for day, offset in (("2024-01-10", "+01:00"), ("2024-07-10", "+02:00"))]
print("kept as they were added:", kept == instants)
clocks = [datetime.fromisoformat(row["start"]) for row in csv.DictReader(open("log.csv")) if row["start"]]
print("at 09:00 in the CSV file:", sum(one.hour == 9 for one in clocks), "of", len(clocks))
today = timezone(timedelta(seconds=time.localtime().tm_gmtoff))
print("right with the offset of today:", sum(int(one.replace(tzinfo=today).timestamp()) in kept for one in clocks))
frames = json.load(open("log.json"))
print("right in the JSON:", sum(int(datetime.fromisoformat(one["start"]).timestamp()) in kept for one in frames))
PYTHON
for arrow in 1.3.0 1.4.0; do
    "$arrow/bin/watson" log --all --csv >log.csv
    "$arrow/bin/watson" log --all --json >log.json
    echo "arrow $arrow"
    "$arrow/bin/python" compare.py
done | tee found

cat >expected <<'TEXT'
arrow 1.3.0
kept as they were added: True
at 09:00 in the CSV file: 2 of 2
right with the offset of today: 1
right in the JSON: 2
arrow 1.4.0
kept as they were added: True
at 09:00 in the CSV file: 1 of 2
right with the offset of today: 2
right in the JSON: 2
TEXT
cmp expected found
echo "As described."
