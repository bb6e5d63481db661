#!/bin/sh
# What two JavaScript libraries make of dates and durations in workbooks, on machines in several zones.
#
# Behaviour, with xlsx 0.18.5 (SheetJS, as npm has it) and exceljs 4.4.0:
# - Writing: a `Date` of 09:00 in Guayaquil becomes the wall clock 09:00 in SheetJS's workbook and 14:00, UTC's, in ExcelJS's.
#   SheetJS is up to a minute off where the zone's mean time before 1900 had seconds: in Madrid it writes 08:59:16.
# - Writing with `cellDates`, SheetJS makes cells of the type for ISO 8601, and ends the wall clock with a `Z`.
# - Reading: ExcelJS gives the wall clock as if it were UTC, SheetJS (`cellDates`) as the machine's zone has it, and off by
#   those seconds: 44 late in Madrid, 10 early in Kolkata, where a day so becomes the evening of the day before.
# - A duration of 27:15:30 in `[h]:mm:ss` is a date of 1899 in both: in ExcelJS 31 December, 03:15:30, counted from 30
#   December in UTC. SheetJS counts from its machine's zone, in Guayaquil from 04:44 in UTC. The text of such a cell is
#   right in SheetJS (`raw: false`): 27:15:30.
#
# Needs Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund xlsx@0.18.5 exceljs@4.4.0 fflate@0.8.2

cat >write.js <<'JS'
import fs from "node:fs";
import { unzipSync, strFromU8 } from "fflate";
import XLSX from "xlsx";
import ExcelJS from "exceljs";

const date = new Date(2026, 2, 5, 9);
const cell = (file) => /<c r="A1"[^>]*>.*?<\/c>/.exec(strFromU8(unzipSync(fs.readFileSync(file))["xl/worksheets/sheet1.xml"]))[0];
const clock = (days) => new Date(Math.round((days - 25569) * 86400e3)).toISOString().slice(0, 19);
const show = (name, file) => console.log(process.env.TZ, "written by", name, cell(file).replace(/.*<v>(.*)<\/v>.*/, "$1").replace(/^[\d.]+$/, clock));

for (const cellDates of [false, true]) {
  const book = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([[date]], { cellDates }));
  XLSX.writeFile(book, "sheetjs.xlsx", { cellDates });
  show(cellDates ? "xlsx, cellDates:" : "xlsx:", "sheetjs.xlsx");
}
const book = new ExcelJS.Workbook();
const sheet = book.addWorksheet("S");
sheet.getCell("A1").value = date;
await book.xlsx.writeFile("exceljs.xlsx");
show("exceljs:", "exceljs.xlsx");

// A day, a wall clock and a duration, as numbers with formats: what any spreadsheet saves.
sheet.addRow([46086, 46086.375, (27 * 3600 + 15 * 60 + 30) / 86400]);
sheet.getRow(2).eachCell((one, place) => (one.numFmt = ["yyyy-mm-dd", "yyyy-mm-dd hh:mm", "[h]:mm:ss"][place - 1]));
await book.xlsx.writeFile("cells.xlsx");
const shown = (...cells) => cells.map((one) => (one instanceof Date ? one.toISOString().slice(0, 19) : one)).join(" ");
const read = await new ExcelJS.Workbook().xlsx.readFile("cells.xlsx");
console.log(process.env.TZ, "read by exceljs:", shown(...read.worksheets[0].getRow(2).values.slice(1)));
const rows = (file, options) => XLSX.utils.sheet_to_json(XLSX.readFile(file, options).Sheets.S, { header: 1, raw: Boolean(options.cellDates) });
const local = (one) => `${one.getFullYear()}-${one.getMonth() + 1}-${one.getDate()} ${one.toTimeString().slice(0, 8)}`;
const [day, moment, duration] = rows("cells.xlsx", { cellDates: true })[1];
console.log(process.env.TZ, "read by xlsx, cellDates:", local(day), local(moment), duration.toISOString().slice(0, 19));
console.log(process.env.TZ, "read by xlsx, as text:", ...rows("cells.xlsx", {})[1]);
JS
for zone in UTC America/Guayaquil Europe/Madrid Asia/Kolkata; do TZ=$zone node write.js; done | tee found

cat >expected <<'TEXT'
UTC written by xlsx: 2026-03-05T09:00:00
UTC written by xlsx, cellDates: 2026-03-05T09:00:00.000Z
UTC written by exceljs: 2026-03-05T09:00:00
UTC read by exceljs: 2026-03-05T00:00:00 2026-03-05T09:00:00 1899-12-31T03:15:30
UTC read by xlsx, cellDates: 2026-3-5 00:00:00 2026-3-5 09:00:00 1899-12-31T03:15:30
UTC read by xlsx, as text: 2026-03-05 2026-03-05 09:00 27:15:30
America/Guayaquil written by xlsx: 2026-03-05T09:00:00
America/Guayaquil written by xlsx, cellDates: 2026-03-05T09:00:00.000Z
America/Guayaquil written by exceljs: 2026-03-05T14:00:00
America/Guayaquil read by exceljs: 2026-03-05T00:00:00 2026-03-05T09:00:00 1899-12-31T03:15:30
America/Guayaquil read by xlsx, cellDates: 2026-3-5 00:00:00 2026-3-5 09:00:00 1899-12-31T08:29:30
America/Guayaquil read by xlsx, as text: 2026-03-05 2026-03-05 09:00 27:15:30
Europe/Madrid written by xlsx: 2026-03-05T08:59:16
Europe/Madrid written by xlsx, cellDates: 2026-03-05T09:00:00.000Z
Europe/Madrid written by exceljs: 2026-03-05T08:00:00
Europe/Madrid read by exceljs: 2026-03-05T00:00:00 2026-03-05T09:00:00 1899-12-31T03:15:30
Europe/Madrid read by xlsx, cellDates: 2026-3-5 00:00:44 2026-3-5 09:00:44 1899-12-31T03:30:14
Europe/Madrid read by xlsx, as text: 2026-03-05 2026-03-05 09:00 27:15:30
Asia/Kolkata written by xlsx: 2026-03-05T09:00:10
Asia/Kolkata written by xlsx, cellDates: 2026-03-05T09:00:00.000Z
Asia/Kolkata written by exceljs: 2026-03-05T03:30:00
Asia/Kolkata read by exceljs: 2026-03-05T00:00:00 2026-03-05T09:00:00 1899-12-31T03:15:30
Asia/Kolkata read by xlsx, cellDates: 2026-3-4 23:59:50 2026-3-5 08:59:50 1899-12-30T21:54:20
Asia/Kolkata read by xlsx, as text: 2026-03-05 2026-03-05 09:00 27:15:30
TEXT
cmp expected found
echo "As described."
