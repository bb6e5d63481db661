"""Diagnostics that a client asks for: how a query ran, which indexes served it, what a container holds."""

import base64
import json
from typing import Any
from urllib.parse import quote

from embedded_cosmos.sql.columns import Path
from embedded_cosmos.sql.keyset import Key
from embedded_cosmos.sql.query import Utilization
from embedded_cosmos.wire import Call

_INDEX_METRICS = "x-ms-cosmos-populateindexmetrics"
_INDEX_METRICS_2 = "x-ms-cosmos-populateindexmetrics-V2"
_INDEX_UTILIZATION = "x-ms-cosmos-index-utilization"
_QUOTA_KB = 10 * 1024 * 1024


def query_headers(call: Call, *, read: int, given: int, size: int, seconds: float) -> dict[str, str]:
    """The header of query metrics, if the request asks for it.

    Times other than the total are 0: the engine does not tell its phases apart.
    """
    headers: dict[str, str] = {}
    if call.flag("x-ms-documentdb-populatequerymetrics"):
        headers["x-ms-documentdb-query-metrics"] = _query_metrics(read, given, size, seconds)
    return headers


def asks_for_indexes(call: Call) -> bool:
    return call.flag(_INDEX_METRICS) or call.flag(_INDEX_METRICS_2)


def index_headers(call: Call, found: Utilization) -> dict[str, str]:
    """The header of index metrics, in the form that the request asks for: JSON in base64, or percent-encoded."""
    if call.flag(_INDEX_METRICS_2):
        told = {
            "Utilized": _brief([one.path for one in found.used], found.used_composites),
            "Potential": _brief([one.path for one in found.missing], found.missing_composites),
        }
        return {_INDEX_UTILIZATION: quote(json.dumps(told))}
    whole = {
        "UtilizedSingleIndexes": [_single(one.path, one.filter) for one in found.used],
        "PotentialSingleIndexes": [_single(one.path, one.filter) for one in found.missing],
        "UtilizedCompositeIndexes": [_composite(keys) for keys in found.used_composites],
        "PotentialCompositeIndexes": [_composite(keys) for keys in found.missing_composites],
    }
    return {_INDEX_UTILIZATION: base64.b64encode(json.dumps(whole).encode()).decode()}


def _single(path: Path, filter_: str = "") -> dict[str, Any]:
    served = {"FilterExpression": filter_, "IndexSpec": f"/{'/'.join(path)}/?"}
    return served | {"FilterPreciseSet": True, "IndexPreciseSet": True, "IndexImpactScore": "High"}


def _composite(keys: tuple[Key, ...]) -> dict[str, Any]:
    specs = [f"/{'/'.join(key.path)} {'DESC' if key.descending else 'ASC'}" for key in keys]
    return {"IndexSpecs": specs, "IndexPreciseSet": True, "IndexImpactScore": "High"}


def _brief(paths: list[Path], composites: list[tuple[Key, ...]]) -> dict[str, Any]:
    """Each index once, without the conditions that it serves."""
    singles = [{"IndexSpec": _single(path)["IndexSpec"], "IndexImpactScore": "High"} for path in dict.fromkeys(paths)]
    specs = [{"IndexSpecs": _composite(keys)["IndexSpecs"], "IndexImpactScore": "High"} for keys in composites]
    return {"SingleIndexes": singles, "CompositeIndexes": specs}


def _query_metrics(read: int, given: int, size: int, seconds: float) -> str:
    total = f"{seconds * 1000:.2f}"
    known: dict[str, Any] = {
        "totalExecutionTimeInMs": total,
        "queryCompileTimeInMs": "0.00",
        "queryLogicalPlanBuildTimeInMs": "0.00",
        "queryPhysicalPlanBuildTimeInMs": "0.00",
        "queryOptimizationTimeInMs": "0.00",
        "VMExecutionTimeInMs": total,
        "indexLookupTimeInMs": "0.00",
        "instructionCount": read,
        "documentLoadTimeInMs": "0.00",
        "systemFunctionExecuteTimeInMs": "0.00",
        "userFunctionExecuteTimeInMs": "0.00",
        "retrievedDocumentCount": read,
        "retrievedDocumentSize": size if read else 0,
        "outputDocumentCount": given,
        "outputDocumentSize": size,
        "writeOutputTimeInMs": "0.00",
        "indexUtilizationRatio": f"{given / read if read else 1:.2f}",
    }
    return ";".join(f"{name}={value}" for name, value in known.items())


def statistics(range_id: str, count: int, size: int) -> dict[str, Any]:
    """What one physical partition holds; the largest of its keys are not sampled."""
    known = {"id": range_id, "sizeInKB": size // 1024, "documentCount": count}
    return known | {"sampledDistinctPartitionKeyCount": 0, "partitionKeys": []}


def quota_headers(count: int, size: int) -> dict[str, str]:
    """What a container may hold, and what it holds: `count` items of `size` bytes. Sizes are told in KB."""
    kilobytes = size // 1024
    return {
        "x-ms-resource-quota": f"documentSize=20480;documentsSize={_QUOTA_KB};documentsCount=-1;"
        f"collectionSize={_QUOTA_KB};",
        "x-ms-resource-usage": f"documentSize={kilobytes // 1024};documentsSize={kilobytes};documentsCount={count};"
        f"collectionSize={kilobytes};",
    }
