"""API Gateway's HTTP API in front of the functions."""

import json
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Protocol

from dev.local.access_log import AccessLog
from dev.local.authorizer import Claims, JwtAuthorizer
from dev.local.blueprint import CorsSpec, RouteSpec
from dev.local.cors import is_preflight, preflight, with_cors
from dev.local.events import BadResultError, request_event, result_response
from dev.local.invocation import Outcome
from dev.local.pool import ThrottledError
from dev.local.routes import Match, Routes
from gateway_simulators.kit.messages import Request, Response, message

INTEGRATION_SECONDS_MAX = 30
INVOKE_BYTES_MAX = 6 * 1024 * 1024  # Lambda's limit on an event, the body's base64 included.
_LOG = logging.getLogger(__name__)


class Caller(Protocol):
    def call(self, name: str, payload: bytes, *, wait_seconds: float | None = None) -> Outcome | None: ...


class HttpApi:
    def __init__(
        self,
        routes: Routes,
        authorizers: Mapping[str, JwtAuthorizer],
        cors: CorsSpec | None,
        functions: Caller,
        integration_seconds: float = INTEGRATION_SECONDS_MAX,
        access_log: AccessLog | None = None,
    ) -> None:
        self._routes = routes
        self._authorizers = authorizers
        self._cors = cors
        self._functions = functions
        self._integration_seconds = integration_seconds
        self._access_log = access_log

    def __call__(self, request: Request) -> Response:
        request_id, began = str(uuid.uuid4()), time.perf_counter()
        found = self._routes.match(request.method, request.path)
        if self._cors and is_preflight(request) and (found is None or found[0].method == "ANY"):
            response = preflight(self._cors, request)
        else:
            response = self._answer(request, found, request_id)
            response = with_cors(self._cors, request, response) if self._cors else response
            self._log(request, found, request_id, response, time.perf_counter() - began)
        return replace(response, headers=[*response.headers, ("apigw-requestid", request_id)])

    def _answer(self, request: Request, found: Match | None, request_id: str) -> Response:
        if found is None:
            return message(404, "Not Found")
        route, path_parameters = found
        claims: Claims | None = None
        if route.authorizer:
            claims = self._authorizers[route.authorizer].claims(request.header("authorization"))
            if claims is None:
                return message(401, "Unauthorized", [("www-authenticate", "Bearer")])
        event = json.dumps(request_event(request, route, path_parameters, claims, request_id)).encode()
        if len(event) > INVOKE_BYTES_MAX:
            return message(413, "Request Entity Too Large", note=route.function)
        return self._integrate(route, event)

    def _log(self, request: Request, found: Match | None, request_id: str, response: Response, seconds: float) -> None:
        if self._access_log is None:
            return
        # The response is not a function's own.
        is_unknown = response.http_status == HTTPStatus.UNAUTHORIZED and not response.note
        refused = {"authorizer_error": "Unauthorized"} if is_unknown else {}
        milliseconds = int(seconds * 1000)
        integration = {"integrationLatency": milliseconds} if response.note else {}
        self._access_log.write(
            requestId=request_id,
            routeKey=found[0].key if found else "-",
            status=response.http_status,
            responseLength=len(response.body),
            responseLatency=milliseconds,
            identity_sourceIp=request.client,
            **integration,
            **refused,
        )

    def _integrate(self, route: RouteSpec, event: bytes) -> Response:
        try:
            outcome = self._functions.call(route.function, event, wait_seconds=self._integration_seconds)
        except ThrottledError:
            outcome = None
        if outcome is None:
            return message(503, "Service Unavailable", note=route.function)
        if outcome.error:
            return message(500, "Internal Server Error", note=route.function)
        try:
            return result_response(outcome.payload, route.function)
        except BadResultError as fault:
            _LOG.warning("%s returned no HTTP response: %s", route.function, fault)
            return message(500, "Internal Server Error", note=route.function)
