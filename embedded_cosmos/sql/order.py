"""ORDER BY: the keys it sorts by, refused where Azure's indexes would not serve them."""

from collections.abc import Mapping
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.columns import path_of
from embedded_cosmos.sql.errors import Unsupported
from embedded_cosmos.sql.keyset import Key
from embedded_cosmos.sql.policy import check_order


def order_keys(query: nodes.Query, root: str, policy: Mapping[str, Any]) -> list[Key]:
    """The keys of ORDER BY, refused where the indexing policy does not serve them."""
    keys = order_paths(query, root)
    check_order(policy, keys)
    return keys


def order_paths(query: nodes.Query, root: str) -> list[Key]:
    keys: list[Key] = []
    for item in query.order_by:
        path = path_of(item.expression, root)
        if path is None:
            raise Unsupported("ORDER BY an expression that is no path of plain names from the item")
        if path in [key.path for key in keys]:
            raise Unsupported("ORDER BY the same path twice")
        keys.append(Key(path, item.descending))
    return keys
