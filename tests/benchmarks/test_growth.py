"""The benchmark of growing data measures what it says, be the data ever so small."""

from benchmarks import growth
from benchmarks.calls import HOT


async def test_every_hot_call_is_measured_at_every_size() -> None:
    figures = (await growth.measure(rounds=2, seconds=0.01, owners=(3, 5), tenants=()))["an owner"]

    assert set(figures) == {"3", "5"}
    for measured in figures.values():
        assert set(measured["p50"]) == set(measured["ratio"]) == set(HOT)
        assert all(latency > 0 for latency in measured["p50"].values())
    assert set(figures["3"]["ratio"].values()) == {1.0}
