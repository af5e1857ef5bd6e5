"""Payload format 2.0: HTTP requests as events of a function, and its results as responses."""

import base64
import binascii
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from dev.local.blueprint import ACCOUNT, RouteSpec
from gateway_simulators.kit.messages import Headers, Request, Response

_TEXT_TYPES = ("application/json", "application/javascript", "application/xml")


class BadResultError(ValueError):
    """What the function returned is not a valid response."""


def request_event(
    request: Request,
    route: RouteSpec,
    path_parameters: dict[str, str],
    claims: dict[str, str] | None,
    request_id: str,
) -> dict[str, Any]:
    body, is_base64 = _body(request)
    context = _context(request, route, request_id)
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    optional = {
        "cookies": [part.strip() for part in request.header("cookie").split(";") if part.strip()],
        "queryStringParameters": _joined(request.query_values),
        "pathParameters": path_parameters,
        "body": body,
    }
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": _headers(request),
        "requestContext": context,
        **{key: value for key, value in optional.items() if value},
        "isBase64Encoded": is_base64,
    }


def _context(request: Request, route: RouteSpec, request_id: str) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": request.header("host").partition(":")[0],
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.client,
            "userAgent": request.header("user-agent"),
        },
        "requestId": request_id,
        "routeKey": route.key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def _headers(request: Request) -> dict[str, str]:
    own = {"x-forwarded-for": request.client, "x-forwarded-port": "443", "x-forwarded-proto": "https"}
    given = ((name.lower(), value) for name, value in request.headers)
    return _joined((name, value) for name, value in given if name not in ("cookie", *own)) | own


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        values[name].append(value)
    return {name: ",".join(found) for name, found in values.items()}


def _body(request: Request) -> tuple[str, bool]:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind in _TEXT_TYPES or kind.startswith("text/"):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), bool(request.body)


def result_response(payload: bytes, note: str = "") -> Response:
    result = json.loads(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return Response(200, text.encode(), [("content-type", "application/json")], note)
    headers = _result_headers(result)
    body = _result_body(result)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return Response(_http_status(result["statusCode"]), body, headers, note)


def _http_status(given: Any) -> int:
    try:
        http_status = int(given)
    except (TypeError, ValueError) as fault:
        raise BadResultError(f"statusCode is {given!r}") from fault
    if not 200 <= http_status <= 599:
        raise BadResultError(f"statusCode is {given!r}")
    return http_status


def _result_headers(result: dict[str, Any]) -> Headers:
    headers = result.get("headers") or {}
    cookies = result.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        raise BadResultError("headers must be an object, cookies a list")
    pairs = [(str(name).lower(), _text(value)) for name, value in headers.items()]
    return pairs + [("set-cookie", str(cookie)) for cookie in cookies]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _result_body(result: dict[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise BadResultError("body must be a string")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as fault:
        raise BadResultError("body is not base64") from fault
