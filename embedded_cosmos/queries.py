"""Query requests: their text and parameters, the query plan exchange, pages and continuation tokens."""

import contextlib
import hashlib
import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cosmos import charges, metrics
from embedded_cosmos.container import Container
from embedded_cosmos.errors import CROSS_PARTITION_NOT_SERVABLE, CosmosError, bad_request
from embedded_cosmos.feeds import (
    CROSS_PARTITION,
    Section,
    cross_partition_disabled,
    decoded_token,
    encoded_token,
    invalid_token,
    names_section,
    page_headers,
    page_size,
    section_of,
    section_of_key,
    section_of_walk,
)
from embedded_cosmos.partition import KeyDefinition
from embedded_cosmos.ring import MAX_EPK, MIN_EPK, prefix_end
from embedded_cosmos.sql import query as sql
from embedded_cosmos.sql.values import UNDEFINED
from embedded_cosmos.store import Store
from embedded_cosmos.wire import Call, Reply, feed, json_text

# To resume ORDER BY, the JavaScript client (4.10, `enableQueryControl`) gives the plan's query another condition, and
# sends it with the token that the old one had.
_CONDITION_OF_PLAN = re.compile(r"(AS payload\nFROM .*?\n)WHERE .*\n(?=ORDER BY )", re.DOTALL)


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A query as it was sent."""

    text: str
    parameters: Mapping[str, Any]
    resume: dict[str, Any] | None = None

    @property
    def digest(self) -> str:
        """Ties a continuation token to the query it continues, and to a plan's query whatever its condition is."""
        known = json_text([_CONDITION_OF_PLAN.sub(r"\1", self.text), sorted(self.parameters.items())])
        return hashlib.sha256(known.encode(errors="surrogatepass")).hexdigest()[:16]


def query_of(call: Call) -> QueryRequest:
    given = call.json_object()
    text, parameters = given.get("query"), given.get("parameters") or []
    if not isinstance(text, str):
        raise bad_request("The query's text is missing.")
    if not isinstance(parameters, list) or not all(_is_parameter(one) for one in parameters):
        raise bad_request("Every query parameter is an object with 'name' and 'value'.")
    values = {one["name"]: one["value"] for one in parameters}
    if len(values) < len(parameters):
        name, _ = Counter(one["name"] for one in parameters).most_common(1)[0]
        errors = json_text({"Errors": [f"Invalid query. Specified duplicate parameter name '{name}'."]})
        raise bad_request(f"Message: {errors}")
    resume = given.get("resumeFilter")
    if resume is not None and not isinstance(resume, dict):
        raise bad_request("The resume filter of a query is an object.")
    return QueryRequest(text, values, resume)


def _is_parameter(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("name"), str) and "value" in one


def refused(error: sql.SqlError) -> CosmosError:
    """A query that is wrong: the message says where, in the service's shape."""
    details: dict[str, Any] = {"severity": "Error", "message": str(error)}
    if error.line:
        details["location"] = {"line": error.line, "column": error.column}
    return bad_request(f"Message: {json_text({'errors': [details]})}")


class Queries:
    """Serves queries over the items of a container."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plan(self, container: Container, call: Call) -> Reply:
        """What the SDK must know to ask each range by itself, and to merge the answers."""
        answer = _plan(container, call, query_of(call))
        return Reply(200, json_text(answer), {"x-ms-request-charge": f"{charges.metadata():.2f}"})

    async def page(self, container: Container, call: Call) -> Reply:
        query, size = query_of(call), page_size(call)
        token = _token(call, query)
        section = self._section(container, call, query, token)
        where, params = section.visible
        policy = container.properties["indexingPolicy"]
        computed = container.properties.get("computedProperties", ())
        scoped = section.pk_scoped
        source = sql.Source(container.table, where, params, pk_scoped=scoped, policy=policy, computed=computed)

        resume = _resume_filter(container, query)

        def run(db: sqlite3.Connection) -> sql.Page:
            return sql.execute(
                db, source, query.text, query.parameters, page_size=size, after=token.get("after"), resume=resume
            )

        started = time.perf_counter()
        try:
            page = await self._store.read(run)
        except sql.SqlError as error:
            raise refused(error) from error
        size_given = sum(map(len, page.rows))
        charge = charges.of_read(charges.query(page.read + page.counted, size_given), relaxed=call.is_relaxed)
        headers = page_headers(container, section, charge, len(page.rows))
        took = time.perf_counter() - started
        headers |= metrics.query_headers(call, read=page.read, given=len(page.rows), size=size_given, seconds=took)
        if metrics.asks_for_indexes(call):
            key_paths = container.key.paths if section.pk_scoped else ()
            headers |= metrics.index_headers(call, sql.utilization(source, query.text, key_paths))
        if following := _following(container, section, page.after):
            headers["x-ms-continuation"] = encoded_token({"q": query.digest, **following})
        return Reply(200, feed("Documents", container.rid, page.rows), headers)

    def _section(self, container: Container, call: Call, query: QueryRequest, token: dict[str, Any]) -> Section:
        """Where to look. Over several ranges, what needs merging is the SDK's work: it is told to ask for a plan."""
        if names_section(call):
            return section_of(container, call)
        try:
            if not call.flag(CROSS_PARTITION) and not container.key.keyless:
                # The condition of the query may name the key as well as a header does.
                keys = sql.key_values(query.text, query.parameters, container.key.paths) or []
                named = [container.key.of(values) for values in keys]
                if len(named) != 1 or not named[0].whole:
                    raise cross_partition_disabled()
                return section_of_key(container, named[0])
            merging = len(container.ranges) > 1 and sql.needs_plan(query.text)
        except sql.SqlError as error:
            raise refused(error) from error
        if merging:
            raise _needs_plan(container, call, query)
        bounded = "x-ms-start-epk" in call.headers or "x-ms-end-epk" in call.headers
        if bounded or (len(container.ranges) == 1 and "at" not in token):
            return section_of(container, call)
        # The service's gateway asks one range after the other: a page ends with its range, however few rows it has.
        return section_of_walk(container, *_place(token.get("at", [MIN_EPK, container.ranges[0].high])))


