#!/bin/sh
# Which time of day JavaScript prints for people in Argentina: since some version of its language data, without AM or PM.
#
# Behaviour of `Date.toLocaleTimeString` and `toLocaleString` in Spanish of Argentina (`es-AR`), with Node.js 20.9.0
# (CLDR 43.1), 22.23.3 and 26.10.0 (both CLDR 48.0), whose engine and data are those of Chrome:
# - For 14:05 the first prints 14:05:00, the others 02:05:00: half of a day, and nothing that says which half. Midnight is
#   12:05:00, and so is noon.
# - In Ecuador, Chile and Mexico each has AM and PM, or 24 hours. So has `es-AR` where a style is given: 2:05:00 p. m.
# - With `hourCycle: "h23"`, all of them print 14:05:00.
# A web page that fills a CSV file in this way puts afternoons into the night. Our import cannot tell: of a row that lasts
# past noon, the end comes before the start, and it fails; other rows are read as they stand. Write files with
# `toISOString`, and show clocks with an `hourCycle`.
#
# Needs Node.js, and npm, which brings the other versions. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >print.js <<'JS'
const at = (hour) => new Date(Date.UTC(2026, 2, 5, hour, 5));
const show = (name, ...clocks) => console.log(process.versions.node, name, ...clocks.map((one) => JSON.stringify(one.replace(/[\u00a0\u202f]/g, " "))));
const clock = (language, hour, options) => at(hour).toLocaleTimeString(language, { timeZone: "UTC", ...options });
show("es-AR", clock("es-AR", 14), clock("es-AR", 2), clock("es-AR", 12), clock("es-AR", 0));
show("es-AR, date and time", at(14).toLocaleString("es-AR", { timeZone: "UTC" }));
show("es-AR, a style", clock("es-AR", 14, { timeStyle: "medium" }));
show("es-AR, h23", clock("es-AR", 14, { hourCycle: "h23" }));
for (const language of ["es-EC", "es-CL", "es-MX"]) show(language, clock(language, 14));
JS
for version in 20.9.0 22.23.3 26.10.0; do
    mkdir "$version"
    echo '{}' >"$version/package.json"
    (cd "$version" && npm install --silent --no-audit --no-fund "node@$version" >/dev/null)
    "$version/node_modules/.bin/node" print.js
done | tee found

cat >expected <<'TEXT'
20.9.0 es-AR "14:05:00" "02:05:00" "12:05:00" "00:05:00"
20.9.0 es-AR, date and time "5/3/2026, 14:05:00"
20.9.0 es-AR, a style "14:05:00"
20.9.0 es-AR, h23 "14:05:00"
20.9.0 es-EC "14:05:00"
20.9.0 es-CL "14:05:00"
20.9.0 es-MX "14:05:00"
22.23.3 es-AR "02:05:00" "02:05:00" "12:05:00" "12:05:00"
22.23.3 es-AR, date and time "5/3/2026, 02:05:00"
22.23.3 es-AR, a style "2:05:00 p. m."
22.23.3 es-AR, h23 "14:05:00"
22.23.3 es-EC "2:05:00 p. m."
22.23.3 es-CL "2:05:00 p. m."
22.23.3 es-MX "2:05:00 p.m."
26.10.0 es-AR "02:05:00" "02:05:00" "12:05:00" "12:05:00"
26.10.0 es-AR, date and time "5/3/2026, 02:05:00"
26.10.0 es-AR, a style "2:05:00 p. m."
26.10.0 es-AR, h23 "14:05:00"
26.10.0 es-EC "2:05:00 p. m."
26.10.0 es-CL "2:05:00 p. m."
26.10.0 es-MX "2:05:00 p.m."
TEXT
cmp expected found
echo "As described."
