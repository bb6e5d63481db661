"""A route is stated above its operation, whose docstring is its documentation."""

from shared.http.routing import Reply, Request, Route, Routes


async def test_the_decorator_adds_the_operation_to_its_resource() -> None:
    routes = Routes("Things.")

    @Route(routes, "GET", "{id}", operation_id="get-thing")
    async def get(_request: Request) -> Reply:
        """Get a thing."""
        return Reply({})

    (route,) = routes.all
    assert (route.method, route.path, route.operation_id, route.operation) == ("GET", "{id}", "get-thing", get)


async def test_the_first_line_of_the_docstring_is_the_summary_and_the_rest_the_description() -> None:
    routes = Routes("Things.")

    @Route(routes, "GET", "", operation_id="list-things")
    async def list_things(_request: Request) -> Reply:
        """List things.

        By name, and
        then by age.

        Also the `{old}` ones.
        """
        return Reply([])

    (route,) = routes.all
    assert route.summary == "List things"
    assert route.description == "By name, and then by age.\n\nAlso the `{old}` ones."


async def test_words_are_filled_into_the_docstring_of_a_shared_operation() -> None:
    routes = Routes("Activities.", words={"a_noun": "an activity"})

    @Route(routes, "GET", "{id}", operation_id="get-activity")
    async def get(_request: Request) -> Reply:
        """Get {a_noun}."""
        return Reply({})

    (route,) = routes.all
    assert (route.summary, route.description) == ("Get an activity", "")
