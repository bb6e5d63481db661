"""Indexing policies: which values of a document are indexed."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from embedded_cosmos.sql.policy import SYSTEM, is_indexed, reaches_indexed, terms

NAMES = st.sampled_from(["a", "b", "c"])
PATTERNS = st.builds(
    lambda names, end: {"path": "/" + "/".join([*names, *end])},
    st.lists(NAMES | st.just("[]"), max_size=3),
    st.sampled_from([[], ["?"], ["*"]]),
)
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "indexingMode": st.sampled_from(["consistent", "none"]),
        "includedPaths": st.lists(PATTERNS, max_size=3),
        "excludedPaths": st.lists(PATTERNS, max_size=3),
    },
)
VALUES = st.recursive(
    st.integers(0, 3) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(NAMES | st.sampled_from(["id", "_ts", "_etag"]), VALUES, max_size=4)


def values_of(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every value of a document that is no object or array, with its path."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from values_of(value, (*path, name))
    elif isinstance(document, list):
        for value in document:
            yield from values_of(value, (*path, "[]"))
    else:
        yield path, repr(document)


@given(POLICIES, DOCUMENTS)
def test_no_indexed_value_is_skipped(policy: dict[str, Any], document: dict[str, Any]) -> None:
    every = {
        (path, value)
        for path, value in values_of(document)
        if path[0] != "id" and path[0] not in SYSTEM and is_indexed(policy, path)
    }
    assert terms(partial(reaches_indexed, policy), partial(is_indexed, policy), document) == every


def test_what_no_included_path_begins_with_is_not_looked_into() -> None:
    policy = {"includedPaths": [{"path": "/running/start_date/?"}], "excludedPaths": [{"path": "/*"}]}
    asked = [("running",), ("running", "start_date"), ("event",), ("running", "end_date")]
    assert [reaches_indexed(policy, path) for path in asked] == [True, True, False, False]
