"""`python cli.py gen-swagger-json` and `gen-postman-collection`: what they write, and what they say when they can't."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.command_line import run
from tests.http.openapi.serving import Person, Served


def requests_of(collection: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item["request"] for folder in collection["item"] for item in folder["item"]}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory, served: Served) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("postman") / "collection.json"
    result = run("gen-postman-collection", "-f", file, "-b", served.url)
    assert result.exit_code == 0, result.output
    made: dict[str, Any] = json.loads(file.read_text())
    return made


def test_the_document_is_written_as_it_is_committed(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    assert run("gen-swagger-json", "-f", file).exit_code == 0
    assert file.read_text() == (Path(__file__).parents[3] / "docs" / "openapi.json").read_text()


def test_it_can_be_printed(described: dict[str, Any]) -> None:
    assert json.loads(run("gen-swagger-json", "-f", "-").stdout) == described


@pytest.mark.parametrize("command", ["gen-swagger-json", "gen-postman-collection"])
@pytest.mark.parametrize("place", ["/nowhere/at/all.json", "/dev/full", "/"])
def test_what_cannot_be_written_is_one_clear_line(command: str, place: str) -> None:
    result = run(command, "-f", place)
    assert result.exit_code != 0
    assert place in result.output.splitlines()[-1]
    assert "Traceback" not in result.output


@pytest.mark.parametrize("address", ["example.com", "ftp://example.com", "http://", ""])
def test_a_base_url_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    result = run("gen-postman-collection", "-f", tmp_path / "collection.json", "-b", address)
    assert result.exit_code == 2
    assert "no address" in result.output
    assert not (tmp_path / "collection.json").exists()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://gateway.example.com", "https://gateway.example.com/api"),
        ("https://gateway.example.com/", "https://gateway.example.com/api"),
        ("https://gateway.example.com/time/v2/", "https://gateway.example.com/time/v2"),
    ],
)
def test_a_base_url_without_a_path_means_the_api_below_it(given: str, meant: str) -> None:
    collection = json.loads(run("gen-postman-collection", "-f", "-", "-b", given).stdout)
    assert collection["variable"][0] == {"key": "base_url", "value": meant}


def test_the_collection_has_every_operation(collection: dict[str, Any], described: dict[str, Any]) -> None:
    assert collection["info"]["schema"].endswith("/v2.1.0/collection.json")
    asked = sorted((one["method"], "/" + "/".join(one["url"]["path"])) for one in requests_of(collection).values())
    wanted = [
        (method.upper(), path.replace("{", ":").replace("}", ""))
        for path, at_path in described["paths"].items()
        for method in at_path
    ]
    assert asked == sorted(wanted)


def test_a_request_of_the_collection_can_be_sent(collection: dict[str, Any]) -> None:
    values = {one["key"]: one["value"] for one in collection["variable"]}
    values["token"] = Person(str(uuid4())).headers["Authorization"]
    auth = {one["key"]: one["value"] for one in collection["auth"]["apikey"]}
    request = requests_of(collection)["Get the running time entry"]
    url = request["url"]["raw"].replace("{{base_url}}", values["base_url"])
    headers = {auth["key"]: auth["value"].replace("{{token}}", values["token"])}
    answer = requests.request(request["method"], url, headers=headers, timeout=10)
    assert answer.status_code == 204


def test_a_request_that_creates_has_a_body_and_what_may_be_switched_on(collection: dict[str, Any]) -> None:
    request = requests_of(collection)["Create a time entry, or start the timer"]
    assert json.loads(request["body"]["raw"])["project_id"]
    assert {one["key"]: one.get("disabled", False) for one in request["header"]} == {
        "Idempotency-Key": True,
        "Content-Type": False,
    }


def test_a_request_that_sends_a_file_has_one_to_choose(collection: dict[str, Any]) -> None:
    request = requests_of(collection)["Import time entries from a file"]
    assert request["body"]["mode"] == "file"
    assert [one["value"] for one in request["header"]] == ["text/csv"]


def test_what_needs_no_token_sends_none(collection: dict[str, Any]) -> None:
    assert requests_of(collection)["Check the service's health"]["auth"] == {"type": "noauth"}
