"""Compiles the infrastructure, parameter files included, and fails on every warning: `make check-bicep`.

The compiler is Bicep's own command line, or the Azure CLI's. Where neither is at hand the check says so and fails, for
nothing was checked. Both print what they find on stderr, and succeed when they only warn.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

INFRA = Path(__file__).parents[1] / "infra"
TEMPLATES = ("main.bicep", "gateway.bicep")
VERSION = "0.49.2"
FINDING = re.compile(r"\) : (?:Info|Warning|Error) |^ERROR: ", re.MULTILINE)
DIRECTORY = "00000000-0000-0000-0000-000000000000"
OUTPUTS = {
    "GATEWAY_NAME": "apim-example",
    "FUNCTION_APP_NAME": "func-example",
    "FUNCTION_APP_URL": "https://func-example.example.com",
    "APPLICATION_INSIGHTS_NAME": "appi-example",
    "TOKEN_OPENID_CONFIGURATION": "https://example.com/.well-known/openid-configuration",
    "JWT_ISSUER": "https://example.com",
    "JWT_AUDIENCE": DIRECTORY,
}
SETTINGS = {
    "AZURE_ENV_NAME": "example",
    "AZURE_LOCATION": "westeurope",
    "IDENTITY_TENANT_ID": DIRECTORY,
    "TOKEN_AUDIENCE": DIRECTORY,
    "FRONTEND_ORIGIN": "https://time.example.com",
    "PUBLISHER_EMAIL": "operators@example.com",
}
# What each provider needs on top; a workflow sets the variables that it lacks to nothing.
PROVIDERS = {
    "b2c": {"IDENTITY_TENANT_NAME": "contoso", "IDENTITY_POLICY": "B2C_1_signin"},
    "external-id": {"IDENTITY_TENANT_NAME": "contoso", "IDENTITY_POLICY": ""},
    "entra": {"IDENTITY_TENANT_NAME": "", "IDENTITY_POLICY": ""},
}


class CheckFailedError(Exception):
    """What the compiler said, or that there is none."""


def compiler() -> list[str]:
    """How the compiler is called; raises CheckFailedError where there is none.

    Of two, the one of the pinned version is taken: a newer one knows rules that nobody has decided on yet.
    """
    if shutil.which("bicep") and (f" {VERSION} " in _run(["bicep", "--version"]).stdout or not shutil.which("az")):
        return ["bicep"]
    if shutil.which("az"):
        installed = _run(["az", "bicep", "install", "--version", f"v{VERSION}"])
        if installed.returncode:
            raise CheckFailedError(f"NOT CHECKED: the Azure CLI could not fetch Bicep {VERSION}.\n{installed.stderr}")
        return ["az", "bicep"]
    raise CheckFailedError("NOT CHECKED: neither `bicep` nor `az` is installed here, so nothing was compiled.")


def _run(
    command: Sequence[str], settings: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.CompletedProcess[str]":
    # Within a pipeline, the Azure CLI would take whatever `bicep` is on the path.
    environment = {**os.environ, "AZURE_BICEP_USE_BINARY_FROM_PATH": "false", **settings}
    return subprocess.run(command, cwd=INFRA, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


def compile_file(command: Sequence[str], verb: str, name: str, settings: dict[str, str]) -> None:
    """Compile one file; raises CheckFailedError with every error, warning and hint."""
    file = [name] if command[0] == "bicep" else ["--file", name]
    done = _run([*command, verb, *file, "--stdout"], settings)
    if done.returncode or FINDING.search(done.stderr):
        raise CheckFailedError(f"{name} {settings.get('IDENTITY_PROVIDER', '')}\n{done.stderr}")


def check() -> None:
    """Compile everything: each template, and each parameter file with what every identity provider needs."""
    command = compiler()
    for name in TEMPLATES:
        compile_file(command, "build", name, {})
    compile_file(command, "build-params", "gateway.bicepparam", SETTINGS | OUTPUTS)
    for provider, needed in PROVIDERS.items():
        compile_file(command, "build-params", "main.bicepparam", SETTINGS | {"IDENTITY_PROVIDER": provider} | needed)


if __name__ == "__main__":
    try:
        check()
    except CheckFailedError as error:
        sys.exit(str(error))
