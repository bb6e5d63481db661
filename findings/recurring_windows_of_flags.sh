#!/bin/sh
# When a feature flag with a recurring time window is on, by Microsoft's packages for JavaScript and for Python. A frontend
# and a backend that evaluate the same flag can show different things for days.
#
# Behaviour, with @microsoft/feature-management 2.3.1 for JavaScript and featuremanagement 2.2.0 for Python, each asked at
# every hour of the first weeks of 2026:
# - `sprint`: every second week from Wednesday to Wednesday, three times. JavaScript ends the third time after four of its
#   seven days. It counts two occurrences for the latest week once that is over, however many days the flag names.
# - `early`: every second week on Monday, Wednesday and Saturday for two days, five times. By the same count, JavaScript
#   comes back for the last day of a sixth time.
# - `sunday`: every Sunday. JavaScript has the first Sunday and no other.
# - `tokyo`: every Monday by Tokyo's clock, where that day begins on UTC's Sunday. JavaScript has the first and no other.
# - `winter` and `summer`: every day from 14:00 to 16:00 UTC, since January and since July. Where the machine's zone is New
#   York, JavaScript ends the first at 15:00 in summer, and the second at 17:00 in winter.
# Python does what the documents say, as .NET's source does, and so does the backend of this project.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check featuremanagement==2.2.0 time-machine==3.6.0
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund @microsoft/feature-management@2.3.1

cat >make.py <<'PYTHON'
import json


def flag(name, start, end, pattern, **limits):
    recurrence = {"Pattern": pattern, "Range": limits or {"Type": "NoEnd"}}
    window = {"name": "Microsoft.TimeWindow", "parameters": {"Start": start, "End": end, "Recurrence": recurrence}}
    return {"id": name, "enabled": True, "conditions": {"client_filters": [window]}}


def weekly(interval, *days):
    return {"Type": "Weekly", "Interval": interval, "DaysOfWeek": days}


flags = [
    flag("sprint", "Wed, 07 Jan 2026 00:00:00 GMT", "Wed, 14 Jan 2026 00:00:00 GMT", weekly(2, "Wednesday"),
         Type="Numbered", NumberOfOccurrences=3),
    flag("early", "Mon, 05 Jan 2026 00:00:00 GMT", "Wed, 07 Jan 2026 00:00:00 GMT",
         weekly(2, "Monday", "Wednesday", "Saturday"), Type="Numbered", NumberOfOccurrences=5),
    flag("sunday", "Sun, 04 Jan 2026 00:00:00 GMT", "Mon, 05 Jan 2026 00:00:00 GMT", weekly(1, "Sunday"),
         Type="Numbered", NumberOfOccurrences=3),
    flag("tokyo", "Mon, 05 Jan 2026 00:00:00 +0900", "Tue, 06 Jan 2026 00:00:00 +0900", weekly(1, "Monday"),
         Type="Numbered", NumberOfOccurrences=3),
    flag("winter", "Mon, 05 Jan 2026 14:00:00 GMT", "Mon, 05 Jan 2026 16:00:00 GMT", {"Type": "Daily"}),
    flag("summer", "Mon, 06 Jul 2026 14:00:00 GMT", "Mon, 06 Jul 2026 16:00:00 GMT", {"Type": "Daily"}),
]
json.dump({"feature_management": {"feature_flags": flags}}, open("flags.json", "w"))
# Every hour of seven weeks, and for the last two of a day in July and one in December.
first, hour = 1767225600, 3600
asked = {name: [first + n * hour for n in range(49 * 24)] for name in ("sprint", "early", "sunday", "tokyo")}
asked["winter"] = asked["summer"] = [first + (day * 24 + n) * hour for day in (195, 340) for n in range(24)]
json.dump(asked, open("asked.json", "w"))
PYTHON
cat >ask.py <<'PYTHON'
import json
import time_machine
from featuremanagement import FeatureManager

manager = FeatureManager(json.load(open("flags.json")))
for name, instants in json.load(open("asked.json")).items():
    for instant in instants:
        with time_machine.travel(instant, tick=False):
            if manager.is_enabled(name):
                print(name, instant)
PYTHON
cat >ask.js <<'JS'
import fs from "node:fs";
import { mock } from "node:test";
import { ConfigurationObjectFeatureFlagProvider, FeatureManager } from "@microsoft/feature-management";

