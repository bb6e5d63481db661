#!/bin/sh
# What libraries make of three quarters of an hour at each hourly rate from 0.01 to 100.00, rounded to cents. Of these 10,000
# amounts, 2,500 are halves of a cent. An invoice that is worked out again differs from the report by a cent here and there.
#
# Behaviour, beside this server's rule (the even neighbour of the exact decimal), with Node.js, currency.js 2.0.4, dinero.js
# 2.0.2, big.js 7.0.1, Python, pandas 3.1.1 (numpy 2.4.6), polars 2.1.0, DuckDB 2.0.1 and SQLite 3.54.1 (apsw 3.54.1.0):
# - currency.js, big.js and DuckDB's decimals round up: a cent more for 1,250 rates. At 85.50 they have 64.13, the server 64.12.
# - Dinero's transformScale rounds down unless it is told how: a cent less for 3,750 rates.
# - toFixed, Python's round, SQLite's and that of DuckDB's doubles go by the binary fraction: a cent more for some 600 rates,
#   and a cent less for 600 others. Intl shows another cent of the same number: 0.75 * 86.3 is 64.72 by toFixed, 64.73 by Intl.
# - Intl with `halfEven`, pandas and polars round to even, but some halves are none as floats: 385 and 338 rates are off.
# - Python's Decimal.quantize, polars' decimals, and Dinero with halfEven agree for every rate.
# So take amounts as they are answered. Whoever needs their own multiplies decimals, and rounds half to even.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check pandas==3.1.1 numpy==2.4.6 polars==2.1.0 duckdb==2.0.1 apsw==3.54.1.0
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund currency.js@2.0.4 dinero.js@2.0.2 big.js@7.0.1

cat >amounts.js <<'JS'
import Big from "big.js";
import currency from "currency.js";
import { dinero, halfEven, multiply, toDecimal, transformScale } from "dinero.js";

const EUR = { code: "EUR", base: 10, exponent: 2 };
const intl = (roundingMode) => new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2, roundingMode });
const [plain, even] = [intl("halfExpand"), intl("halfEven")];
const exact = (cents) => multiply(dinero({ amount: cents, currency: EUR }), { amount: 75, scale: 2 });
const ways = {
  "toFixed": (cents) => (0.75 * (cents / 100)).toFixed(2),
  "Intl": (cents) => plain.format(0.75 * (cents / 100)),
  "Intl, halfEven": (cents) => even.format(0.75 * (cents / 100)),
  "currency.js": (cents) => currency(cents / 100).multiply(0.75).toString(),
  "Dinero": (cents) => toDecimal(transformScale(exact(cents), 2)),
  "Dinero, halfEven": (cents) => toDecimal(transformScale(exact(cents), 2, halfEven)),
  "big.js": (cents) => Big(cents).div(100).times("0.75").toFixed(2),
};
const right = (cents) => {
  const [whole, rest] = [Math.floor((cents * 3) / 4), (cents * 3) % 4];
  return whole + (rest > 2 || (rest === 2 && whole % 2) ? 1 : 0);
};
for (const [name, amount] of Object.entries(ways)) {
  let [more, less] = [0, 0];
  for (let cents = 1; cents <= 10000; cents += 1) {
    const off = Math.round(Number(amount(cents)) * 100) - right(cents);
    if (off > 0) more += off;
    else less -= off;
  }
  console.log(`${name}: ${amount(8550)}, ${amount(8630)}; ${more} more, ${less} less`);
}
JS
cat >amounts.py <<'PYTHON'
from decimal import Decimal

import apsw
import duckdb
import pandas
import polars

RATES = range(1, 10_001)
FLOATS = [0.75 * (cents / 100) for cents in RATES]
EXACT = [Decimal("0.75") * cents / 100 for cents in RATES]
database = apsw.Connection(":memory:")
in_duckdb = "SELECT round(amount, 2) FROM (SELECT {} AS amount, n FROM range(1, 10001) AS t(n)) ORDER BY n"
ways = {
    "round": [round(amount, 2) for amount in FLOATS],
    "quantize": [amount.quantize(Decimal("0.01")) for amount in EXACT],
    "pandas": pandas.Series(FLOATS).round(2),
    "polars": polars.Series(FLOATS).round(2),
    "polars, decimals": polars.Series(EXACT, dtype=polars.Decimal(18, 4)).round(2),
    "DuckDB": [row[0] for row in duckdb.execute(in_duckdb.format("0.75::DOUBLE * (n / 100)")).fetchall()],
    "DuckDB, decimals": [
        row[0] for row in duckdb.execute(in_duckdb.format("0.75 * (n * 0.01)::DECIMAL(9, 2)")).fetchall()
    ],
    "SQLite": [next(database.execute("SELECT round(?, 2)", (amount,)))[0] for amount in FLOATS],
}
for name, amounts in ways.items():
    off = [round(amount * 100) - round(exact * 100) for amount, exact in zip(amounts, EXACT)]
    print(f"{name}: {amounts[8549]}, {amounts[8629]}; {sum(one > 0 for one in off)} more, {sum(one < 0 for one in off)} less")
PYTHON
(node amounts.js && env/bin/python amounts.py) | tee found

cat >expected <<'TEXT'
toFixed: 64.13, 64.72; 649 more, 600 less
Intl: 64.13, 64.73; 1057 more, 192 less
Intl, halfEven: 64.12, 64.72; 193 more, 192 less
currency.js: 64.13, 64.73; 1250 more, 0 less
Dinero: 64.12, 64.72; 0 more, 3750 less
Dinero, halfEven: 64.12, 64.72; 0 more, 0 less
big.js: 64.13, 64.73; 1250 more, 0 less
round: 64.12, 64.72; 599 more, 600 less
quantize: 64.12, 64.72; 0 more, 0 less
pandas: 64.12, 64.72; 169 more, 169 less
polars: 64.12, 64.72; 169 more, 169 less
polars, decimals: 64.1200, 64.7200; 0 more, 0 less
DuckDB: 64.13, 64.72; 649 more, 600 less
DuckDB, decimals: 64.13, 64.73; 1250 more, 0 less
SQLite: 64.13, 64.72; 649 more, 600 less
TEXT
cmp expected found
echo "As described."
