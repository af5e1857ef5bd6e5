import pytest

from dev.local.blueprint import RouteSpec
from dev.local.routes import Routes

ROUTES = Routes(
    [
        RouteSpec("GET", "$default", "default"),
        RouteSpec("GET", "/files/{path+}", "greedy"),
        RouteSpec("GET", "/files/{name}", "named"),
        RouteSpec("GET", "/files/readme", "exact"),
        RouteSpec("ANY", "/any", "any"),
        RouteSpec("POST", "/any", "posted"),
        RouteSpec("GET", "/a.b", "dotted"),
        RouteSpec("GET", "/p/{payment_id}/events", "events"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        ("GET", "/files/readme", "exact", {}),
        ("GET", "/files/x", "named", {"name": "x"}),
        ("GET", "/files/x/y", "greedy", {"path": "x/y"}),
        ("PUT", "/any", "any", {}),
        ("POST", "/any", "posted", {}),
        ("GET", "/a.b", "dotted", {}),
        ("GET", "/aXb", "default", {}),
        ("GET", "/p/pay_1/events", "events", {"payment_id": "pay_1"}),
        ("GET", "/p//events", "default", {}),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, function: str, parameters: dict[str, str]) -> None:
    found = ROUTES.match(method, path)
    assert found
    assert (found[0].function, found[1]) == (function, parameters)


@pytest.mark.parametrize(("method", "path"), [("POST", "/files/x"), ("DELETE", "/p/1/events")])
def test_another_method_finds_no_route(method: str, path: str) -> None:
    assert ROUTES.match(method, path) is None