console.warn = () => {};
const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const manager = new FeatureManager(new ConfigurationObjectFeatureFlagProvider(read("flags.json")));
mock.timers.enable({ apis: ["Date"] });
for (const [name, instants] of Object.entries(read("asked.json"))) {
  for (const instant of instants) {
    mock.timers.setTime(instant * 1000);
    if (await manager.isEnabled(name)) console.log(name, instant);
  }
}
JS
# Makes one line of each stretch of hours: who said so, the flag, from when and until when.
cat >stretches.py <<'PYTHON'
import sys
from datetime import UTC, datetime

stretches = []
for name, instant in map(str.split, sys.stdin):
    if stretches and stretches[-1][0] == name and stretches[-1][2] == int(instant):
        stretches[-1][2] += 3600
    else:
        stretches.append([name, int(instant), int(instant) + 3600])
for name, *ends in stretches:
    print(sys.argv[1], name, *(datetime.fromtimestamp(end, UTC).strftime("%a-%d-%b-%H:%M") for end in ends))
PYTHON
env/bin/python make.py
{
    env/bin/python ask.py | env/bin/python stretches.py python
    TZ=UTC node --no-warnings ask.js | env/bin/python stretches.py javascript
    TZ=America/New_York node --no-warnings ask.js | grep -E 'winter|summer' | env/bin/python stretches.py javascript-in-new-york
} | tee seen

cat >expected <<'TXT'
python sprint Wed-07-Jan-00:00 Wed-14-Jan-00:00
python sprint Wed-21-Jan-00:00 Wed-28-Jan-00:00
python sprint Wed-04-Feb-00:00 Wed-11-Feb-00:00
python early Mon-05-Jan-00:00 Fri-09-Jan-00:00
python early Sat-10-Jan-00:00 Mon-12-Jan-00:00
python early Mon-19-Jan-00:00 Fri-23-Jan-00:00
python sunday Sun-04-Jan-00:00 Mon-05-Jan-00:00
python sunday Sun-11-Jan-00:00 Mon-12-Jan-00:00
python sunday Sun-18-Jan-00:00 Mon-19-Jan-00:00
python tokyo Sun-04-Jan-15:00 Mon-05-Jan-15:00
python tokyo Sun-11-Jan-15:00 Mon-12-Jan-15:00
python tokyo Sun-18-Jan-15:00 Mon-19-Jan-15:00
python winter Wed-15-Jul-14:00 Wed-15-Jul-16:00
python winter Mon-07-Dec-14:00 Mon-07-Dec-16:00
python summer Wed-15-Jul-14:00 Wed-15-Jul-16:00
python summer Mon-07-Dec-14:00 Mon-07-Dec-16:00
javascript sprint Wed-07-Jan-00:00 Wed-14-Jan-00:00
javascript sprint Wed-21-Jan-00:00 Wed-28-Jan-00:00
javascript sprint Wed-04-Feb-00:00 Sun-08-Feb-01:00
javascript early Mon-05-Jan-00:00 Fri-09-Jan-00:00
javascript early Sat-10-Jan-00:00 Mon-12-Jan-00:00
javascript early Mon-19-Jan-00:00 Fri-23-Jan-00:00
javascript early Sun-25-Jan-01:00 Mon-26-Jan-00:00
javascript sunday Sun-04-Jan-00:00 Mon-05-Jan-00:00
javascript tokyo Sun-04-Jan-15:00 Mon-05-Jan-15:00
javascript winter Wed-15-Jul-14:00 Wed-15-Jul-16:00
javascript winter Mon-07-Dec-14:00 Mon-07-Dec-16:00
javascript summer Wed-15-Jul-14:00 Wed-15-Jul-16:00
javascript summer Mon-07-Dec-14:00 Mon-07-Dec-16:00
javascript-in-new-york winter Wed-15-Jul-14:00 Wed-15-Jul-15:00
javascript-in-new-york winter Mon-07-Dec-14:00 Mon-07-Dec-16:00
javascript-in-new-york summer Wed-15-Jul-14:00 Wed-15-Jul-16:00
javascript-in-new-york summer Mon-07-Dec-14:00 Mon-07-Dec-17:00
TXT
if diff expected seen; then echo "As described."; else echo "This has changed."; exit 1; fi
