"""docs/settings.md names the settings that the code reads, no more and no fewer."""

import re
from pathlib import Path
from typing import Any

from shared.config import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \| [^|]+ \| [^|]+ \|$", re.MULTILINE)


class Recorded(dict[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def test_every_setting_is_documented() -> None:
    environment = Recorded(
        COSMOS_ENDPOINT="https://x", JWT_VERIFICATION="jwks", JWT_JWKS_URL="https://x", JWT_AUDIENCE="x", JWT_ISSUER="x"
    )
    Settings.read(environment)

    assert sorted(ROW.findall(DOCUMENT.read_text(encoding="utf-8"))) == sorted(environment.asked)
