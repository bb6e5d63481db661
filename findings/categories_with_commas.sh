#!/bin/sh
# What readers of calendars make of a category with a comma, such as a customer called "Acme, Inc.".
#
# Behaviour, on `CATEGORIES:Acme\, Inc.`, which RFC 5545 has for that one category:
# - ical 14.3.1 (Python, of Home Assistant) and ts-ics 2.4.6 (TypeScript) cut at the comma and keep the backslash: two categories,
#   `Acme\` and ` Inc.`.
# - icalendar 7.3.2, vobject 0.9.9 and ics 0.7.3 (Python) and ical.js 2.2.1 read one.
# - In SUMMARY and DESCRIPTION, all of them read the comma as a comma.
# The feed of this API stays as the RFC has it. Whoever colours by customer in one of the first two compares with both parts.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check ical==14.3.1 icalendar==7.3.2 vobject==0.9.9 ics==0.7.3
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund ts-ics@2.4.6 ical.js@2.2.1

printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:-//Example//EN BEGIN:VEVENT UID:1@example DTSTAMP:20261127T120000Z \
    DTSTART:20261105T100000Z DTEND:20261105T113000Z 'SUMMARY:Acme\, Inc.' 'CATEGORIES:Acme\, Inc.' END:VEVENT END:VCALENDAR >feed.ics

cat >read.py <<'PYTHON'
import json

import ics
import vobject
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

with open("feed.ics", newline="") as file:
    text = file.read()


def show(name, summary, categories):
    print(name, json.dumps([str(summary), *map(str, categories)]))


(event,) = IcsCalendarStream.calendar_from_ics(text).events
show("ical", event.summary, event.categories)
(event,) = Calendar.from_ical(text).walk("VEVENT")
show("icalendar", event["SUMMARY"], event["CATEGORIES"].cats)
event = vobject.readOne(text).vevent
show("vobject", event.summary.value, event.categories.value)
(event,) = ics.Calendar(text).events
show("ics", event.name, event.categories)
PYTHON
cat >read.js <<'JS'
import fs from "node:fs";
import { convertIcsCalendar } from "ts-ics";
import ICAL from "ical.js";

const text = fs.readFileSync("feed.ics", "utf8");
const show = (name, ...found) => console.log(name, JSON.stringify(found).replaceAll(",\"", ", \""));
const [event] = convertIcsCalendar(undefined, text).events;
show("ts-ics", event.summary, ...event.categories);
const other = new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent("vevent");
show("ical.js", other.getFirstPropertyValue("summary"), ...other.getFirstProperty("categories").getValues());
JS
{
    env/bin/python -W ignore read.py
    node read.js
} | tee found

cat >expected <<'TEXT'
ical ["Acme, Inc.", "Acme\\", " Inc."]
icalendar ["Acme, Inc.", "Acme, Inc."]
vobject ["Acme, Inc.", "Acme, Inc."]
ics ["Acme, Inc.", "Acme, Inc."]
ts-ics ["Acme, Inc.", "Acme\\", " Inc."]
ical.js ["Acme, Inc.", "Acme, Inc."]
TEXT
cmp expected found
echo "As described."
