"""What is measured as people read it: tables, JSON files and charts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pygal
from pygal.style import CleanStyle
from tabulate import tabulate

from benchmarks.calls import HOT, OPERATIONS
from benchmarks.capacity_model import elsewhere

RESULTS = Path(__file__).parent / "results"


def operations_table(result: Mapping[str, Any]) -> str:
    """Each operation alone and with others, what it asks of the database, and how far above the floor it is."""
    [*theirs] = [name for name in result["alone"] if name != "this backend"]
    parts = [_table_of(result, "this backend"), *(_table_of(result, name) for name in theirs)]
    driver = result["driver"]
    parts.append(
        f"The driver by itself, against a server that answers at once: {driver['alone']['p50']} ms a call, and"
        f" {driver['calls_per_second']:,} calls/s with as many users."
    )
    return "\n\n".join(parts)


def _table_of(result: Mapping[str, Any], name: str) -> str:
    is_ours = name == "this backend"
    rows = []
    for operation in OPERATIONS:
        alone, together = result["alone"][name][operation], result["together"][name][operation]
        row: dict[str, Any] = {name: operation, **{f"{cut} ms": alone[cut] for cut in ("p50", "p95", "p99")}}
        row |= {"users": together["users"]}
        row |= {f"{cut} ms ": together[cut] for cut in ("p50", "p95", "p99")}
        row |= {"calls/s": together["calls_per_second"]}
        if is_ours:
            database = result["database"][operation]
            row |= {"trips": database["round_trips"], "requests": _requests(database["requests"])}
            row |= {"RU": database["request_units"], "RU elsewhere": elsewhere(database)["request_units"]}
            row |= {f"times the floor, {kind}": ratios[operation] for kind, ratios in result["ratio_to_floor"].items()}
            row |= {"driver busy": together["processor_share"]["driver"]}
        else:
            row |= {"times this backend": result["ratio_to_ours"][name][operation]}
        rows.append(row)
    return _github(rows)


def _requests(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items())


def operations_chart(result: Mapping[str, Any]) -> pygal.Bar:
    """Each operation's median alone beside its floor's."""
    chart = _bars("One call at a time: median in milliseconds", OPERATIONS)
    for name, figures in result["alone"].items():
        chart.add(name, [figures[operation]["p50"] for operation in OPERATIONS])
    for kind, figures in result["floor"].items():
        chart.add(f"the SDK alone, {kind}", [figures[operation]["p50"] for operation in OPERATIONS])
    return chart


def peers_table(result: Mapping[str, Any]) -> str:
    """Both, alone and with others, how many times the other's time ours is, and what it does not do."""
    rows = [
        {name: operation, **{f"{cut} ms": figures[operation][cut] for cut in ("p50", "p95", "p99")}}
        | {f"p50 ms, {result['users']} users": result["together"][name][operation]["p50"]}
        | {"calls/s": result["together"][name][operation]["calls_per_second"]}
        | ({"times TimeTagger's": result["ratio"][operation]} if name == "this backend" else {})
        for name, figures in result["alone"].items()
        for operation in figures
    ]
    tables = [_github([row for row in rows if name in row]) for name in result["alone"]]
    return "\n\n".join([*tables, f"{result['peer']}. {result['not_done']}"])


def peers_chart(result: Mapping[str, Any]) -> pygal.Bar:
    """Each operation's median alone, of both."""
    chart = _bars("One call at a time: median in milliseconds", [*result["ratio"]])
    for name, figures in result["alone"].items():
        chart.add(name, [figures[operation]["p50"] for operation in result["ratio"]])
    return chart


def editions_table(result: Mapping[str, Any]) -> str:
    """For each operation, the editions side by side: alone, with others, request units; and how many times theirs."""
    alone, together, database = result["alone"], result["together"], result["database"]
    users = together["this backend"][HOT[0]]["users"]
    sides = {
        "one caller: p50 ms": {name: {one: alone[name][one]["p50"] for one in OPERATIONS} for name in alone},
        f"{users} callers: p50 ms": {name: {one: together[name][one]["p50"] for one in OPERATIONS} for name in alone},
        f"{users} callers: calls/s": {
            name: {one: together[name][one]["calls_per_second"] for one in OPERATIONS} for name in alone
        },
        "request units": {name: {one: database[name][one]["request_units"] for one in OPERATIONS} for name in alone},
        "request units, elsewhere": {
            name: {one: elsewhere(database[name][one])["request_units"] for one in OPERATIONS} for name in alone
        },
        "round trips": {name: {one: database[name][one]["round_trips"] for one in OPERATIONS} for name in alone},
    }
    times = {f"times {name}": ratios for name, ratios in result["ratio"].items()}
    return "\n\n".join(
        _github(
            [
                {measure: operation, **{name: figures[operation] for name, figures in each.items()}}
                for operation in OPERATIONS
            ]
        )
        for measure, each in {**sides, "this backend's time, one caller": times}.items()
    )


