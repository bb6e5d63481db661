#!/bin/sh
# What JavaScript libraries make of an instant with seven decimals of a second, `2026-01-05T15:30:00.1230000Z`, as this API
# and .NET write them.
#
# Behaviour, with date-fns 4.4.0, luxon 3.7.2, dayjs 1.11.23, moment 2.30.1 and Node.js, for each of the 1,000 milliseconds:
# - date-fns's parse with `SSSSSSS` (a letter for each decimal) is a millisecond early for 729 of
#   them: .1230000 becomes .122. Of the ten whole tenths it is so for seven. With three decimals, or six, it is right.
# - date-fns's parseISO and parseJSON, `new Date`, luxon, dayjs and moment give the millisecond that is written, moment also
#   by a format.
# A frontend that reads a time entry so and sends it back has moved it: into its neighbour, where they touch.
#
# Needs Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund date-fns@4.4.0 luxon@3.7.2 dayjs@1.11.23 moment@2.30.1

cat >read.js <<'JS'
import * as dateFns from "date-fns";
import dayjs from "dayjs";
import { DateTime } from "luxon";
import moment from "moment";

const format = (decimals) => `yyyy-MM-dd'T'HH:mm:ss.${"S".repeat(decimals)}X`;
const readers = {
  "date-fns parse": (text, decimals) => dateFns.parse(text, format(decimals), 0),
  "date-fns parseISO": (text) => dateFns.parseISO(text),
  "date-fns parseJSON": (text) => dateFns.parseJSON(text),
  "new Date": (text) => new Date(text),
  luxon: (text) => DateTime.fromISO(text),
  dayjs: (text) => dayjs(text),
  moment: (text) => moment(text),
  "moment by format": (text, decimals) => moment(text, `YYYY-MM-DDTHH:mm:ss.${"S".repeat(decimals)}Z`),
};
const early = (read, decimals, step) => {
  const found = [];
  for (let ms = 0; ms < 1000; ms += step) {
    const text = `2026-01-05T15:30:00.${String(ms).padStart(3, "0").padEnd(decimals, "0")}Z`;
    const off = read(text, decimals).valueOf() - Date.UTC(2026, 0, 5, 15, 30, 0, ms);
    if (off) found.push(off);
  }
  return found.every((off) => off === -1) ? found.length : `other than a millisecond early: ${found}`;
};
for (const [name, read] of Object.entries(readers))
  console.log(name, ...[3, 6, 7].map((decimals) => early(read, decimals, 1)), early(read, 7, 100));
JS
node read.js | tee found

cat >expected <<'TEXT'
date-fns parse 0 0 729 7
date-fns parseISO 0 0 0 0
date-fns parseJSON 0 0 0 0
new Date 0 0 0 0
luxon 0 0 0 0
dayjs 0 0 0 0
moment 0 0 0 0
moment by format 0 0 0 0
TEXT
cmp expected found
echo "As described."
