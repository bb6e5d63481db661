"""host.json as the real host was seen to read it: what it ignores, what it takes, and where it does not start."""

import inspect
import json
from pathlib import Path

import pytest

from local.host.configuration import AppSettings, HostJson
from local.host.errors import HostError


def read(folder: Path, text: str) -> HostJson:
    (folder / "host.json").write_text(text, encoding="utf-8")
    return HostJson.read(folder)


def test_row_unknown_and_misspelt_keys_are_ignored(tmp_path: Path) -> None:
    found = read(tmp_path, '{"version": "2.0", "functionTimout": "nonsense", "x": {"y": 1}, "extensions": {"http": 7}}')

    assert found == HostJson("api", 1800.0)


def test_row_comments_and_trailing_commas_are_taken(tmp_path: Path) -> None:
    text = """
        // A comment.
        {
          "version": "2.0", /* another,
                               "version": "1.0" */
          "x": "// no comment, and no comma,]",
          "y": ["a\\"//", 1, ],
          "extensions": {"http": {"routePrefix": "v1/api",},}, // a last one }
        }
    """
    assert read(tmp_path, inspect.cleandoc(text)).route_prefix == "v1/api"


@pytest.mark.parametrize("key", ["routeprefix", "RoutePrefix", "ROUTEPREFIX"])
def test_row_the_route_prefix_counts_in_any_case(tmp_path: Path, key: str) -> None:
    found = read(tmp_path, f'{{"version": "2.0", "Extensions": {{"HTTP": {{"{key}": "v1"}}}}}}')

    assert found.route_prefix == "v1"


@pytest.mark.parametrize("text", ["{}", '{"version": null}', '{"version": "1.0"}', '{"version": 2.0}'])
def test_row_without_version_it_does_not_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(HostError, match=r'"version": "2\.0"'):
        read(tmp_path, text)


@pytest.mark.parametrize("value", ['"soon"', '""', "5", '"00:00:00"', '"-00:01:00"', '"25:61:00"', "true", '"1:2"x'])
def test_row_a_function_timeout_that_is_none_does_not_start(tmp_path: Path, value: str) -> None:
    with pytest.raises(HostError, match=r"host\.json"):
        read(tmp_path, f'{{"version": "2.0", "functionTimeout": {value}}}')


@pytest.mark.parametrize(
    ("value", "seconds"), [("00:05:00", 300.0), ("-1", None), ("1.00:00:00", 86_400.0), ("00:00:01.5", 1.5)]
)
def test_a_function_timeout(tmp_path: Path, value: str, seconds: float | None) -> None:
    assert read(tmp_path, f'{{"version": "2.0", "functionTimeout": "{value}"}}').function_timeout_seconds == seconds


@pytest.mark.parametrize("prefix", ["/v1/api/", "/api", "api/", "a//b", 7])
def test_row_a_prefix_with_outer_slashes_answers_503_to_all(tmp_path: Path, prefix: object) -> None:
    content = {"version": "2.0", "extensions": {"http": {"routePrefix": prefix}}}

    with pytest.raises(HostError, match="routePrefix"):
        read(tmp_path, json.dumps(content))


def test_an_empty_prefix_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}').route_prefix == ""


@pytest.mark.parametrize(("text", "factor"), [(None, 1), ("", 1), ("60", 1), ("6", 0.1), ("1.5", 0.025)])
def test_lease_seconds_shorten_every_interval_of_the_host(text: str | None, factor: float) -> None:
    settings = AppSettings({} if text is None else {"LEASE_SECONDS": text})

    assert settings.intervals_shortened_to() == pytest.approx(factor)


@pytest.mark.parametrize("text", ["0", "61", "-1", "nan", "x"])
def test_lease_seconds_that_are_none_are_one_line(text: str) -> None:
    with pytest.raises(HostError, match="LEASE_SECONDS must be a number from 1 to 60"):
        AppSettings({"LEASE_SECONDS": text}).intervals_shortened_to()
