"""The change feed: what was written to a watched container arrives here, and its events go into the audit trail.

One handler, registered for each watched container. What fails because something is away is tried again, for ever and in
place; what fails because of the document is kept in `dead_letter`, so that it does not hold up its neighbours.
"""

import azure.functions as func

from shared.cosmos.containers import LEASES, WATCHED
from shared.events.delivery import deliver

bp = func.Blueprint()


def _watch(container_id: str) -> None:
    name = f"change_feed_{container_id}"

    async def change_feed(documents: func.DocumentList) -> None:
        await deliver(name, container_id, [document.to_dict() for document in documents])

    triggered = bp.cosmos_db_trigger(
        arg_name="documents",
        connection="COSMOS_CONNECTION",
        database_name="%COSMOS_DATABASE%",
        container_name=container_id,
        lease_container_name=LEASES,
        lease_container_prefix=container_id,
        create_lease_container_if_not_exists=False,
        start_from_beginning=True,  # type: ignore[arg-type] # annotated as a time by mistake
    )(change_feed)
    patient = bp.retry(
        strategy="exponential_backoff", max_retry_count="-1", minimum_interval="00:00:01", maximum_interval="00:01:00"
    )(triggered)
    bp.function_name(name)(patient)


for _container_id in WATCHED:
    _watch(_container_id)
