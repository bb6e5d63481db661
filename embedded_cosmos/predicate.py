"""The filter predicate of a patch: does the document, as it is inside the transaction, satisfy it?"""

import sqlite3
from typing import Any

from embedded_cosmos.container import Container
from embedded_cosmos.errors import bad_request
from embedded_cosmos.sql import query as sql


def holds(db: sqlite3.Connection, container: Container, predicate: Any, rid: int) -> bool:
    """A predicate reads `from c where …`; it is asked as a query of the one document."""
    if not isinstance(predicate, str) or not predicate.strip().lower().startswith("from"):
        raise bad_request("A filter predicate has the form 'from c where …'.")
    policy = container.properties["indexingPolicy"]
    source = sql.Source(container.table, "rid = ?", (rid,), pk_scoped=True, policy=policy)
    try:
        page = sql.execute(db, source, f"SELECT VALUE 1 {predicate}", {}, page_size=1, after=None)
    except sql.SqlError as error:
        raise bad_request(f"The filter predicate is invalid: {error}") from error
    return bool(page.rows)