def _token(call: Call, query: QueryRequest) -> dict[str, Any]:
    """The continuation: `after` is a place among the rows, `at` the part of the ring that it is in."""
    text = call.header("x-ms-continuation")
    if not text:
        return {}
    token = decoded_token(text)
    if token.get("q") != query.digest:
        raise bad_request("Invalid Continuation Token: it belongs to another query.")
    return token


def _place(at: Any) -> tuple[str, str]:
    match at:
        case [str(low), str(high)] if MIN_EPK <= low < high <= MAX_EPK:
            return low, high
    raise invalid_token()


def _following(container: Container, section: Section, after: Any) -> dict[str, Any]:
    """What the next page goes on with; nothing behind the last."""
    if section.span is None:
        return {} if after is None else {"after": after}
    if after is not None:
        return {"after": after, "at": section.span}
    end = section.span[1]
    return {} if end >= MAX_EPK else {"at": (end, container.range_of(end).high)}


def _plan(container: Container, call: Call, query: QueryRequest) -> dict[str, Any]:
    offered = call.header("x-ms-cosmos-supported-query-features")
    features = None if offered is None else [name.strip() for name in offered.split(",")]
    try:
        info = sql.plan(query.text, query.parameters, features)
        keys = sql.key_values(query.text, query.parameters, container.key.paths)
    except sql.SqlError as error:
        raise refused(error) from error
    return {
        "partitionedQueryExecutionInfoVersion": 2,
        "queryInfo": info,
        "queryRanges": _query_ranges(container.key, keys),
        "hybridSearchQueryInfo": None,
    }


def _query_ranges(key: KeyDefinition, values: list[list[Any]] | None) -> list[dict[str, Any]]:
    """A range for each key, or prefix of one; for a query that matches nothing, one with nothing in it."""
    if values is None:
        return [{"min": MIN_EPK, "max": MAX_EPK, "isMinInclusive": True, "isMaxInclusive": False}]
    places = sorted((found.epk, found.epk if found.whole else prefix_end(found.epk)) for found in map(key.of, values))
    return [
        {"min": low, "max": high, "isMinInclusive": True, "isMaxInclusive": True}
        for low, high in places or [(MIN_EPK, MIN_EPK)]
    ]


def _needs_plan(container: Container, call: Call, query: QueryRequest) -> CosmosError:
    """The JavaScript client takes the plan from the refusal itself."""
    error = bad_request(
        "The provided cross partition query can not be directly served by the gateway. This is a first chance"
        " (internal) exception that all newer clients will know how to handle gracefully.",
        CROSS_PARTITION_NOT_SERVABLE,
    )
    # A query that has no plan is told why when the client asks for one.
    with contextlib.suppress(CosmosError):
        error.details["additionalErrorInfo"] = json_text(_plan(container, call, query))
    return error


def _resume_filter(container: Container, query: QueryRequest) -> sql.ResumeFilter | None:
    given = query.resume
    if given is None:
        return None
    values, rid, exclude = given.get("value"), given.get("rid"), given.get("exclude", False)
    if not isinstance(values, list) or not isinstance(exclude, bool) or not isinstance(rid, str | None):
        raise bad_request("A resume filter has a list as 'value', perhaps a text as 'rid' and a boolean as 'exclude'.")
    row = None if not rid else container.document_ids.number(rid)
    if rid and row is None:
        raise bad_request(f"The resume filter's rid '{rid}' is none of the container's.")
    return sql.ResumeFilter(tuple(map(_resumed, values)), row, exclude)


def _resumed(value: Any) -> Any:
    """A value that is no array or object stands for itself; `{"type": "undefined"}` and `{}` for none."""
    return UNDEFINED if value in ({}, {"type": "undefined"}) else value


def over_resources(query: QueryRequest, resources: list[dict[str, Any]]) -> list[str]:
    """A query over databases, containers or offers: few enough to be laid into a table of their own for it."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE TABLE docs (rid INTEGER PRIMARY KEY, lsn, pk, epk, id, body TEXT, expires)")
        rows = [(one["id"], json.dumps(one, ensure_ascii=False)) for one in resources]
        db.executemany("INSERT INTO docs (id, body) VALUES (?, ?)", rows)
        source = sql.Source("docs", "1", (), pk_scoped=False, policy={})
        return sql.execute(db, source, query.text, query.parameters, page_size=None, after=None).rows
    except sql.SqlError as error:
        raise refused(error) from error
    finally:
        db.close()
