"""The documented flags, those of the code and those of the laptop's file are the same; and the file can be read."""

import json
import re
from pathlib import Path

from shared.flags.feature_flags import Flag
from shared.flags.reading import read_file

ROOT = Path(__file__).parents[2]
ROW = re.compile(
    r"^\| `(?P<name>[^`]+)` \| (?P<owner>[^|]+) \| (?P<purpose>[^|]+) \| (?P<since>[^|]+) \|$", re.MULTILINE
)
NAMES = {str(flag) for flag in Flag}


def test_the_dictionary_holds_the_flags_of_the_code() -> None:
    rows = list(ROW.finditer((ROOT / "docs" / "feature-flags.md").read_text(encoding="utf-8")))

    assert sorted(row["name"] for row in rows) == sorted(NAMES)
    for row in rows:
        assert row["owner"].strip()
        assert row["purpose"].strip().endswith(".")
        assert re.fullmatch(r"\d{4}-\d{2}", row["since"].strip())


async def test_a_laptop_has_every_flag_of_the_code() -> None:
    example = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))

    found = await read_file(str(ROOT / example["Values"]["FEATURE_FLAGS_FILE"]))

    assert sorted(flag.name for flag in found) == sorted(NAMES)
