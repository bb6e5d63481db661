#!/bin/sh
# Where two SDKs of one service place a whole number as a partition key of version 1 (the version of a key definition that
# names none).
#
# Behaviour, with azure-cosmos 4.17.1 for Python and @azure/cosmos 4.10.1 for JavaScript:
# - Python cuts a whole number to 32 bits without a sign before it hashes it. For -1 and for 5,000,000,000 it names another place than
#   JavaScript does, and than a float of the same value has in Python itself. A query by `feed_range_from_partition_key(-1)`
#   can so miss the items whose key is -1.
# - Small whole numbers, fractions and texts have one place in both.
# - Python spells places in lower case, JavaScript in upper case; they are compared as texts.
# The embedded database places these keys as JavaScript does, and takes either spelling.
#
# Needs Python 3.11 or newer, Node.js 20 or newer, and npm. Fails if any of this has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check azure-cosmos==4.17.1
echo '{}' >package.json
npm install --silent --no-audit --no-fund @azure/cosmos@4.10.1

cat >places.js <<'JS'
const { hashV1PartitionKey } = require("./node_modules/@azure/cosmos/dist/commonjs/utils/hashing/v1.js");
for (const value of [-1, 5000000000, 7, 1.5, "a"]) console.log(hashV1PartitionKey([value]));
JS
cat >places.py <<'PYTHON'
from azure.cosmos import PartitionKey
key = PartitionKey(path="/key", version=1)
for value in (-1, 5_000_000_000, 7, 1.5, "a", -1.0):
    print(key._get_effective_partition_key_string([value]))
PYTHON
node places.js >javascript
env/bin/python places.py >python
paste -d ' ' python javascript

check() {
    theirs=$(sed -n "$1p" javascript | tr a-f A-F)
    ours=$(sed -n "$1p" python | tr a-f A-F)
    if [ "$ours" = "$theirs" ]; then found=same; else found=different; fi
    [ "$found" = "$2" ] || { echo "line $1 is $found, not $2"; exit 1; }
}
check 1 different
check 2 different
check 3 same
check 4 same
check 5 same
[ "$(sed -n 6p python | tr a-f A-F)" = "$(sed -n 1p javascript | tr a-f A-F)" ] || { echo "-1.0 is placed elsewhere"; exit 1; }
grep -q '[a-f]' python && ! grep -q '[a-f]' javascript || { echo "the spelling has changed"; exit 1; }
echo "As described."
