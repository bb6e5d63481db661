"""Settings: the environment wins over local.settings.json, and the embedded database is meant unless one is named."""

import base64
import fnmatch
import json
from pathlib import Path

import pytest

from embedded_cosmos.auth import EMULATOR_KEY
from local.host.configuration import AppSettings, LocalSettings
from local.host.environment import DatabaseChoice, apply, make_secrets_key, read_settings
from local.host.errors import HostError
from local.host.retries import RetryPolicy

PROJECT = Path(__file__).parents[3]
DEPLOYED = {"function_app.py", "host.json", "requirements.txt", "functions", "shared"}


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)

    assert (settings.port, settings.origins, settings.credentials) == (7071, ("http://localhost:4200",), True)


def test_the_example_becomes_the_file_that_core_tools_wants(tmp_path: Path) -> None:
    example = (PROJECT / "local.settings.json.example").read_text()
    (tmp_path / "local.settings.json.example").write_text(example)

    settings = read_settings(tmp_path)
    assert (tmp_path / "local.settings.json").read_text() == example
    assert settings == LocalSettings(values=json.loads(example)["Values"])


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "local.settings.json.example").write_text("{}")
    (tmp_path / "local.settings.json").write_text('{"Host": {"LocalHttpPort": 1, "CORS": "https://a/, https://b"}}')

    settings = read_settings(tmp_path)
    assert (settings.port, settings.origins, settings.credentials) == (1, ("https://a", "https://b"), False)


@pytest.mark.parametrize("content", ["{", "[]", '{"Values": {"A": 1}}', '{"Host": {"LocalHttpPort": "x"}}'])
def test_a_malformed_file_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "local.settings.json").write_text(content)
    with pytest.raises(HostError, match=r"^local\.settings\.json"):
        read_settings(tmp_path)


def test_what_is_in_the_environment_wins() -> None:
    environment = {"A": "mine"}
    apply({"A": "the file's", "B": "the file's"}, environment)

    assert environment == {"A": "mine", "B": "the file's"}


@pytest.mark.parametrize(
    ("values", "environment", "endpoint", "port"),
    [
        ({}, {}, "http://localhost:8081", 8081),
        ({"COSMOS_ENDPOINT": "http://localhost:9"}, {}, "http://localhost:9", 9),
        ({"COSMOS_ENDPOINT": "http://localhost:8081"}, {"COSMOS_PORT": "9"}, "http://localhost:9", 9),
        ({"COSMOS_ENDPOINT": "https://x.documents.azure.com:443/"}, {}, "https://x.documents.azure.com:443/", None),
        ({}, {"COSMOS_ENDPOINT": "http://localhost:7", "COSMOS_PORT": "9"}, "http://localhost:7", None),
    ],
)
def test_which_database_is_meant(
    values: dict[str, str], environment: dict[str, str], endpoint: str, port: int | None
) -> None:
    choice = DatabaseChoice.of(values, environment)

    assert (choice.endpoint, choice.embedded_port) == (endpoint, port)
    settings = choice.settings({"COSMOS_KEY": "key", "COSMOS_CONNECTION": "the file's"}, {})
    assert settings["COSMOS_ENDPOINT"] == endpoint
    assert settings["COSMOS_CONNECTION"] == f"AccountEndpoint={endpoint.rstrip('/')}/;AccountKey=key;"


def test_the_embedded_database_needs_no_key_of_ones_own() -> None:
    assert DatabaseChoice.of({}, {}).settings({}, {})["COSMOS_KEY"] == EMULATOR_KEY
    remote = {"COSMOS_ENDPOINT": "https://x.documents.azure.com"}
    assert DatabaseChoice.of(remote, {}).settings(remote, {})["COSMOS_KEY"] == ""


def test_the_embedded_database_has_a_key_of_its_data_folder_for_secrets(tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path / "data")}
    assert "SECRETS_KEY" not in DatabaseChoice.of({}, environment).settings({}, environment)

    make_secrets_key(tmp_path / "data")
    key = DatabaseChoice.of({}, environment).settings({}, environment)["SECRETS_KEY"]
    make_secrets_key(tmp_path / "data")

    assert DatabaseChoice.of({}, environment).settings({}, environment)["SECRETS_KEY"] == key
    assert len(base64.b64decode(key, validate=True)) == 32
    (file,) = (tmp_path / "data").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_for_secrets_of_ones_own_wins_and_another_account_gets_none(tmp_path: Path) -> None:
    environment = {"DATA_DIR": str(tmp_path)}
    make_secrets_key(tmp_path)

    mine = {"SECRETS_KEY": "mine"}
    assert DatabaseChoice.of(mine, environment).settings(mine, environment)["SECRETS_KEY"] == "mine"
    remote = {"COSMOS_ENDPOINT": "https://x.documents.azure.com"}
    assert "SECRETS_KEY" not in DatabaseChoice.of(remote, environment).settings(remote, environment)


def test_placeholders_are_put_in_without_regard_to_case() -> None:
    settings = AppSettings({"Database": "db"})

    assert settings.resolve("%DATABASE%-x-%database%", "f") == "db-x-db"
    with pytest.raises(HostError, match="f: the app setting NONE is missing"):
        settings.resolve("%NONE%", "f")


def test_exponential_backoff_grows_between_its_bounds() -> None:
    declared = {
        "strategy": "exponential_backoff",
        "max_retry_count": "-1",
        "minimum_interval": "00:00:01",
        "maximum_interval": "00:01:00",
    }
    policy = RetryPolicy.declared(declared, "f")
    assert policy is not None
    delays = [policy.delay(retry) for retry in range(1, 2000)]

    assert 0.8 <= delays[0] <= 1.2
    assert 3.2 <= delays[2] <= 4.8
    assert set(delays[10:]) == {60.0}
    assert policy.allows(10**9)


def test_only_what_is_deployed_is_left_by_funcignore() -> None:
    ignored = [line for line in (PROJECT / ".funcignore").read_text().splitlines() if line and line[0] != "#"]
    left = {path.name for path in PROJECT.iterdir() if not any(fnmatch.fnmatch(path.name, name) for name in ignored)}

    assert left == DEPLOYED
