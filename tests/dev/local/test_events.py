import base64
import json
from typing import Any

import pytest

from dev.local.blueprint import RouteSpec
from dev.local.events import BadResultError, request_event, result_response
from gateway_simulators.kit.messages import Headers, Request

ROUTE = RouteSpec("POST", "/v1/payments/{payment_id}", "F", "Jwt")


def event(target: str = "/v1/payments/p", headers: Headers | None = None, body: bytes = b"", **more: Any) -> Any:
    request = Request("POST", target, [("Host", "127.0.0.1:8000"), *(headers or [])], body)
    return request_event(request, ROUTE, more.get("path", {}), more.get("claims"), "request-1")


def test_the_event_has_the_shape_of_payload_format_2() -> None:
    made = event(
        "/v1/payments/p%20q?a=1&a=2&b=x%20y&c=",
        [
            ("X-One", "1"),
            ("x-one", "2"),
            ("Cookie", "s=1; t=2"),
            ("User-Agent", "curl"),
            ("X-Forwarded-For", "6.6.6.6"),
        ],
        path={"payment_id": "p q"},
        claims={"sub": "owner"},
    )
    assert (made["version"], made["routeKey"]) == ("2.0", "POST /v1/payments/{payment_id}")
    assert (made["rawPath"], made["rawQueryString"]) == ("/v1/payments/p q", "a=1&a=2&b=x%20y&c=")
    assert made["queryStringParameters"] == {"a": "1,2", "b": "x y", "c": ""}
    assert made["pathParameters"] == {"payment_id": "p q"}
    assert made["cookies"] == ["s=1", "t=2"]
    assert made["headers"]["x-one"] == "1,2"
    assert "cookie" not in made["headers"]
    assert made["headers"]["x-forwarded-for"] == "127.0.0.1"
    context = made["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/v1/payments/p q",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "curl",
    }
    assert (context["requestId"], context["stage"], context["domainName"]) == ("request-1", "$default", "127.0.0.1")
    assert context["authorizer"] == {"jwt": {"claims": {"sub": "owner"}, "scopes": None}}


def test_what_is_empty_is_absent() -> None:
    made = event()
    assert not {"cookies", "queryStringParameters", "pathParameters", "body"} & made.keys()
    assert "authorizer" not in made["requestContext"]
    assert made["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("kind", "body", "is_base64"),
    [
        ("application/json", b'{"a": 1}', False),
        ("Application/JSON; charset=utf-8", "₹".encode(), False),
        ("text/plain", b"hi", False),
        ("application/x-www-form-urlencoded", b"a=1", True),
        ("application/octet-stream", b"\x00", True),
        ("", b"hi", True),
        ("application/json", b"\xff\xfe", True),
    ],
)
def test_only_text_travels_as_text(kind: str, body: bytes, is_base64: bool) -> None:
    made = event(headers=[("content-type", kind)], body=body)
    assert made["isBase64Encoded"] is is_base64
    assert (base64.b64decode(made["body"]) if is_base64 else made["body"].encode()) == body


def test_a_full_result_becomes_the_response() -> None:
    result = {
        "statusCode": 201,
        "headers": {"X-One": "1", "Retry-After": 5},
        "cookies": ["a=1", "b=2"],
        "body": base64.b64encode(b"\x00\x01").decode(),
        "isBase64Encoded": True,
    }
    response = result_response(json.dumps(result).encode())
    assert (response.http_status, response.body) == (201, b"\x00\x01")
    assert response.headers[:4] == [("x-one", "1"), ("retry-after", "5"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]


@pytest.mark.parametrize(("result", "body"), [({"ok": True}, b'{"ok": true}'), ("hi", b"hi"), ([1], b"[1]")])
def test_a_result_without_statuscode_is_a_json_body(result: Any, body: bytes) -> None:
    response = result_response(json.dumps(result).encode())
    assert (response.http_status, response.body, response.headers) == (
        200,
        body,
        [("content-type", "application/json")],
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"statusCode": "soon"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "body": "%%%", "isBase64Encoded": True},
    ],
)
def test_a_malformed_result_is_no_response(wrong: Any) -> None:
    with pytest.raises(BadResultError):
        result_response(json.dumps(wrong).encode())
