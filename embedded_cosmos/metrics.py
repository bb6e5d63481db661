"""Diagnostics that a client asks for: how a query ran, which indexes served it, what a container holds."""

import base64
import json
from typing import Any

from embedded_cosmos.wire import Call

_QUOTA_KB = 10 * 1024 * 1024


def query_headers(call: Call, *, read: int, given: int, size: int, seconds: float) -> dict[str, str]:
    """The headers of query metrics and index metrics; only those that the request asks for.

    Times other than the total are 0: the engine does not tell its phases apart.
    """
    headers: dict[str, str] = {}
    if call.flag("x-ms-documentdb-populatequerymetrics"):
        headers["x-ms-documentdb-query-metrics"] = _query_metrics(read, given, size, seconds)
    if call.flag("x-ms-cosmos-populateindexmetrics") or call.flag("x-ms-cosmos-populateindexmetrics-V2"):
        headers["x-ms-cosmos-index-utilization"] = _NO_INDEXES
    return headers


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


# Which paths an index would serve is the service's own knowledge: the lists are there, and empty.
_NO_INDEXES = base64.b64encode(
    json.dumps(
        {
            "UtilizedSingleIndexes": [],
            "PotentialSingleIndexes": [],
            "UtilizedCompositeIndexes": [],
            "PotentialCompositeIndexes": [],
        }
    ).encode()
).decode()


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
