"""The filter predicate of a patch: does the document, as it is inside the transaction, satisfy it?"""

from typing import Any

from embedded_cosmos.errors import bad_request
from embedded_cosmos.sql import query as sql


def holds(predicate: Any, document: dict[str, Any]) -> bool:
    """A predicate reads `from c where …`; it is asked as a query of the one document."""
    if not isinstance(predicate, str) or not predicate.strip().lower().startswith("from"):
        raise bad_request("A filter predicate has the form 'from c where …'.")
    try:
        return sql.finds(f"SELECT VALUE 1 {predicate}", document)
    except sql.SqlError as error:
        raise bad_request(f"The filter predicate is invalid: {error}") from error