def editions_chart(result: Mapping[str, Any]) -> pygal.Bar:
    """Each operation's median alone, edition by edition."""
    chart = _bars("One call at a time: median in milliseconds", OPERATIONS)
    for name, figures in result["alone"].items():
        chart.add(name, [figures[operation]["p50"] for operation in OPERATIONS])
    return chart


def growth_table(result: Mapping[str, Any]) -> str:
    """How many times the smallest size's time each operation takes at the larger ones."""
    return "\n\n".join(
        _github(
            [
                {f"entries of {whose}": f"{int(size):,}"} | {name: figures["ratio"][name] for name in HOT}
                for size, figures in sizes.items()
            ]
        )
        for whose, sizes in result.items()
    )


def _github(rows: Sequence[Mapping[str, Any]]) -> str:
    return str(tabulate(rows, headers="keys", tablefmt="github"))


def cold_start_table(result: Mapping[str, Any]) -> str:
    """Ours beside the bare app's, in each way that was measured; and what the worker's library adds to a warm call."""
    ways = {
        "compiled": "compiled",
        "uncompiled": "uncompiled",
        "checked": "signatures checked",
        "worker": "signatures checked, through the worker's library",
    }
    parts = [
        _github([{name: measure, **figures} for measure, figures in result[way].items()])
        for way, name in ways.items()
        if way in result
    ]
    if warm := result.get("warm"):
        parts.append(
            _github(
                [
                    {"a warm call": "the function", "ms": warm["direct"], "cpu ms": warm["direct_cpu"]},
                    {"a warm call": "the worker's library adds", "ms": warm["added"], "cpu ms": warm["added_cpu"]},
                ]
            )
        )
    return "\n\n".join(parts)


def large_answers_table(result: Mapping[str, Any]) -> str:
    """The report beside the bare reading of its pages, and what others' calls take meanwhile."""
    times, ratios = result["milliseconds"], result["ratio_to_floor"]
    rows: list[dict[str, Any]] = [{"a report of 9,999": "over HTTP", "ms": times["report"]}]
    rows += [
        {"a report of 9,999": f"the SDK alone, {kind}", "ms": times[kind], "the report takes times": ratio}
        for kind, ratio in ratios.items()
    ]
    others = [{"others' running": when, **figures} for when, figures in result["running"].items()]
    return "\n\n".join((_github(rows), _github([*others, {"others' running": "times", **result["ratio_of_running"]}])))


def reports_table(result: Mapping[str, Any]) -> str:
    """The report of time beside the bare reading of its fields, what others notice of it, and workbooks."""
    found, others = result["report"], result["others"]
    rows = [
        {"what": f"a report of {result['entries']:,} entries", "s": found["seconds"], "app": found["processor"],
         "database": found["database"]},
        {"what": "the SDK alone", "s": found["bare seconds"], "app": found["bare processor"],
         "database": found["bare database"]},
        {"what": "times", "s": found["ratio"], "app and database": found["ratio of processor"]},
        {"what": "with a third of the throughput", "s": round(result["paced"]["seconds"], 2)},
    ]  # fmt: skip
    facts = {name: found[name] for name in ("pages", "request units", "more memory in MB")} | result["workbook"]
    return "\n\n".join(
        (
            _github(rows),
            _github([{"others' running": when, **others[when]} for when in ("usual", "meanwhile", "ratio")]),
            _github([{"throttled": when, **counts} for when, counts in result["throttled"].items()]),
            _github([{"what": name, "is": value} for name, value in facts.items()]),
        )
    )


def webhooks_table(result: Mapping[str, Any]) -> str:
    """What it takes to catch up with a receiver that was away, by the number of events."""
    return _github(
        [
            {"events": int(count), "what": f"{step}: {name}", "is": value}
            for count, steps in result.items()
            for step, figures in steps.items()
            for name, value in figures.items()
        ]
    )


def growth_chart(result: Mapping[str, Any]) -> pygal.Bar:
    """The same as bars: flat means that all are 1."""
    chart = _bars("Times the median at the smallest size", HOT)
    for whose, sizes in result.items():
        for size, figures in sizes.items():
            chart.add(f"{whose}: {int(size):,}", [figures["ratio"][name] for name in HOT])
    return chart


def _bars(title: str, labels: Sequence[str]) -> pygal.Bar:
    # The scripts that make pygal's charts interactive would be fetched from elsewhere.
    chart = pygal.Bar(title=title, style=CleanStyle, js=[], width=1100, legend_at_bottom=True, x_label_rotation=20)
    chart.x_labels = labels
    return chart


def save(name: str, result: Mapping[str, Any], chart: pygal.Bar | None = None) -> None:
    """Write the figures, and the chart if there is one, into `benchmarks/results/`."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if chart:
        chart.render_to_file(RESULTS / f"{name}.svg")
