import json
import time
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from dev.local import http_api
from dev.local.authorizer import JwtAuthorizer
from dev.local.blueprint import AuthorizerSpec, CorsSpec, RouteSpec
from dev.local.http_api import HttpApi
from dev.local.invocation import Outcome
from dev.local.issuer import Issuer
from dev.local.pool import ThrottledError
from dev.local.routes import Routes
from gateway_simulators.kit.messages import Headers, Request, Response

ISSUER = Issuer("http://issuer", "pavati", rsa.generate_private_key(public_exponent=65537, key_size=2048))
AUTHORIZERS = {"Jwt": JwtAuthorizer(AuthorizerSpec("http://issuer", ("pavati",)), ISSUER.public_keys)}
ROUTES = Routes([RouteSpec("GET", "/mine/{id}", "Mine", "Jwt"), RouteSpec("POST", "/open", "Open")])
CORS = CorsSpec(("https://shop.example",), ("GET", "POST"), ("authorization",), ("x-request-id",), 600)
OK = Outcome(b'{"statusCode": 200, "body": "fine", "headers": {"access-control-allow-origin": "*"}}')


@dataclass
class FakeFunctions:
    outcome: Outcome | None = OK
    is_throttled: bool = False
    events: list[dict[str, object]] = field(default_factory=list)

    def call(self, name: str, payload: bytes, *, wait_seconds: float | None = None) -> Outcome | None:
        if self.is_throttled:
            raise ThrottledError(name)
        self.events.append(json.loads(payload))
        return self.outcome


def ask(
    functions: FakeFunctions, method: str, path: str, headers: Headers | None = None, body: bytes = b""
) -> Response:
    return HttpApi(ROUTES, AUTHORIZERS, CORS, functions)(Request(method, path, headers or [], body))


def header(response: Response, name: str) -> str | None:
    return dict(response.headers).get(name)


def test_a_public_route_needs_no_token() -> None:
    assert ask(FakeFunctions(), "POST", "/open").body == b"fine"


def test_a_token_opens_the_route_and_its_claims_reach_the_function() -> None:
    functions = FakeFunctions()
    answer = ask(functions, "GET", "/mine/1", [("Authorization", f"Bearer {ISSUER.token('owner')}")])
    assert answer.http_status == 200
    assert '"sub": "owner"' in json.dumps(functions.events[0]["requestContext"])


def test_a_token_that_opened_the_route_opens_it_no_longer_when_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    functions, headers = FakeFunctions(), [("Authorization", f"Bearer {ISSUER.token('owner', 60)}")]
    assert ask(functions, "GET", "/mine/1", headers).http_status == 200
    now = time.time()
    monkeypatch.setattr("dev.local.authorizer.time.time", lambda: now + 61)
    assert ask(functions, "GET", "/mine/1", headers).http_status == 401
    assert len(functions.events) == 1


@pytest.mark.parametrize("headers", [[], [("Authorization", "Bearer x")]])
def test_without_a_good_token_the_function_is_not_called(headers: Headers) -> None:
    functions = FakeFunctions()
    answer = ask(functions, "GET", "/mine/1", headers)
    assert (answer.http_status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert functions.events == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("DELETE", "/open"), ("POST", "/open/"), ("GET", "/")]
)
def test_an_unknown_route_is_404_before_any_token_is_checked(method: str, path: str) -> None:
    answer = ask(FakeFunctions(), method, path)
    assert (answer.http_status, answer.body) == (404, b'{"message":"Not Found"}')


@pytest.mark.parametrize(
    ("functions", "http_status", "text"),
    [
        (FakeFunctions(Outcome.failed("Sandbox.Timedout", "late")), 500, "Internal Server Error"),
        (FakeFunctions(Outcome(b'{"statusCode": "x"}')), 500, "Internal Server Error"),
        (FakeFunctions(outcome=None), 503, "Service Unavailable"),
        (FakeFunctions(is_throttled=True), 503, "Service Unavailable"),
    ],
    ids=["failed", "no response", "slower than the integration limit", "throttled"],
)
def test_what_functions_do_wrong_is_reported_as_aws_reports_it(
    functions: FakeFunctions, http_status: int, text: str
) -> None:
    answer = ask(functions, "POST", "/open")
    assert (answer.http_status, json.loads(answer.body)) == (http_status, {"message": text})


def test_an_event_too_large_for_lambda_is_refused() -> None:
    body = b"x" * (http_api.INVOKE_BYTES_MAX - 1000)
    assert ask(FakeFunctions(), "POST", "/open", [("content-type", "text/plain")], body).http_status == 200
    # Base64 makes a third more of it.
    assert ask(FakeFunctions(), "POST", "/open", [("content-type", "image/png")], body).http_status == 413


def test_preflight_is_answered_without_function_or_token() -> None:
    functions = FakeFunctions()
    wanted = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "GET")]
    answer = ask(functions, "OPTIONS", "/mine/1", wanted)
    assert answer.http_status == 204
    assert header(answer, "access-control-allow-origin") == "https://shop.example"
    assert header(answer, "access-control-allow-methods") == "GET,POST"
    assert header(answer, "access-control-max-age") == "600"
    assert functions.events == []


def test_the_gateway_alone_decides_about_cors() -> None:
    ours = ask(FakeFunctions(), "POST", "/open", [("Origin", "https://shop.example")])
    assert [value for name, value in ours.headers if name == "access-control-allow-origin"] == ["https://shop.example"]
    assert header(ours, "access-control-expose-headers") == "x-request-id"
    theirs = ask(FakeFunctions(), "POST", "/open", [("Origin", "https://evil.example")])
    assert header(theirs, "access-control-allow-origin") is None


def test_a_refused_call_still_says_why_to_an_allowed_page() -> None:
    refused = ask(FakeFunctions(), "GET", "/mine/1", [("Origin", "https://shop.example")])
    assert (refused.http_status, header(refused, "access-control-allow-origin")) == (401, "https://shop.example")
