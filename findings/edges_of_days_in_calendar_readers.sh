#!/bin/sh
# Which events of a calendar seven libraries find in one day, 5 March from 00:00 to 24:00 UTC, where events touch, as those
# of a timer that is switched do, and reach over midnight.
#
# Behaviour, with recurring-ical-events 3.8.2, ical 14.3.1, icalevents 0.3.1 and ics 0.7.3 (Python), ical-expander 3.2.0,
# node-ical 0.26.1 and cal-parser 1.0.2 (JavaScript):
# - icalevents, ical-expander and `overlapping` of ics count the event that ended at 00:00 and the one that begins at 24:00.
#   `on` of ics, which takes a day, counts the first of these. What is added up day by day so holds them twice.
# - node-ical and cal-parser leave out what began the evening before, and count what begins at 24:00, so that it is in two
#   days. With `expandOngoing`, node-ical counts the one from the evening, and what ended at 00:00 as well.
# - `included` of ical leaves out an event that ends at 24:00 sharp; `included` of ics does not. `on_date` of ical has the day
#   of the machine's zone, also where the timeline was made for another.
# - recurring-ical-events and `overlapping` of ical find what shares an instant with the day.
# So does this API: an entry belongs to a range where the two, half-open, meet. Its reports cut what reaches over midnight.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check recurring-ical-events==3.8.2 icalendar==7.3.2 ical==14.3.1 \
    icalevents==0.3.1 ics==0.7.3
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund ical-expander@3.2.0 node-ical@0.26.1 cal-parser@1.0.2

{
    printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:-//Example//EN
    while read -r name start end; do
        printf '%s\r\n' BEGIN:VEVENT "UID:$name" DTSTAMP:20260307T120000Z "DTSTART:202603$start" "DTEND:202603$end" \
            "SUMMARY:$name" END:VEVENT
    done <<'TEXT'
ended 04T210000Z 05T000000Z
began 05T000000Z 05T010000Z
evening 04T233000Z 05T003000Z
noon 05T110000Z 05T130000Z
sharp 05T230000Z 06T000000Z
night 05T233000Z 06T003000Z
next 06T000000Z 06T010000Z
TEXT
    printf '%s\r\n' END:VCALENDAR
} >feed.ics

cat >read.py <<'PYTHON'
from datetime import UTC, datetime

import arrow
import ics
import recurring_ical_events
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar
from icalevents import icalevents

with open("feed.ics", newline="") as file:
    text = file.read()
since, until = datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)


def show(name, found):
    print(f"{name}:", *sorted(found))


days = recurring_ical_events.of(Calendar.from_ical(text))
show("recurring-ical-events between", (str(event["UID"]) for event in days.between(since, until)))
times = IcsCalendarStream.calendar_from_ics(text).timeline_tz(UTC)
show("ical overlapping", (event.uid for event in times.overlapping(since, until)))
show("ical on_date", (event.uid for event in times.on_date(since.date())))
show("ical included", (event.uid for event in times.included(since, until)))
show("icalevents", (event.uid for event in icalevents.events(string_content=text.encode(), start=since, end=until)))
times = ics.Calendar(text).timeline
show("ics overlapping", (event.uid for event in times.overlapping(arrow.get(since), arrow.get(until))))
show("ics on", (event.uid for event in times.on(arrow.get(since))))
show("ics included", (event.uid for event in times.included(arrow.get(since), arrow.get(until))))
PYTHON
cat >read.js <<'JS'
import fs from "node:fs";
import { parseString } from "cal-parser";
import Expander from "ical-expander";
import ical from "node-ical";

const ics = fs.readFileSync("feed.ics", "utf8");
const from = new Date("2026-03-05T00:00:00Z"), to = new Date("2026-03-06T00:00:00Z");
const show = (name, found) => console.log(`${name}:`, ...found.sort());
show("ical-expander between", new Expander({ ics }).between(from, to).events.map((event) => event.uid));
const events = Object.values(ical.sync.parseICS(ics)).filter((item) => item.type === "VEVENT");
for (const [name, more] of [["node-ical", {}], ["node-ical expandOngoing", { expandOngoing: true }]])
  show(name, events.flatMap((event) => ical.expandRecurringEvent(event, { from, to, ...more }).map(() => event.uid)));
show("cal-parser", parseString(ics).getEventsBetweenDates(from, to, true).map((event) => event.uid.value));
JS
{
    TZ=UTC env/bin/python -W ignore read.py
    TZ=UTC node read.js
    echo "On a machine in Guayaquil:"
    TZ=America/Guayaquil env/bin/python -W ignore read.py | grep on_date
} | tee found

cat >expected <<'TEXT'
recurring-ical-events between: began evening night noon sharp
ical overlapping: began evening night noon sharp
ical on_date: began evening night noon sharp
ical included: began noon
icalevents: began ended evening next night noon sharp
ics overlapping: began ended evening next night noon sharp
ics on: began ended evening night noon sharp
ics included: began noon sharp
ical-expander between: began ended evening next night noon sharp
node-ical: began next night noon sharp
node-ical expandOngoing: began ended evening next night noon sharp
cal-parser: began next night noon sharp
On a machine in Guayaquil:
ical on_date: next night noon sharp
TEXT
cmp expected found
echo "As described."
