#!/bin/sh
# Where a local day begins, and which instant a wall clock is, in five JavaScript libraries. A frontend that works out a
# report's days by itself can differ from the server by an hour, and on one machine from another.
#
# Behaviour, with luxon 3.7.2, dayjs 1.11.23, moment-timezone 0.6.6 and date-fns-tz 3.2.0, beside Temporal (polyfill 0.5.1):
# - 01:30 on 2 November 2025 in New York comes twice. Luxon takes the one whose offset holds at the moment at which the
#   program runs: the first in summer, the second in winter. date-fns-tz takes the first or the second by the machine's zone.
# - 02:30 on 9 March 2025 in New York is skipped. date-fns-tz goes back to 01:30, the others on to 03:30.
# - 26 October 2025 in the Azores has two midnights. Luxon's and moment's startOf("day") give the second, so that the day's
#   first hour is in no day that begins there and ends at the next begin. dayjs gives one or the other by the machine's zone.
# - 7 September 2025 in Santiago has no midnight. dayjs begins it on the day before, at 23:00, where the machine is in New York.
# - Temporal gives the first midnight, moves 02:30 on, and is the same everywhere: these are this server's rules, too.
#
# Needs Node.js and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund luxon@3.7.2 dayjs@1.11.23 moment-timezone@0.6.6 date-fns@4.4.0 date-fns-tz@3.2.0 \
    @js-temporal/polyfill@0.5.1

cat >ask.js <<'JS'
const { DateTime, Settings } = require("luxon");
const dayjs = require("dayjs");
dayjs.extend(require("dayjs/plugin/utc"));
dayjs.extend(require("dayjs/plugin/timezone"));
const moment = require("moment-timezone");
const { fromZonedTime } = require("date-fns-tz");
const { Temporal } = require("@js-temporal/polyfill");
const at = (instant) => new Date(Number(instant)).toISOString().slice(5, 16);
const line = (...words) => console.log(process.env.TZ, ...words);

const zone = "America/New_York";
for (const month of [1, 7]) {
  Settings.now = () => Date.UTC(2025, month - 1, 15);
  line("twice luxon, run in month", month, at(DateTime.fromISO("2025-11-02T01:30", { zone })));
}
line("twice date-fns-tz", at(fromZonedTime("2025-11-02T01:30:00", zone)));
line("twice temporal", at(Temporal.PlainDateTime.from("2025-11-02T01:30").toZonedDateTime(zone).epochMilliseconds));
line("skipped luxon", at(DateTime.fromISO("2025-03-09T02:30", { zone })));
line("skipped date-fns-tz", at(fromZonedTime("2025-03-09T02:30:00", zone)));
line("skipped temporal", at(Temporal.PlainDateTime.from("2025-03-09T02:30").toZonedDateTime(zone).epochMilliseconds));
for (const [place, day] of [["Atlantic/Azores", "2025-10-26"], ["America/Santiago", "2025-09-07"]]) {
  line(place, "luxon", at(DateTime.fromISO(`${day}T12:00`, { zone: place }).startOf("day")));
  line(place, "moment", at(moment.tz(`${day}T12:00`, place).startOf("day")));
  line(place, "dayjs", at(dayjs.tz(`${day}T12:00`, place).startOf("day")));
  line(place, "temporal", at(Temporal.PlainDate.from(day).toZonedDateTime(place).epochMilliseconds));
}
JS
for zone in UTC America/New_York Pacific/Auckland; do TZ=$zone node ask.js; done | tee seen

cat >expected <<'TXT'
UTC twice luxon, run in month 1 11-02T06:30
UTC twice luxon, run in month 7 11-02T05:30
UTC twice date-fns-tz 11-02T05:30
UTC twice temporal 11-02T05:30
UTC skipped luxon 03-09T07:30
UTC skipped date-fns-tz 03-09T06:30
UTC skipped temporal 03-09T07:30
UTC Atlantic/Azores luxon 10-26T01:00
UTC Atlantic/Azores moment 10-26T01:00
UTC Atlantic/Azores dayjs 10-26T00:00
UTC Atlantic/Azores temporal 10-26T00:00
UTC America/Santiago luxon 09-07T04:00
UTC America/Santiago moment 09-07T04:00
UTC America/Santiago dayjs 09-07T04:00
UTC America/Santiago temporal 09-07T04:00
America/New_York twice luxon, run in month 1 11-02T06:30
America/New_York twice luxon, run in month 7 11-02T05:30
America/New_York twice date-fns-tz 11-02T05:30
America/New_York twice temporal 11-02T05:30
America/New_York skipped luxon 03-09T07:30
America/New_York skipped date-fns-tz 03-09T06:30
America/New_York skipped temporal 03-09T07:30
America/New_York Atlantic/Azores luxon 10-26T01:00
America/New_York Atlantic/Azores moment 10-26T01:00
America/New_York Atlantic/Azores dayjs 10-26T01:00
America/New_York Atlantic/Azores temporal 10-26T00:00
America/New_York America/Santiago luxon 09-07T04:00
America/New_York America/Santiago moment 09-07T04:00
America/New_York America/Santiago dayjs 09-07T03:00
America/New_York America/Santiago temporal 09-07T04:00
Pacific/Auckland twice luxon, run in month 1 11-02T06:30
Pacific/Auckland twice luxon, run in month 7 11-02T05:30
Pacific/Auckland twice date-fns-tz 11-02T06:30
Pacific/Auckland twice temporal 11-02T05:30
Pacific/Auckland skipped luxon 03-09T07:30
Pacific/Auckland skipped date-fns-tz 03-09T06:30
Pacific/Auckland skipped temporal 03-09T07:30
Pacific/Auckland Atlantic/Azores luxon 10-26T01:00
Pacific/Auckland Atlantic/Azores moment 10-26T01:00
Pacific/Auckland Atlantic/Azores dayjs 10-26T00:00
Pacific/Auckland Atlantic/Azores temporal 10-26T00:00
Pacific/Auckland America/Santiago luxon 09-07T04:00
Pacific/Auckland America/Santiago moment 09-07T04:00
Pacific/Auckland America/Santiago dayjs 09-07T04:00
Pacific/Auckland America/Santiago temporal 09-07T04:00
TXT
if diff expected seen; then echo "As described."; else echo "This has changed."; exit 1; fi
