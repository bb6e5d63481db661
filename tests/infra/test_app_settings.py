"""The settings that a deployment makes are those that the code reads, and none that it needs is missing."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.config import Settings
from tests.infra.bicep import INFRA, TEMPLATES, Bicep, literal, text

ROOT = INFRA.parent
# Read by the Functions host, its extensions, and azure-identity.
PLATFORM = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AZURE_CLIENT_ID",
    "AzureWebJobsSecretStorageType",
    "AzureWebJobsStorage",
    "COSMOS_CONNECTION",
    "FUNCTIONS_WORKER_RUNTIME",
}
JWKS = {
    "COSMOS_ENDPOINT": "https://example.com",
    "JWT_VERIFICATION": "jwks",
    "JWT_JWKS_URL": "https://example.com/keys",
    "JWT_AUDIENCE": "audience",
    "JWT_ISSUER": "issuer",
}


class Recorded(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_, self.asked = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)


def known() -> set[str]:
    """Every setting that the code reads."""
    environment = Recorded(JWKS)
    Settings.read(environment)
    return environment.asked


def template_settings() -> dict[str, str]:
    """What the template sets: literals as they are, and something like an address for the rest."""
    template = Bicep(INFRA / "functions.bicep")
    found = template.properties("settings") | template.properties("secrets")
    return {name: literal(node) if node.type == "string" else "https://example.com/x" for name, node in found.items()}


def examples() -> dict[str, dict[str, str]]:
    """The settings of what runs elsewhere than in Azure."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return {
        "local.settings.json.example": json.loads((ROOT / "local.settings.json.example").read_text())["Values"],
        "docker-compose.yml, functions": services["functions"]["environment"],
        "docker-compose.yml, migrate": services["migrate"]["environment"],
    }


def unknown(settings: Mapping[str, str]) -> set[str]:
    return {name for name in settings if name.partition("__")[0] not in PLATFORM | known()}


def test_the_template_sets_what_the_code_needs_and_nothing_else() -> None:
    settings = template_settings() | {"COSMOS_THROUGHPUT": "4000"}

    assert unknown(settings) == set()
    read = Settings.read(settings)
    assert read.jwt.jwks_url
    assert read.jwt.audience
    assert read.jwt.issuer
    assert read.cosmos_key is None
    assert read.feature_flags.endpoint
    assert read.feature_flags.connection_string is None


def test_the_template_gives_the_change_feed_its_database() -> None:
    settings = template_settings()

    assert settings["COSMOS_CONNECTION__credential"] == "managedidentity"
    assert {"COSMOS_CONNECTION__accountEndpoint", "COSMOS_CONNECTION__clientId", "COSMOS_DATABASE"} <= settings.keys()
    assert {"AzureWebJobsStorage__accountName", "AzureWebJobsStorage__clientId"} <= settings.keys()


def test_the_directory_is_given_with_graphs_settings() -> None:
    given = Bicep(INFRA / "main.bicepparam").properties("directory").keys()

    assert given == {name for name in known() if name.startswith("MS_")} - {"MS_SECRET"}


def test_secrets_are_in_the_vault_and_settings_only_refer_to_them() -> None:
    functions, vault = Bicep(INFRA / "functions.bicep"), Bicep(INFRA / "vault.bicep")
    secret = vault.properties("secret")

    assert "'@Microsoft.KeyVault(SecretUri=${graphSecretUri})'" in text(functions.declared["graphSecret"][1])
    assert text(functions.properties("secrets")["SECRETS_KEY"]) == "'@Microsoft.KeyVault(SecretUri=${currentKeyUri})'"
    assert text(functions.properties("app")["properties.keyVaultReferenceIdentity"]) == "identityId"
    assert text(functions.properties("appSettings")["properties"]) == "union(settings, directory, graphSecret, secrets)"
    assert text(secret["properties.value"]) == "graphSecret"
    assert text(vault.properties("vault")["properties.enableRbacAuthorization"]) == "true"
    assert "readerId" in text(vault.properties("reader")["properties.principalId"])
    # No output and no setting carries a parameter that is secure.
    for template in map(Bicep, TEMPLATES):
        assert not template.secure & template.names_used_in_outputs()
    assert not functions.secure


@pytest.mark.parametrize("where", examples())
def test_the_examples_are_complete(where: str) -> None:
    settings = examples()[where]

    assert unknown(settings) == set()
    assert Settings.read(settings).cosmos_key
    assert settings["COSMOS_ENDPOINT"].rstrip("/") in settings["COSMOS_CONNECTION"]
    if "migrate" not in where:
        assert "AzureWebJobsStorage" in settings


def test_func_start_finds_what_the_example_names() -> None:
    example = json.loads((ROOT / "local.settings.json.example").read_text())

    assert example["Values"]["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert (ROOT / example["Values"]["FEATURE_FLAGS_FILE"]).is_file()
    assert Path(ROOT / "host.json").is_file()
