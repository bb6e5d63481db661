"""`python cli.py flags`, run as a user runs it."""

import asyncio
import os
import sys
from pathlib import Path

from tests.flags.app_configuration import AppConfiguration

ROOT = Path(__file__).parents[2]


async def flags(*arguments: str, **settings: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", "flags", *arguments),
        cwd=ROOT,
        env={**os.environ, "COSMOS_ENDPOINT": "http://localhost:1", **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_flags_of_a_store_are_shown_for_a_user(store: AppConfiguration) -> None:
    targeted = {"Audience": {"Groups": [{"Name": "staff", "RolloutPercentage": 100}]}}
    filters = [{"name": "Microsoft.Targeting", "parameters": targeted}]
    store.put_flag("dark-mode", conditions={"client_filters": filters})
    store.put_flag("broken", conditions="always")

    code, out, err = await flags(
        "--email", "ann@example.com", "--group", "staff",
        AZURE_APP_CONFIGURATION_CONNECTION_STRING=store.connection_string(),
    )  # fmt: skip

    assert code == 0, err
    assert [line.split() for line in out.splitlines()] == [
        ["from", "Azure", "App", "Configuration,", "for", "ann@example.com:"],
        ["broken", "off", "not", "in", "the", "code"],
        ["dark-mode", "on"],
        ["preview", "off", "not", "there"],
    ]
    assert "the feature flag 'broken' is broken" in err


async def test_a_store_that_is_away_is_one_clear_line(store: AppConfiguration) -> None:
    await store.stop()

    code, out, err = await flags(AZURE_APP_CONFIGURATION_CONNECTION_STRING=store.connection_string())

    assert (code, out) == (1, "")
    assert err.startswith("Error: the flags can't be read: ")
    assert len(err.splitlines()) == 1
