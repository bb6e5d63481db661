"""Every path that no other function answers: it has no operation, so that a wrong path gets the one error body too."""

from shared.http.routing import Routes

ROUTES = Routes("")
