"""DynamoDB's protocol, JSON 1.0 over HTTP, in front of its model."""

import base64
import json
import re
import threading
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from dev.dynamodb_model import DynamoDB
from dev.dynamodb_model.errors import Unmodelled
from gateway_simulators.kit.messages import Request, Response

_TARGET = "DynamoDB_20120810."
_TYPE = "com.amazonaws.dynamodb.v20120810#"
_MAY_HAVE_BYTES = re.compile(rb'"(?:B|\\u0042)(?:S|\\u0053)?"')  # Few requests have bytes, and the hook is slow.
_METHODS = (
    "batch_get_item",
    "create_table",
    "delete_item",
    "describe_table",
    "get_item",
    "list_tables",
    "put_item",
    "query",
    "scan",
    "transact_write_items",
    "update_item",
    "update_time_to_live",
)
_ACTIONS = {method.title().replace("_", ""): method for method in _METHODS}


class Wire:
    def __init__(self, model: DynamoDB) -> None:
        self._model = model
        self._lock = threading.Lock()  # Each connection has a thread, and the model accepts one call at a time.

    def __call__(self, request: Request) -> Response:
        try:
            wanted = decode(request.body)
        except (ValueError, RecursionError):
            wanted = None
        if not isinstance(wanted, dict):
            return _refuse("SerializationException", "The request is not a JSON object")
        try:
            return _response(200, self._answer(request.header("x-amz-target").removeprefix(_TARGET), wanted))
        except ClientError as refusal:
            return _refusal(refusal)
        except ParamValidationError as wrong:
            return _refuse("ValidationException", str(wrong))
        except Unmodelled as unknown:
            return _refuse("ValidationException", f"The local model of DynamoDB does not know this request: {unknown}")

    def firsts(self, table: str, index: str) -> list[dict[str, Any]]:
        """The first item of each partition of an index."""
        with self._lock:
            return self._model.firsts(table, index)

    def _answer(self, action: str, wanted: dict[str, Any]) -> dict[str, Any]:
        method = _ACTIONS.get(action)
        if method is None:
            raise Unmodelled(f"{action}; it knows {', '.join(_ACTIONS)}")
        with self._lock:
            answer: dict[str, Any] = getattr(self._model, method)(**wanted)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=_as_text).encode()


def decode(text: bytes) -> Any:
    return json.loads(text, object_hook=_with_bytes if _MAY_HAVE_BYTES.search(text) else None)


def _as_text(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"no attribute value: {type(value).__name__}")
    return base64.b64encode(value).decode()


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Bytes are base64 in JSON. An attribute named B holds an object, never a text."""
    match value:
        case {"B": str(text)} if len(value) == 1:
            return {"B": base64.b64decode(text, validate=True)}
        case {"BS": [*texts]} if len(value) == 1:
            return {"BS": [base64.b64decode(text, validate=True) for text in texts]}
    return value


def _refusal(refusal: ClientError) -> Response:
    response: dict[str, Any] = {**refusal.response}
    http_status = response.pop("ResponseMetadata")["HTTPStatusCode"]
    error = response.pop("Error")
    words = {} if "Message" in response else {"message": error["Message"]}
    return _response(http_status, {"__type": _TYPE + error["Code"], **words, **response})


def _refuse(code: str, message: str) -> Response:
    return _response(400, {"__type": _TYPE + code, "message": message})


def _response(http_status: int, body: dict[str, Any]) -> Response:
    return Response(http_status, encode(body), [("content-type", "application/x-amz-json-1.0")])
