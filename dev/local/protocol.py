"""An AWS service that this stack answers itself: requests are parsed and answers written by AWS's own model of it."""

from collections.abc import Callable, Mapping
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request as MotoRequest
from moto.core.request import determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from werkzeug.exceptions import HTTPException

from dev.local.blueprint import REGION
from gateway_simulators.kit.messages import Request, Response, json_response

Given = dict[str, Any]
Answer = Callable[[Given], Given]


class Refusal(Exception):
    """An error with AWS's name. Not moto's class, which moto finds by the package that it comes from."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Service:
    def __init__(self, name: str, answers: Mapping[str, Answer]) -> None:
        self._name = name
        self._answers = answers

    def __call__(self, request: Request) -> Response:
        url = f"https://{self._name}.{REGION}.amazonaws.com{request.target}"
        wanted = MotoRequest.from_primitives(request.method, url, dict(request.headers), request.body)
        try:
            operation, path_values = get_service_router(self._name).match(wanted)
        except HTTPException:
            return unknown(f"{self._name}: {request.method} {request.raw_path}")
        answer = self._answers.get(operation.name, self._unanswered(operation.name))
        protocol = determine_request_protocol(operation.service_model, wanted.content_type)
        given = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": wanted.method,
                "values": wanted.values,
                "headers": wanted.headers,
                "body": wanted.data,
                "url_path": wanted.path,
                "url_params": path_values,
            }
        )
        try:
            result: Any = answer(given)
        except Refusal as refusal:
            result = refusal
        written = get_serializer_class(self._name, protocol)(operation).serialize(result)
        headers = [(str(name), str(value)) for name, value in written["headers"].items()]
        return Response(int(written["status_code"]), _encoded(written["body"]), headers)

    def _unanswered(self, operation: str) -> Answer:
        def refuse(given: Given) -> Given:
            known = ", ".join(sorted(self._answers))
            raise Refusal("NotImplemented", f"The local stack does not know {operation}; it knows {known}")

        return refuse


def unknown(what: str) -> Response:
    text = f"The local stack does not know {what}"
    named = {"__type": "NotImplemented", "message": text, "Message": text}
    return json_response(501, named, [("x-amzn-errortype", "NotImplemented")])


def _encoded(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)
