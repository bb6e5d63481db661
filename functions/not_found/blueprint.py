"""Every other path: so that a wrong one is answered in the contract's error body as well.

The host tries routes in the alphabetical order of their functions' names; this one's comes after every other's.
"""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("not_found")
@bp.route(route="{*path}")
async def not_found(req: func.HttpRequest) -> func.HttpResponse:
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond((), req))
