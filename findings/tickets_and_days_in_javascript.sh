#!/bin/sh
# Which days and texts three JavaScript readers find in the rows of a report as CSV, on machines in two zones.
#
# Behaviour, with csv-parse 7.0.3 (`cast`, `cast_date`), xlsx 0.18.5 (SheetJS, as npm has it) and exceljs 4.4.0:
# - csv-parse makes dates of the ticket `TT-1` (1 January 2001), of `TT-42` (1 January 2042) and of the description
#   `Sprint 12` (1 December 2001), and leaves `TT-13` as it is. It asks Date.parse, which in Node.js reads a word before a
#   number of 1 to 12 as a month, and before one of 32 on as a year.
# - SheetJS shows the day 2026-03-05 as 3/4/26 where the machine's zone is west of Greenwich.
# - Of the columns `date` and `start`, csv-parse reads the day in UTC and the clock in the machine's zone: in Guayaquil, the
#   day begins five hours before its first minute. ExcelJS reads both in the machine's zone.
# - The description `003` becomes the number 3 in csv-parse and exceljs.
# Read without such options, the cells are the texts that the report has.
#
# Needs Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund csv-parse@7.0.3 xlsx@0.18.5 exceljs@4.4.0
printf '%s\r\n' 'date,start,description,uri' '2026-03-05,2026-03-05T09:00:00,Sprint 12,TT-1' \
    '2026-03-05,2026-03-05T10:00:00,003,TT-42' \
    '2026-03-05,2026-03-05T11:00:00,Review,TT-13' >report.csv

cat >read.js <<'JS'
import fs from "node:fs";
import { parse } from "csv-parse/sync";
import XLSX from "xlsx";
import ExcelJS from "exceljs";

const text = fs.readFileSync("report.csv", "utf8");
const at = (date) => date.toISOString().slice(0, 16);
const show = (name, cells) =>
  console.log(process.env.TZ, name, ...cells.map((cell) => (cell instanceof Date ? at(cell) : JSON.stringify(cell))));

for (const cells of parse(text, { from: 2, cast: true, cast_date: true })) show("csv-parse", cells);
const book = XLSX.read(text, { type: "string" });
for (const cells of XLSX.utils.sheet_to_json(book.Sheets.Sheet1, { header: 1, raw: false }).slice(1)) show("xlsx", cells);
const sheet = await new ExcelJS.Workbook().csv.readFile("report.csv");
for (const row of sheet.getRows(2, 3)) show("exceljs", row.values.slice(1));
JS
for zone in Europe/Berlin America/Guayaquil; do TZ=$zone node read.js; done | tee found

cat >expected <<'TEXT'
Europe/Berlin csv-parse 2026-03-05T00:00 2026-03-05T08:00 2001-11-30T23:00 2000-12-31T23:00
Europe/Berlin csv-parse 2026-03-05T00:00 2026-03-05T09:00 3 2041-12-31T23:00
Europe/Berlin csv-parse 2026-03-05T00:00 2026-03-05T10:00 "Review" "TT-13"
Europe/Berlin xlsx "3/5/26" "2026-03-05T09:00:00" "Sprint 12" "TT-1"
Europe/Berlin xlsx "3/5/26" "2026-03-05T10:00:00" "003" "TT-42"
Europe/Berlin xlsx "3/5/26" "2026-03-05T11:00:00" "Review" "TT-13"
Europe/Berlin exceljs 2026-03-04T23:00 2026-03-05T08:00 "Sprint 12" "TT-1"
Europe/Berlin exceljs 2026-03-04T23:00 2026-03-05T09:00 3 "TT-42"
Europe/Berlin exceljs 2026-03-04T23:00 2026-03-05T10:00 "Review" "TT-13"
America/Guayaquil csv-parse 2026-03-05T00:00 2026-03-05T14:00 2001-12-01T05:00 2001-01-01T05:00
America/Guayaquil csv-parse 2026-03-05T00:00 2026-03-05T15:00 3 2042-01-01T05:00
America/Guayaquil csv-parse 2026-03-05T00:00 2026-03-05T16:00 "Review" "TT-13"
America/Guayaquil xlsx "3/4/26" "2026-03-05T09:00:00" "Sprint 12" "TT-1"
America/Guayaquil xlsx "3/4/26" "2026-03-05T10:00:00" "003" "TT-42"
America/Guayaquil xlsx "3/4/26" "2026-03-05T11:00:00" "Review" "TT-13"
America/Guayaquil exceljs 2026-03-05T05:00 2026-03-05T14:00 "Sprint 12" "TT-1"
America/Guayaquil exceljs 2026-03-05T05:00 2026-03-05T15:00 3 "TT-42"
America/Guayaquil exceljs 2026-03-05T05:00 2026-03-05T16:00 "Review" "TT-13"
TEXT
cmp expected found
echo "As described."
