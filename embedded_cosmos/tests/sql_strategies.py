"""Documents that hold every kind of value next to every other, and hypothesis strategies for queries over them."""

import itertools
import zlib
from typing import Any

from hypothesis import strategies as st

from embedded_cosmos.tests.sql_naive import UNDEFINED, Document, Expression

TEXTS = [
    "",
    "a",
    "ab",
    "b",
    "B",
    "ä",
    "Ä",
    "k",
    "K",
    "\u212a",
    "a\0",
    "a\0b",
    "a'b",
    'a"b',
    "a\\u0000",
    "\U0001f600",
    "\uffff",
]
NUMBERS = [0, 1, -1, 2, 1.5, 0.30000000000000004, 0.3, 2**53, 2**53 + 1, -(2**60), 1e300, 5e-324]
SCALARS: list[Any] = [None, False, True, *NUMBERS, *TEXTS]
NESTED: list[Any] = [[], [1, "a"], ["a"], {}, {"x": 1}, {"x": "a", "y": None}, {"x": {"y": 1}}, [[1]], {"it's": 2}]
EVERY_VALUE = [*SCALARS, *NESTED]
# One of the names needs quoting wherever it stands, another is not ASCII.
NAMES = ["a", "b", "it's", "größe"]


def every_document() -> list[Document]:
    """Each value as `a`, each time beside other values, and documents that lack some."""
    found = []
    for number, (value, step) in enumerate(itertools.product(EVERY_VALUE, (3, 8))):
        others = [EVERY_VALUE[(number * step + shift) % len(EVERY_VALUE)] for shift in (1, 7, 11)]
        document = dict(zip(NAMES, [value, *others], strict=True))
        for place, name in enumerate(NAMES):
            if (number + place) % 5 == 0:
                del document[name]
        found.append({"id": f"{number:03}", **document})
    return found


scalars = st.sampled_from(SCALARS)
values = st.sampled_from(EVERY_VALUE)
paths = st.one_of(
    st.sampled_from(NAMES).map(lambda name: ("path", "c", name)),
    st.sampled_from(["a", "b"]).map(lambda name: ("path", "c", name)),
    st.tuples(st.just("path"), st.just("c"), st.sampled_from(["a", "b"]), st.sampled_from(["x", "y", "it's"])),
)
constants: st.SearchStrategy[Expression] = st.one_of(
    values.map(lambda value: ("const", value)),
    values.map(lambda value: ("param", f"p{zlib.crc32(repr(value).encode())}", value)),
    st.sampled_from([("const", UNDEFINED), ("const", "a"), ("const", 1), ("const", None)]),
)
operands: st.SearchStrategy[Expression] = st.recursive(
    paths | constants,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["??", "||", "+", "-"]), inner, inner),
        st.tuples(st.just("if"), inner, inner, inner),
        st.tuples(st.just("array"), inner, inner),
        st.tuples(st.just("object"), st.tuples(st.just("k"), inner)),
    ),
    max_leaves=4,
)
# What is looked for in them, and what is no list.
lists: st.SearchStrategy[Expression] = (st.lists(values, max_size=3) | st.lists(st.sampled_from(TEXTS)) | values).map(
    lambda value: ("const", value)
)
comparisons = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
TYPE_TESTS = ["IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_STRING", "IS_BOOL", "IS_ARRAY", "IS_OBJECT", "IS_PRIMITIVE"]
conditions: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(
        st.tuples(comparisons, paths, constants),
        st.tuples(comparisons, constants, paths),
        st.tuples(comparisons, operands, operands),
        st.tuples(st.sampled_from(TYPE_TESTS), paths),
        st.tuples(st.sampled_from(TYPE_TESTS), operands),
        st.tuples(st.just("in"), paths, st.lists(constants, min_size=1, max_size=3)),
        st.tuples(st.just("between"), paths, constants, constants),
        st.tuples(st.just("ARRAY_CONTAINS"), lists, paths | paths.map(lambda path: ("LOWER", path))),
        st.tuples(st.just("ARRAY_CONTAINS"), lists, operands),
        st.tuples(st.just("in"), paths.map(lambda path: ("LOWER", path)), st.lists(constants, min_size=1, max_size=3)),
        st.tuples(st.just("ARRAY_CONTAINS"), paths, constants),
        st.tuples(
            st.sampled_from(["CONTAINS", "STARTSWITH", "ENDSWITH"]),
            paths,
            st.sampled_from(TEXTS).map(lambda t: ("const", t)),
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
        st.tuples(st.just("AND"), inner, inner),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=5,
)
