"""Four readers of calendars see the same events, texts and instants: ical.js and node-ical, khal and calcurse.

The last two are Debian packages (`apt-get install khal calcurse`), which `.ci/run` installs with CI=true. Elsewhere,
where they are missing, their test is skipped.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.calendar.feed import calendar
from shared.catalog.references import Names
from tests.calling import Item

HERE = Path(__file__).parent
NAMES = Names({"p": {"id": "p", "name": "Back\\end; A, B"}}, {"a": {"id": "a", "name": "Work"}}, {}, 0.0)
TEXTS = (
    "plain",
    "two\nlines",
    'semi; comma, colon: quote" back\\slash',
    "C:\\new\\table, \\N and \\n",
    "tab\there \x07bell",
    "é ü 漢字 🙂 " * 12 + "end",
    "ends with \\",
    "\\,x \\;y \\\\n",
    "",
)
READ = """
import fs from "fs";
import ICAL from "ical.js";
import ical from "node-ical";
const text = fs.readFileSync(process.argv[2], "utf8");
const shown = (uid, start, end, summary, text) => [uid, start.toISOString(), end.toISOString(), summary, text ?? ""];
const one = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent").map((it) => {
  const event = new ICAL.Event(it);
  return shown(event.uid, event.startDate.toJSDate(), event.endDate.toJSDate(), event.summary, event.description);
});
const other = Object.values(ical.sync.parseICS(text)).filter((it) => it.type === "VEVENT")
  .map((it) => shown(it.uid, it.start, it.end, it.summary, it.description));
console.log(JSON.stringify([one, other]));
"""

pytestmark = pytest.mark.clients


class Seen(NamedTuple):
    """What a reader makes of an event."""

    start: str
    end: str
    summary: str
    description: str


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    entries = [entry(day, text) for day, text in enumerate(TEXTS, start=1)]
    file = tmp_path_factory.mktemp("calendar") / "feed.ics"
    file.write_bytes(asyncio.run(calendar(entries, NAMES)))
    return file


def entry(day: int, text: str) -> Item:
    """Every second one lasts half a minute, which readers would drop or stretch."""
    end = "10:00:30.9" if day % 2 else "11:30:00.0"
    dates = {"start_date": f"2026-11-{day:02}T10:00:00.5000000Z", "end_date": f"2026-11-{day:02}T{end}000000Z"}
    own = {"id": f"e{day}", "project_id": "p", "activity_id": "a", "description": text or None, **dates}
    return own | {"_ts": int(datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp())}


def expected() -> list[Seen]:
    """By hand: what anybody would see in a calendar."""
    found = []
    for day, text in enumerate(TEXTS, start=1):
        description = text.replace("\t", " ").replace("\x07", " ")
        first = " ".join(description.split("\n")[0].split())
        end = "10:01" if day % 2 else "11:30"
        summary = f"Back\\end; A, B: {first}" if first else "Back\\end; A, B"
        found.append(Seen(f"2026-11-{day:02} 10:00", f"2026-11-{day:02} {end}", summary, description.strip()))
    return found


def visible(text: str) -> str:
    """Without the joiner that keeps a backslash apart, and the blanks at the ends, which some readers drop."""
    return text.replace("\N{WORD JOINER}", "").strip()


def output(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603 - the readers
        command, capture_output=True, text=True, check=False, env=os.environ | {"TZ": "UTC"} | environment, cwd=HERE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("place", [0, 1], ids=["ical.js", "node-ical"])
def test_readers_in_javascript(feed: Path, place: int) -> None:
    (HERE / ".local").mkdir(exist_ok=True)
    program = HERE / ".local/readers.mjs"
    program.write_text(READ)

    events = json.loads(output("node", program, feed))[place]

    seen = [
        Seen(start[:16].replace("T", " "), end[:16].replace("T", " "), visible(summary), visible(description))
        for _, start, end, summary, description in events
    ]
    assert seen == expected()


@pytest.mark.skipif(not shutil.which("khal"), reason="khal is not installed")
def test_khal(feed: Path, tmp_path: Path) -> None:
    (tmp_path / "calendar").mkdir()
    formats = "\n".join(f"{name} = %Y-%m-%d %H:%M" for name in ("datetimeformat", "longdatetimeformat"))
    dates = "\n".join(f"{name} = %Y-%m-%d" for name in ("dateformat", "longdateformat"))
    (tmp_path / "config").write_text(
        f"[calendars]\n[[feed]]\npath = {tmp_path}/calendar\n[sqlite]\npath = {tmp_path}/khal.db\n"
        f"[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\n{dates}\n{formats}\n"
    )
    khal = ("khal", "-c", tmp_path / "config")
    output(*khal, "import", "--batch", "-a", "feed", feed)

    shown = output(*khal, "list", "2026-11-01", "30d", "--day-format", "", "--format",
                   "\x1e{start-long}\x1f{end-long}\x1f{title}\x1f{description}")  # fmt: skip

    events = [[visible(part) for part in one.split("\x1f")] for one in shown.split("\x1e")[1:]]
    assert [Seen(*one) for one in events] == expected()


@pytest.mark.skipif(not shutil.which("calcurse"), reason="calcurse is not installed")
def test_calcurse(feed: Path, tmp_path: Path) -> None:
    told = output("calcurse", "-D", tmp_path, "-i", feed)
    assert f"{len(TEXTS)} apps / 0 events / 0 todos / 0 skipped" in told

    lines = (tmp_path / "apts").read_text().splitlines()
    seen = []
    for line in sorted(lines):
        found = re.fullmatch(r"(\S+) @ (\S+) -> (\S+) @ (\S+?)(?:>(\w+) )?\s*\|(.*)", line)
        assert found, line
        first, start, last, end, note, summary = found.groups()
        text = (tmp_path / "notes" / note).read_text() if note else ""
        dates = [f"{day[6:]}-{day[:2]}-{day[3:5]}" for day in (first, last)]
        seen.append(Seen(f"{dates[0]} {start}", f"{dates[1]} {end}", visible(summary), visible(text)))
    assert seen == expected()
