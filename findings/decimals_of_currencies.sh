#!/bin/sh
# How many decimals of an amount libraries show, beside the minor units of ISO 4217, by which reports round amounts.
#
# Behaviour of `Intl.NumberFormat` in Node.js 20.9.0 (CLDR 43.1) and 22.23.3 (CLDR 48.0), whose data are those of Chrome, of
# Babel 2.17.0 and 2.19.0, and of currency.js 2.0.4, on three amounts of 1234.50 and their sum, 3703.50:
# - With an update of Node.js, amounts in COP, HUF, IDR and PKR lose their decimals, and those in RSD get theirs back. Babel's
#   update does the same, but leaves PKR, so that a page and a mail of one program show two texts for one amount.
# - Amounts without decimals are rounded each, half up in Intl and half to even in Babel: three times 1,235, or three times
#   1,234, beside a sum of 3,704.
# - IQD, of three decimals, has none in all of them: 0.499 is shown as 0. Of KWD, they show all three.
# - currency.js has two for every currency: three times 0.004 KWD make 0.00.
# So say how many decimals there are (`minimumFractionDigits` and `maximumFractionDigits`; Babel's `currency_digits=False` and
# a pattern): those of the text in the answer, which has its currency's by ISO 4217.
#
# Needs Python 3.11 or newer, Node.js and npm, which brings the other versions. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund currency.js@2.0.4
cat >shown.js <<'JS'
const currency = require("currency.js");
const shown = (code, amount) => new Intl.NumberFormat("en", { style: "currency", currency: code, currencyDisplay: "code" }).format(amount).replace("\u00a0", " ");
const name = `Node.js ${process.versions.node}:`;
console.log(name, ["COP", "HUF", "IDR", "PKR", "RSD"].map((code) => `${shown(code, 1234.5)} of ${shown(code, 3703.5)}`).join("; "));
console.log(name, shown("IQD", 0.499), shown("KWD", 0.499));
const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
console.log(name, new Intl.NumberFormat("en", { style: "currency", currency: "COP", currencyDisplay: "code", ...digits }).format(1234.5).replace("\u00a0", " "));
if (process.versions.node.startsWith("22.")) console.log("currency.js:", currency("0.004").add("0.004").add("0.004").toString());
JS
cat >shown.py <<'PYTHON'
from decimal import Decimal

import babel
from babel.numbers import format_currency


def shown(code, amount, **more):
    return format_currency(Decimal(amount), code, "\u00a4\u00a4 #,##0.00", locale="en", **more)


name = f"Babel {babel.__version__}:"
print(name, "; ".join(f"{shown(code, '1234.5')} of {shown(code, '3703.5')}" for code in ("COP", "HUF", "IDR", "PKR", "RSD")))
print(name, shown("IQD", "0.499"), shown("KWD", "0.499"))
print(name, shown("COP", "1234.5", currency_digits=False))
PYTHON
for version in 20.9.0 22.23.3; do
    npm install --silent --no-audit --no-fund --prefix "node-$version" "node@$version"
    "node-$version/node_modules/.bin/node" shown.js
done >found
for version in 2.17.0 2.19.0; do
    python3 -m venv "babel-$version"
    "babel-$version/bin/python" -m pip install --quiet --disable-pip-version-check "babel==$version"
    "babel-$version/bin/python" shown.py
done >>found
cat found

cat >expected <<'TEXT'
Node.js 20.9.0: COP 1,234.50 of COP 3,703.50; HUF 1,234.50 of HUF 3,703.50; IDR 1,234.50 of IDR 3,703.50; PKR 1,234.50 of PKR 3,703.50; RSD 1,235 of RSD 3,704
Node.js 20.9.0: IQD 0 KWD 0.499
Node.js 20.9.0: COP 1,234.50
Node.js 22.23.3: COP 1,235 of COP 3,704; HUF 1,235 of HUF 3,704; IDR 1,235 of IDR 3,704; PKR 1,235 of PKR 3,704; RSD 1,234.50 of RSD 3,703.50
Node.js 22.23.3: IQD 0 KWD 0.499
Node.js 22.23.3: COP 1,234.50
currency.js: 0.00
Babel 2.17.0: COP 1,234.50 of COP 3,703.50; HUF 1,234.50 of HUF 3,703.50; IDR 1,234.50 of IDR 3,703.50; PKR 1,234.50 of PKR 3,703.50; RSD 1,234 of RSD 3,704
Babel 2.17.0: IQD 0 KWD 0.499
Babel 2.17.0: COP 1,234.50
Babel 2.19.0: COP 1,234 of COP 3,704; HUF 1,234 of HUF 3,704; IDR 1,234 of IDR 3,704; PKR 1,234.50 of PKR 3,703.50; RSD 1,234.50 of RSD 3,703.50
Babel 2.19.0: IQD 0 KWD 0.499
Babel 2.19.0: COP 1,234.50
TEXT
cmp expected found
echo "As described."
