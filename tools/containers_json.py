"""Writes `infra/containers.json`: the containers of `shared/cosmos/containers.py` as Azure Resource Manager takes them.

The infrastructure template makes them from that file, for an identity without a key can't. A test holds it to the code.
"""

import json
from pathlib import Path
from typing import Any

from shared.cosmos.containers import CONTAINERS, Container

FILE = Path(__file__).parents[1] / "infra" / "containers.json"
SINGLE, HIERARCHICAL = "Hash", "MultiHash"


def resource(container: Container) -> dict[str, Any]:
    """A container's `resource` property in a template."""
    paths = list(container.partition_key)
    made: dict[str, Any] = {
        "id": container.id,
        "partitionKey": {"paths": paths, "kind": SINGLE if len(paths) == 1 else HIERARCHICAL, "version": 2},
        "indexingPolicy": container.indexing_policy,
    }
    if container.unique_key:
        made["uniqueKeyPolicy"] = {"uniqueKeys": [{"paths": list(container.unique_key)}]}
    if container.ttl_seconds is not None:
        made["defaultTtl"] = container.ttl_seconds
    return made


def text() -> str:
    """What the file must hold."""
    return json.dumps([resource(container) for container in CONTAINERS], indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
