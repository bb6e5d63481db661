# ruff: noqa: TID251 - it calls a function as the host does
"""One cold start: imports an app in this fresh process, indexes it, asks it once, and prints what that took.

    python -m benchmarks.first_answer MODULE FUNCTION TENANT_ID OWNER_ID TOKEN

The function is called directly; `worker_answers.py` calls it through the library of Azure's worker. This module imports
next to nothing itself, for what an app imports is to be that app's cost.
"""

import os
import sys
import time
from typing import Any


def memory_mib() -> float:
    """Linux only: the memory that this process has in use. It only grows while an app starts."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123 - pathlib would be imported too early
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def request(tenant_id: str, owner_id: str, token: str) -> Any:
    """`GET /api/time-entries/running`; the bare app, which reads no token, is told whose in the query."""
    import azure.functions as func  # noqa: PLC0415 - not before the app has imported it

    return func.HttpRequest(
        method="GET",
        url="/api/time-entries/running",
        headers={"Authorization": f"Bearer {token}"},
        params={"tenant_id": tenant_id, "owner_id": owner_id},
        route_params={"path": "running"},
        body=b"",
    )


def main(module: str, function: str, *caller: str) -> None:
    started = time.perf_counter(), time.process_time()
    app: Any = __import__(module, fromlist=["app"]).app
    functions = {each.get_function_name(): each.get_user_function() for each in app.get_functions()}
    imported = time.perf_counter(), time.process_time(), memory_mib()

    import asyncio  # noqa: PLC0415 - both apps have imported it by now

    async def ask() -> tuple[int, float, float]:
        answer = await functions[function](request(*caller))
        return answer.status_code, time.perf_counter(), time.process_time()

    status, *answered = asyncio.run(ask())
    times = (end - start for end, start in zip((*imported[:2], *answered), started * 2, strict=True))
    print(status, *(seconds * 1000 for seconds in times), imported[2], memory_mib(), flush=True)
    # As in Azure, the process ends with its connections open.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
