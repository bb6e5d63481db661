"""The load: `python -m benchmarks.driver` runs the phases that it reads from its input, and prints their latencies.

Locust drives it, with its fast client: each user is one connection that sends its next call when the last is answered.
It is a process of its own, so that the time that it spends on a processor can be told from the servers'.
"""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - gevent has to come first
import math  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import defaultdict  # noqa: E402
from collections.abc import Callable  # noqa: E402
from itertools import count, cycle  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from locust import constant, task  # noqa: E402
from locust.contrib.fasthttp import FastHttpUser  # noqa: E402
from locust.env import Environment  # noqa: E402

from benchmarks import calls  # noqa: E402
from benchmarks.calls import WRITERS_EACH, Call, Person  # noqa: E402

# The first calls of a phase open connections and fill caches.
WARM_UP_SECONDS = 0.3
PATIENCE_SECONDS = 10
_numbers = count()


class Worker(FastHttpUser):
    """One caller: makes the phase's step again and again, as each of some people in turn.

    What it measures is told by Locust's event `request`.
    """

    abstract = True
    wait_time = constant(0)
    groups: list[list[Person]]
    step: str
    ready: list["Worker"]

    def on_start(self) -> None:
        self.people = self.groups.pop()
        self.turns = cycle(self.people)
        # The running entries by their owners.
        self.timers: dict[str, str] = {}
        if self.step in RUNNING_STEPS:
            for _ in self.people:
                self.person = next(self.turns)
                self.start_timer()
        self.ready.append(self)

    @task
    def make_a_step(self) -> None:
        self.person = next(self.turns)
        STEPS[self.step](self)

    def send(self, call: Call, name: str = "") -> Any:
        """Make a call, measured under this name; gives what was answered."""
        headers = {"Authorization": f"Bearer {self.person.token}"}
        with self.client.request(
            call.method, f"/api/{call.path}", json=call.body, headers=headers, name=name or "-", catch_response=True
        ) as answer:
            if not 200 <= answer.status_code < 300:
                answer.failure(f"{answer.status_code} {answer.text}")
            return answer.json() if answer.status_code != 204 else None

    def start_timer(self, name: str = "") -> None:
        self.timers[self.person.user_id] = self.send(calls.start(self.person), name)["id"]

    def stop_timer(self, name: str = "") -> None:
        self.send(calls.stop(self.timers.pop(self.person.user_id)), name)

    def on_stop(self) -> None:
        for _ in self.people:
            self.person = next(self.turns)
            if self.person.user_id in self.timers:
                self.stop_timer()


def _read(operation: str) -> Callable[[Worker], None]:
    return lambda worker: worker.send(calls.READS[operation](worker.person), operation)


def _put(worker: Worker) -> None:
    worker.send(calls.put(worker.person, next(_numbers)), "put")


def _clock(worker: Worker) -> None:
    worker.start_timer("start")
    worker.stop_timer("stop")


def _switch(worker: Worker) -> None:
    """What the frontend does when somebody turns to another task; its user waits for both calls."""
    began = time.perf_counter()
    worker.stop_timer()
    worker.start_timer()
    took = (time.perf_counter() - began) * 1000
    worker.environment.events.request.fire(
        request_type="", name="stop + start", response_time=took, response_length=0, exception=None, context={}
    )


STEPS = {
    **{name: _read(name) for name in calls.READS},
    "put": _put,
    "clock": _clock,
    "stop + start": _switch,
}
# Whose timer runs when they begin.
RUNNING_STEPS = ("running", "stop + start")


def run(host: str, people: list[Person], step: str, users: int, seconds: float) -> dict[str, Any]:
    """One phase: so many users call at once for so long. Gives `{"calls": {operation: [milliseconds, …]}}`.

    Each reads as one person and writes as several. Reports are the first person's, who is an administrator. Raises
    RuntimeError when a call fails.
    """
    ready: list[Worker] = []
    groups = [[one] for one in (people[:1] * users if step == calls.REPORT else people[:users])]
    if step in calls.WRITE_STEPS:
        groups = [people[at : at + WRITERS_EACH] for at in range(0, users * WRITERS_EACH, WRITERS_EACH)]
    worker = type("Phase", (Worker,), {"host": host, "groups": groups, "step": step, "ready": ready})
    # Who is in the middle of a step when the time is over ends it, so that no timer is left running.
    environment = Environment(user_classes=[worker], stop_timeout=PATIENCE_SECONDS)
    took: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    measuring_from = math.inf

    @environment.events.request.add_listener
    def _note(name: str, response_time: float, exception: Exception | None, **_: Any) -> None:
        if exception:
            failures.append(f"{name}: {exception}")
        elif name != "-" and measuring_from <= time.perf_counter() < measuring_from + seconds:
            took[name].append(response_time)

    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    while len(ready) < users and not failures:
        gevent.sleep(0.01)
    measuring_from = time.perf_counter() + WARM_UP_SECONDS
    gevent.sleep(WARM_UP_SECONDS + seconds)
    runner.quit()
    if failures or not took:
        raise RuntimeError(f"{step}: {failures[0] if failures else 'no call was made'}")
    return {"calls": took}


def main() -> None:
    order = json.load(sys.stdin)
    people = [Person(**person) for person in order["people"]]
    began = time.process_time()
    phases = [run(order["host"], people, **phase) for phase in order["phases"]]
    sys.stdout.write(json.dumps({"phases": phases, "processor_seconds": time.process_time() - began}))


if __name__ == "__main__":
    main()
