"""People who poll: `python -m benchmarks.polling` asks for running timers at a fixed rate, and prints how long it took.

It is an open loop: each call is due at an instant of its own, whatever became of those before, and its latency counts
from then. So a server that answers nobody for a while is not asked more seldom meanwhile, and none of it is overlooked.
"""

import asyncio
import json
import sys
import time

import aiohttp

from benchmarks import calls
from benchmarks.calls import Person


async def poll(host: str, people: list[Person], rate: float, seconds: float) -> list[float]:
    """The latencies in milliseconds of `rate` calls a second, by these people in turn."""
    took: list[float] = []
    async with aiohttp.ClientSession(f"{host}/api/") as session:

        async def ask(person: Person, due: float) -> None:
            await asyncio.sleep(due - time.perf_counter())
            call = calls.running(person)
            headers = {"Authorization": f"Bearer {person.token}"}
            async with session.request(call.method, call.path, headers=headers) as answer:
                answer.raise_for_status()
                await answer.read()
            took.append((time.perf_counter() - due) * 1000)

        # The first calls open the connections.
        await asyncio.gather(*(ask(person, time.perf_counter()) for person in people))
        took.clear()
        began = time.perf_counter()
        async with asyncio.TaskGroup() as asked:
            for number in range(int(rate * seconds)):
                asked.create_task(ask(people[number % len(people)], began + number / rate))
    return took


async def main() -> None:
    order = json.load(sys.stdin)
    people = [Person(**person) for person in order["people"]]
    sys.stdout.write(json.dumps({"took": await poll(order["host"], people, order["rate"], order["seconds"])}))


if __name__ == "__main__":
    asyncio.run(main())
