"""Feature flags from a file, where there is no store."""

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.flags.feature_flags import FeatureFlags, Flag
from shared.flags.reading import read_file
from tests.flags.flags import A_LONG_TIME, caller, eventually


def write(path: Path, *flags: Any) -> None:
    write_text(path, json.dumps({"feature_management": {"feature_flags": flags}}))


def write_text(path: Path, content: str) -> None:
    path.write_text(content, encoding="latin-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "flags.json"


@pytest.fixture
async def flags(path: Path) -> AsyncIterator[FeatureFlags]:
    """Flags that are read again at every call."""
    flags = FeatureFlags(partial(read_file, str(path)), max_age_seconds=0)
    yield flags
    await flags.close()


async def test_the_file_is_evaluated_as_a_store_is(path: Path, flags: FeatureFlags) -> None:
    targeted = {"Audience": {"Users": ["Ann@example.com"]}}
    filters = [{"name": "Microsoft.Targeting", "parameters": targeted}]
    write(path, {"id": "dark-mode", "enabled": True, "conditions": {"client_filters": filters}})

    assert (await flags.toggles(caller("ann@example.com"))).flags == {"dark-mode": True, "preview": False}
    assert (await flags.toggles(caller("bob@example.com"))).flags == {"dark-mode": False, "preview": False}


async def test_a_change_of_the_file_is_seen(path: Path, flags: FeatureFlags) -> None:
    write(path, {"id": "dark-mode", "enabled": False})
    assert not await flags.enabled(Flag.DARK_MODE, caller())

    write(path, {"id": "dark-mode", "enabled": True})
    await eventually(lambda: flags.enabled(Flag.DARK_MODE, caller()))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"feature_management": {"feature_flags": 1}}', "\xff"])
async def test_a_file_that_can_not_be_read_has_no_flags(path: Path, flags: FeatureFlags, content: str) -> None:
    write_text(path, content)

    assert (await flags.toggles(caller())).flags == {"dark-mode": False, "preview": False}


async def test_a_file_that_is_not_there_has_no_flags(flags: FeatureFlags) -> None:
    assert (await flags.toggles(caller())).flags == {"dark-mode": False, "preview": False}


async def test_what_is_no_flag_does_no_harm_to_its_neighbours(path: Path) -> None:
    write(path, "dark-mode", None, {"enabled": True}, {"id": "preview", "enabled": True})
    flags = FeatureFlags(partial(read_file, str(path)), max_age_seconds=A_LONG_TIME)

    told = (await flags.toggles(caller())).flags

    assert told["preview"]
    assert [name for name, on in told.items() if on] == ["preview"]
