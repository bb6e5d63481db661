"""The settings: read from a mapping, and closed when they are incomplete."""

import pytest

from shared.config import ConfigError, JwtVerification, Settings

LEAST = {"COSMOS_ENDPOINT": "http://localhost:8081", "JWT_VERIFICATION": "gateway"}
JWKS = {
    **LEAST,
    "JWT_VERIFICATION": "jwks",
    "JWT_JWKS_URL": "https://x.example/keys",
    "JWT_AUDIENCE": "api",
    "JWT_ISSUER": "https://x.example",
}


def test_the_least_that_must_be_set() -> None:
    settings = Settings.read(LEAST)

    assert settings.cosmos_endpoint == "http://localhost:8081"
    assert settings.cosmos_key is None
    assert settings.jwt == JwtVerification()
    assert settings.jwt.jwks_url is None


def test_signatures_are_checked_when_asked_for() -> None:
    jwt = Settings.read(JWKS).jwt

    assert (jwt.jwks_url, jwt.audience, jwt.issuer) == ("https://x.example/keys", "api", "https://x.example")


@pytest.mark.parametrize("name", sorted(JWKS))
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    environment = {key: text for key, text in JWKS.items() if key != name}

    with pytest.raises(ConfigError, match=name):
        Settings.read(environment if value is None else {**environment, name: value})


@pytest.mark.parametrize(
    "url",
    ["x.example/keys", "//x.example/keys", "http://x.example/keys", "https://", "https:///keys", "ftp://x.example/keys",
     "file:///etc/keys", "http://localhost.x.example/keys", "http://127.0.0.1.x.example", "https://[::1/keys",
     "https://x.example:port/keys", "keys"],
)  # fmt: skip
def test_the_issuers_keys_come_by_https_only(url: str) -> None:
    with pytest.raises(ConfigError, match="JWT_JWKS_URL must be an https address"):
        Settings.read({**JWKS, "JWT_JWKS_URL": url})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_the_issuers_keys_may_come_from_loopback_by_http(host: str) -> None:
    assert Settings.read({**JWKS, "JWT_JWKS_URL": f"http://{host}:7000/keys"}).jwt.jwks_url


@pytest.mark.parametrize("url", ["localhost:8081", "//x.example", "https://", "ftp://x.example", "https://[::1", "x"])
def test_the_databases_address_is_one_of_http(url: str) -> None:
    with pytest.raises(ConfigError, match="COSMOS_ENDPOINT must be an http"):
        Settings.read({**LEAST, "COSMOS_ENDPOINT": url})


@pytest.mark.parametrize("word", ["none", "off", "GATEWAY", "false", "jwks,gateway"])
def test_an_unknown_way_to_verify_tokens_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match="JWT_VERIFICATION"):
        Settings.read({**LEAST, "JWT_VERIFICATION": word})


@pytest.mark.parametrize("text", ["-1", "soon", "inf", "nan", "1e999"])
def test_a_cache_age_that_is_no_number_of_seconds_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="CATALOG_CACHE_SECONDS"):
        Settings.read({**LEAST, "CATALOG_CACHE_SECONDS": text})


@pytest.mark.parametrize(("text", "seconds"), [("0", 0), ("2.5", 2.5), (" 60 ", 60)])
def test_the_cache_age_is_a_setting(text: str, seconds: float) -> None:
    assert Settings.read({**LEAST, "CATALOG_CACHE_SECONDS": text}).catalog_cache_seconds == seconds


@pytest.mark.parametrize(
    "text", ["/api", "time.example.com/api", "ftp://example.com", "https:///api", "https://[", "https://a/api?b"]
)
def test_an_address_of_the_api_that_is_not_absolute_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="API_URL"):
        Settings.read({**LEAST, "API_URL": text})


def test_paths_can_be_put_behind_the_address_of_the_api() -> None:
    assert (
        Settings.read({**LEAST, "API_URL": " https://time.example.com/api/ "}).api_url == "https://time.example.com/api"
    )
    assert Settings.read(LEAST).api_url is None
