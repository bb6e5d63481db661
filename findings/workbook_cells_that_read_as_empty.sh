#!/bin/sh
# What a program gets of cells in a workbook that hold no plain value.
#
# Behaviour, with python-calamine 0.9.1 on workbooks of openpyxl 3.1.5:
# - A formula that no program has calculated yet, and a cell with an error such as #REF!, read as the empty text, like a
#   cell that is empty. Nothing tells the three apart.
# - A duration of 25:30 reads as a duration where its format is `[h]:mm:ss`, and as 1 January 1900, 01:30, where it is
#   `hh:mm:ss`: a day more than 31 December 1899, from which spreadsheets seem to count.
# - A duration of 1:30 reads as a duration or as a time of day by the same formats.
# An import of ours finds the first two in the XML of the sheet and fails their rows, and takes of such a date the reading
# that fits the row's clock times.
#
# Needs Python 3.11 or newer. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5

cat >cells.py <<'PYTHON'
from openpyxl import Workbook
from python_calamine import CalamineWorkbook

book = Workbook()
sheet = book.active
sheet["A1"], sheet["B1"] = "=1+1", "#REF!"
durations = {"D1": (25.5, "[h]:mm:ss"), "E1": (25.5, "hh:mm:ss"), "F1": (1.5, "[h]:mm:ss"), "G1": (1.5, "hh:mm:ss")}
for place, (hours, form) in durations.items():
    sheet[place] = hours / 24
    sheet[place].number_format = form
book.save("cells.xlsx")
for cell in CalamineWorkbook.from_path("cells.xlsx").get_sheet_by_index(0).to_python(skip_empty_area=False)[0]:
    print(type(cell).__name__, repr(str(cell)))
PYTHON
env/bin/python cells.py | tee found

cat >expected <<'TEXT'
str ''
str ''
str ''
timedelta '1 day, 1:30:00'
datetime '1900-01-01 01:30:00'
timedelta '1:30:00'
time '01:30:00'
TEXT
cmp expected found
echo "As described."
