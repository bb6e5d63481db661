"""Where the feature flags' documents come from: Azure App Configuration, or a local file in the same JSON."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.clients import app_configuration
from shared.config import FeatureFlagSettings

if TYPE_CHECKING:
    from azure.appconfiguration.aio import AzureAppConfigurationClient

KEY_PREFIX = ".appconfig.featureflag/"
# What App Configuration calls the label of a setting that has none. Without a label filter it would answer with every
# label's variant of a flag.
NO_LABEL = "\0"


class FlagDocument(NamedTuple):
    """A flag's name, and its document as it was found: None if it is no JSON."""

    name: str
    document: Any


def reader(where: FeatureFlagSettings) -> Callable[[], Awaitable[list[FlagDocument]]]:
    """What reads the flags from where the settings say: the store before the file, else no flags."""

    async def read() -> list[FlagDocument]:
        if where.has_store:
            return await read_store(app_configuration(), where.label)
        return await read_file(where.file) if where.file else []

    return read


async def read_store(client: "AzureAppConfigurationClient", label: str | None) -> list[FlagDocument]:
    """Every flag of the store that has this label, or none if None."""
    # Of these two fields the client makes plain settings. Given the content type as well it would parse each flag
    # itself, and fail for all when one holds JSON that is no object.
    found = client.list_configuration_settings(
        key_filter=KEY_PREFIX + "*", label_filter=label or NO_LABEL, fields=["key", "value"]
    )
    return [_stored(setting.key, setting.value) async for setting in found]


async def read_file(path: str) -> list[FlagDocument]:
    """Every flag of a file `{"feature_management": {"feature_flags": […]}}`."""
    content = json.loads(await asyncio.to_thread(Path(path).read_text, encoding="utf-8"))
    try:
        documents = list(content["feature_management"]["feature_flags"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} must hold an object feature_management with a list feature_flags") from error
    return [FlagDocument(_id_in(document) or f"number {n}", document) for n, document in enumerate(documents, 1)]


def _stored(key: str, value: str | None) -> FlagDocument:
    try:
        document = json.loads(value or "")
    except (ValueError, RecursionError):
        document = None
    return FlagDocument(_id_in(document) or key.removeprefix(KEY_PREFIX), document)


def _id_in(document: Any) -> str | None:
    """The flag's name is the id in its document; in the store its key may be another."""
    name = document.get("id") if isinstance(document, dict) else None
    return name if isinstance(name, str) and name else None
