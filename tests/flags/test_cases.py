"""Flags say the same here as in the .NET and JavaScript packages wherever these agree."""

import asyncio
import logging
import re
from copy import deepcopy
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from featuremanagement import TargetingContext, Variant
from featuremanagement.aio import FeatureManager
from hypothesis import given
from hypothesis import strategies as st

from shared.flags.evaluation import FlagSet
from shared.flags.reading import FlagDocument
from shared.logs import SparingLog
from tests.flags.cases import CASES, Case, percentile, variants

PAGE = Path(__file__).parents[2] / "docs" / "feature-flags.md"
ROW = re.compile(r"^\| (.+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)


def said(on: bool, variant: Variant | None) -> str:
    return " ".join([("off", "on")[on], *([variant.name] if variant else [])])


async def here(case: Case) -> str:
    flags = FlagSet([FlagDocument("case", case.document)], SparingLog(__name__))
    evaluation = await flags.evaluated("case", case.user, case.groups)
    return said(evaluation.on, evaluation.variant)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
async def test_a_flag_says_here_what_the_table_says(case: Case) -> None:
    before = deepcopy(case.document)

    assert await here(case) == case.here
    assert case.document == before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_wherever_dotnet_and_javascript_agree_so_do_we(case: Case) -> None:
    """What both refuse is off here. Where they differ, .NET is followed."""
    assert case.here == ("off" if case.dotnet == "error" else case.dotnet)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
async def test_the_package_says_by_itself_what_the_table_says(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    """When this fails the package has changed: `shared/flags/normal_form.py` may do less."""
    # What it logs of a window without ends can't be formatted.
    caplog.set_level(logging.CRITICAL, "featuremanagement")
    target = TargetingContext(case.user, list(case.groups))
    try:
        manager = FeatureManager({"feature_management": {"feature_flags": [deepcopy(case.document)]}})
        on = await manager.is_enabled("case", target)  # type: ignore[call-overload]
        answer = said(on, await manager.get_variant("case", target))  # type: ignore[call-overload]
    except Exception:  # noqa: BLE001 - the package raises all sorts
        answer = "error"

    assert answer == case.python


def test_the_page_has_the_table() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8").partition("## Compared with other packages")[2])

    assert rows[2:] == [(case.what, case.dotnet, case.javascript, case.python, case.here) for case in CASES]


@given(st.emails(), st.lists(st.floats(0, 100), min_size=1, max_size=4).map(sorted))
def test_a_percentile_takes_in_who_is_hashed_to_it(user: str, bounds: list[float]) -> None:
    """The rule of both other packages: the first four bytes of SHA-256, little endian, of user and seed."""
    edges = [0.0, *bounds, 100.0]
    parts = [percentile(f"V{n}", low, high) for n, (low, high) in enumerate(pairwise(edges))]
    flag = {**variants(percentile=parts), "variants": [{"name": part["variant"]} for part in parts]}
    case = Case("", flag, "", "", "", "", user=user)
    marker = int.from_bytes(sha256(f"{user}\nallocation\ncase".encode()).digest()[:4], "little")
    position = marker / 0xFFFFFFFF * 100

    expected = next(part["variant"] for part in parts if part["from"] <= position < part["to"] or part["to"] == 100)
    assert asyncio.run(here(case)) == f"on {expected}"
