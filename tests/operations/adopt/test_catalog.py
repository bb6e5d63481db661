"""The plan for a kind of catalog item, and the batches that lead there: names are unique after each of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from operations.adopt.catalog import CatalogPlan, next_writes, plan_of
from operations.adopt.planning import ACTION
from shared.catalog.project_types import PROJECT_TYPES
from shared.catalog.resources import CUSTOMERS, Resource
from shared.cosmos.items import Document, is_live

TENANT = str(UUID(int=1))
KNOWN = {"customer": frozenset[str](), "project_type": frozenset(str(UUID(int=number)) for number in range(1, 9))}
TOUCHED = {"_last_event_ctx": {"action": "update"}}


def old(number: int, name: str, **fields: Any) -> Document:
    return {"id": str(UUID(int=number)), "tenant_id": TENANT, "name": name, **fields}


def plan(resource: Resource, there: Sequence[Document], here: Mapping[str, Document]) -> CatalogPlan:
    return plan_of(TENANT, resource, there, here, KNOWN)


def bring(
    resource: Resource, there: Sequence[Document], here: Mapping[str, Document]
) -> tuple[dict[str, Document], list[tuple[int, str]]]:
    """What a run leaves, and tells: the number of the item, and the code."""
    present = dict(here)
    for _ in range(50):
        planned = plan(resource, there, present)
        writes = next_writes(resource, present, planned.targets)
        if not writes:
            return present, [(UUID(row.item_id).int, row.remark.code) for row in planned.rows]
        for item in writes:
            # The database looks at each operation of a batch by itself.
            present[item["id"]] = item | {"_last_event_ctx": {"action": ACTION}}
            keys = [(one["name"], one.get("deleted")) for one in present.values()]
            assert len(keys) == len({*keys})
    raise AssertionError("it comes to no end")


def names(here: Mapping[str, Document]) -> dict[int, str]:
    return {UUID(key).int: one["name"] for key, one in here.items() if is_live(one)}


def test_names_that_are_the_same_but_for_blanks_get_a_number() -> None:
    here, told = bring(CUSTOMERS, [old(1, "Acme "), old(2, "Acme"), old(3, " Acme")], {})

    assert names(here) == {1: "Acme (2)", 2: "Acme", 3: "Acme (3)"}
    assert told == [(number, code) for number in (1, 3) for code in ("name_invalid", "name_taken")]


def test_who_has_a_name_here_keeps_it() -> None:
    here, _ = bring(CUSTOMERS, [old(2, "Acme")], {})

    later, told = bring(CUSTOMERS, [old(1, "Acme"), old(2, "Acme")], here)

    assert names(later) == {1: "Acme (2)", 2: "Acme"}
    assert told == [(1, "name_taken")]
    assert len(plan(CUSTOMERS, [old(number, "Acme") for number in range(3, 0, -1)], later).rows) == 2
    many, _ = bring(CUSTOMERS, [old(number, "Acme") for number in range(14, 1, -1)], later)
    assert bring(CUSTOMERS, [old(number, "Acme") for number in range(1, 15)], many)[0] == many | later


def test_a_long_name_leaves_room_for_its_number() -> None:
    here, _ = bring(CUSTOMERS, [old(1, "x" * 50), old(2, "x" * 51)], {})

    assert names(here) == {1: "x" * 50, 2: "x" * 46 + " (2)"}


def test_names_go_round_in_a_circle() -> None:
    here, _ = bring(CUSTOMERS, [old(1, "a"), old(2, "b"), old(3, "c")], {})

    later, told = bring(CUSTOMERS, [old(1, "b"), old(2, "c"), old(3, "a")], here)

    assert (names(later), told) == ({1: "b", 2: "c", 3: "a"}, [])


def test_project_types_form_a_tree() -> None:
    there = [
        old(1, "root"),
        old(2, "child", parent_id=str(UUID(int=1))),
        old(3, "one of a circle", parent_id=str(UUID(int=4))),
        old(4, "the other", parent_id=str(UUID(int=3))),
        old(5, "itself", parent_id=str(UUID(int=5))),
        old(6, "gone", deleted=str(UUID(int=6))),
        old(7, "below what is gone", parent_id=str(UUID(int=6))),
    ]

    here, told = bring(PROJECT_TYPES, there, {})

    parents = {UUID(key).int: one["parent_id"] and UUID(one["parent_id"]).int for key, one in here.items()}
    assert parents == {1: None, 2: 1, 3: 4, 4: None, 5: None, 6: None, 7: None}
    assert sorted(told) == [(4, "parent_invalid"), (5, "parent_invalid"), (7, "parent_invalid")]


NAMES = st.sampled_from(["a", "b", "a ", " b", "a (2)", "a\x00", "", "x" * 50, "x" * 60])
MARKS = st.none() | st.sampled_from([str(UUID(int=1)), str(UUID(int=2)), "yes"])
ITEMS = st.dictionaries(st.integers(1, 6), st.tuples(NAMES, MARKS), max_size=6)


@given(st.lists(st.tuples(ITEMS, st.sets(st.integers(1, 6))), min_size=1, max_size=3), st.lists(NAMES, max_size=3))
def test_however_both_catalogs_change_every_run_ends_and_the_next_has_nothing_to_do(
    runs: list[tuple[dict[int, tuple[str, str | None]], set[int]]], natives: list[str]
) -> None:
    here: dict[str, Document] = {
        str(UUID(int=number)): {"id": str(UUID(int=number)), "name": name, **TOUCHED}
        for number, name in enumerate({*natives} - {"", "a\x00"}, 100)
    }
    for items, touched in runs:
        there = [old(number, name, deleted=mark) for number, (name, mark) in items.items()]
        before = here

        here, told = bring(CUSTOMERS, there, before)

        assert bring(CUSTOMERS, there, here) == (here, told)
        made = {str(UUID(int=number)): mark for number, (_, mark) in items.items()}
        assert made.keys() <= here.keys()
        assert all(is_live(here[key]) is (mark is None) for key, mark in made.items() if key not in before)
        for key, one in before.items():
            assert here[key] == one or one["_last_event_ctx"] == {"action": ACTION}
        for key in {str(UUID(int=number)) for number in touched} & here.keys():
            here[key] = here[key] | TOUCHED
