"""Signed AWS calls. DynamoDB is answered by its model, Lambda by our workers, what the template declares by this
stack.

Secrets Manager, Step Functions and SQS are answered by moto.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote

import moto.backends
from moto.core.request import Request as MotoRequest
from werkzeug.exceptions import HTTPException

from dev.local import starts
from dev.local.blueprint import ACCOUNT, REGION
from dev.local.faults import Faults
from dev.local.functions import Functions, NoSuchFunctionError
from dev.local.invocation import Outcome
from dev.local.machines import Machines
from dev.local.pool import ThrottledError
from gateway_simulators.kit.messages import Headers, Request, Response, json_response

INVOKE_BYTES_MAX = 6 * 1024 * 1024
EVENT_BYTES_MAX = 1024 * 1024
_SIGNED_FOR = re.compile(r"^AWS4-HMAC-SHA256 Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_INVOKE = re.compile(r"^/2015-03-31/functions/([^/]+)/invocations$")
_MOTO_NAMES = {"states": "stepfunctions"}


class AwsApi:
    def __init__(
        self,
        functions: Functions,
        machines: Machines,
        dynamodb: Callable[[Request], Response],
        faults: Faults,
        services: Mapping[str, Callable[[Request], Response]],
    ) -> None:
        """`services` by the names for which requests are signed."""
        self._functions = functions
        self._machines = machines
        self._faults = faults
        self._services = {**services, "dynamodb": dynamodb}

    def is_for(self, request: Request) -> bool:
        return bool(_SIGNED_FOR.match(request.header("authorization")))

    def __call__(self, request: Request) -> Response:
        invoked = _INVOKE.match(request.raw_path)
        if invoked:
            return self._invoke(unquote(invoked[1]), request)
        if fault := self._faults.answer(request):
            return fault
        if request.header("x-amz-target") == "AWSStepFunctions.StartExecution":
            return self._start(request)
        signed_for = _SIGNED_FOR.match(request.header("authorization"))
        assert signed_for
        service = self._services.get(signed_for[2])
        return service(request) if service else _moto(signed_for[2], request)

    def _invoke(self, name: str, request: Request) -> Response:
        is_event = request.header("x-amz-invocation-type") == "Event"
        if len(request.body) > (EVENT_BYTES_MAX if is_event else INVOKE_BYTES_MAX):
            return _error(413, "RequestTooLargeException", "Request must be smaller than the limit")
        try:
            if is_event:
                self._functions.send(name, request.body)
                return Response(202)
            outcome = self._outcome(name, request.body or b"{}")
        except NoSuchFunctionError:
            return _error(404, "ResourceNotFoundException", f"Function not found: {name}")
        except ThrottledError:
            return _error(429, "TooManyRequestsException", "Rate Exceeded.")
        headers: Headers = [("content-type", "application/json"), ("x-amz-executed-version", "$LATEST")]
        return Response(200, outcome.payload, headers + ([("x-amz-function-error", "Unhandled")] * bool(outcome.error)))

    def _start(self, request: Request) -> Response:
        if not self._machines.accepts_starts:
            return _error(400, "ExecutionLimitExceeded", "StartExecution is switched off")
        return starts.start(request) or _moto("states", request)

    def _outcome(self, name: str, payload: bytes) -> Outcome:
        outcome = self._functions.invoke(name, payload)
        assert outcome is not None  # No limit on the wait; the function's own timeout ends it.
        if outcome.error and outcome.error not in self._machines.expected_errors:
            self._functions.report(name, outcome)
        return outcome


def _error(http_status: int, code: str, text: str) -> Response:
    return json_response(http_status, {"__type": code, "message": text, "Message": text}, [("x-amzn-errortype", code)])


def _moto(service: str, request: Request) -> Response:
    handler = _handler(_MOTO_NAMES.get(service, service), request.raw_path)
    if handler is None:
        return _error(501, "NotImplemented", f"{service} is not part of the local stack")
    url = f"https://{service}.{REGION}.amazonaws.com{request.target}"
    moto_request = MotoRequest.from_primitives(request.method, url, dict(request.headers), request.body)
    try:
        http_status, headers, body = handler(moto_request, url, moto_request.headers)
    except HTTPException as fault:
        http_status, headers, body = fault.code, fault.get_headers(), fault.get_body()
    text = body.encode() if isinstance(body, str) else body
    return Response(int(http_status), text, [(str(name), str(value)) for name, value in dict(headers).items()])


@cache
def _handler(service: str, path: str) -> Any:
    if service not in moto.backends.list_of_moto_modules():
        return None
    backend: Any = moto.backends.get_backend(service)  # type: ignore[call-overload]
    urls = backend[ACCOUNT][REGION].urls
    address = f"https://{service.replace('stepfunctions', 'states')}.{REGION}.amazonaws.com{path}"
    return next((handler for pattern, handler in urls.items() if re.match(pattern, address)), None)
