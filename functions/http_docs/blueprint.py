"""The triggers of `/api/docs` and of the OpenAPI document; their routes are imported when they are first asked for."""

import azure.functions as func

bp = func.Blueprint()


@bp.function_name("http_docs")
@bp.route(route="docs/{*path}", auth_level=func.AuthLevel.ANONYMOUS)
async def http_docs(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_docs.routes import DOCS_ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(DOCS_ROUTES, req))


@bp.function_name("http_openapi")
@bp.route(route="openapi.json", auth_level=func.AuthLevel.ANONYMOUS)
async def http_openapi(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_docs.routes import OPENAPI_ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(OPENAPI_ROUTES, req))


@bp.function_name("http_swagger")
@bp.route(route="swagger.json", auth_level=func.AuthLevel.ANONYMOUS)
async def http_swagger(req: func.HttpRequest) -> func.HttpResponse:
    from functions.http_docs.routes import SWAGGER_ROUTES
    from shared.http.dispatch import respond

    return func.HttpResponse(**await respond(SWAGGER_ROUTES, req))
