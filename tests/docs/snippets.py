"""The code that a page shows, to be run as it stands."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def snippets(page: str, heading: str, language: str) -> list[str]:
    """The blocks of a language below a heading of the page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = re.split(rf"^## {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    below = re.split(r"^## ", section, maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", below, re.MULTILINE | re.DOTALL)
    assert found, f"{page} shows no {language} below {heading!r}"
    return found
