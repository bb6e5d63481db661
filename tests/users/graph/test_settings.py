"""Which directory the settings mean; nothing is half-configured."""

import pytest

from shared.config import ConfigError, DirectorySettings, GraphSettings, Settings

LEAST = {"COSMOS_ENDPOINT": "http://localhost:8081", "JWT_VERIFICATION": "gateway"}
CLIENT_ID = "8D4F3B1E-4d57-4a11-9d9b-0f6c52a7a001"
IDENTITY = {
    "MS_ENDPOINT": "https://graph.microsoft.com/v1.0/",
    "MS_SCOPE": "https://graph.microsoft.com/.default",
    "MS_ROLE_ATTRIBUTE": "extension_0123_role",
}
SECRET = {
    **IDENTITY,
    "MS_CLIENT_ID": CLIENT_ID,
    "MS_SECRET": "s",
    "MS_AUTHORITY": "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0",
}


def read(settings: dict[str, str]) -> DirectorySettings:
    return Settings.read({**LEAST, **settings}).directory


def test_without_settings_there_is_no_directory() -> None:
    assert read({}) == DirectorySettings(None, None, 60, None)


def test_a_local_file_serves_where_graph_is_not_named() -> None:
    assert read({"DIRECTORY_FILE": ".local/directory.json", "MS_SECRET": " "}).file == ".local/directory.json"


def test_an_app_with_a_secret() -> None:
    assert read(SECRET).graph == GraphSettings(
        endpoint="https://graph.microsoft.com/v1.0",
        scope="https://graph.microsoft.com/.default",
        role_attribute="extension_0123_role",
        client_id=CLIENT_ID,
        secret="s",
        authority="https://login.microsoftonline.com",
        tenant="contoso.onmicrosoft.com",
    )


def test_without_a_secret_it_is_the_managed_identity() -> None:
    graph = read(IDENTITY).graph

    assert graph
    assert (graph.client_id, graph.secret, graph.authority, graph.tenant) == (None, None, None, None)


def test_the_role_attribute_is_by_default_one_of_the_app() -> None:
    graph = read({**SECRET, "MS_ROLE_ATTRIBUTE": ""}).graph

    assert graph
    assert graph.role_attribute == "extension_8D4F3B1E4d574a119d9b0f6c52a7a001_role"


@pytest.mark.parametrize("name", sorted(set(SECRET) - {"MS_ROLE_ATTRIBUTE"}))
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name} must be given"):
        read({**SECRET, name: ""})


@pytest.mark.parametrize("name", sorted(SECRET))
def test_one_alone_is_not_enough(name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read({name: SECRET[name]})

    assert name not in str(refused.value)
    assert {"MS_ENDPOINT", "MS_SCOPE"} - {name} <= set(str(refused.value).replace(",", "").split())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("MS_ENDPOINT", "http://graph.microsoft.com/v1.0"),
        ("MS_ENDPOINT", "graph.microsoft.com"),
        ("MS_ENDPOINT", "https://[::1"),
        ("MS_AUTHORITY", "https://login.microsoftonline.com"),
        ("MS_AUTHORITY", "https://login.microsoftonline.com/?x"),
        ("MS_AUTHORITY", "https://login.microsoftonline.com/a b"),
        ("MS_AUTHORITY", "http://login.microsoftonline.com/contoso"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read({**SECRET, name: text})


def test_the_secret_is_not_shown() -> None:
    assert "secret" not in repr(read({**SECRET, "MS_SECRET": "top secret"})).replace("secret=", "")


@pytest.mark.parametrize(("text", "domain"), [(" Example.com ", "example.com"), ("@example.com", "example.com")])
def test_a_domain_may_be_written_in_any_way(text: str, domain: str) -> None:
    assert read({"USERS_EMAIL_DOMAIN": text}).email_domain == domain
