"""Checks requests, answers and errors against botocore's model of the service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from dev.dynamodb_model.values import Json

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
_OF_ALL = frozenset(
    ("ValidationException", "AccessDeniedException", "UnrecognizedClientException", "ThrottlingException")
)
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_REASONS = frozenset(
    (
        "None",
        "ConditionalCheckFailed",
        "ItemCollectionSizeLimitExceeded",
        "TransactionConflict",
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
        "ValidationError",
    )
)
KEYS_MAX = 100  # Of one BatchGetItem.
_BESIDE = frozenset(("Error", "ResponseMetadata"))  # What botocore adds to the members of an error.


class Misshapen(Exception):
    """A request that DynamoDB would always refuse, or an answer that it would never give."""


@cache
def operations(service: str = "dynamodb") -> dict[str, OperationModel]:
    """By the method's name, such as `get_item`."""
    model = botocore.session.get_session().get_service_model(service)
    named = ((re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), name) for name in model.operation_names)
    return {method: model.operation_model(name) for method, name in named}


def wrong(value: Json, shape: Any) -> str:
    """What is wrong with a structure, or "": first by boto3's own check, then by rules that only the service checks."""
    errors = ParamValidator().validate(value, shape)
    return errors.generate_report() if errors.has_errors() else next(_beyond(value, shape, shape.name), "")


def _beyond(value: Any, shape: Any, where: str) -> Iterator[str]:
    """What botocore does not check: enums, patterns, maxima, and that a value has exactly one type."""
    most, allowed, pattern = (shape.metadata.get(name) for name in ("max", "enum", "pattern"))
    if most is not None and (value if isinstance(value, int) else len(value)) > most:
        yield f"{where} is more than {most}"
    if allowed and value not in allowed:
        yield f"{where}: {value!r} is none of {', '.join(allowed)}"
    if pattern and not re.fullmatch(pattern, value):
        yield f"{where}: {value!r} is not like {pattern}"
    if shape.name == "AttributeValue" and len(value) != 1:
        yield f"{where} has {len(value)} types"
    for name, part, of_part in _parts(value, shape):
        yield from _beyond(part, of_part, f"{where}.{name}")


def _parts(value: Any, shape: Any) -> Iterator[tuple[object, Any, Any]]:
    if shape.type_name == "structure":
        yield from ((name, part, shape.members[name]) for name, part in value.items())
    elif shape.type_name == "list":
        yield from ((place, part, shape.member) for place, part in enumerate(value))
    elif shape.type_name == "map":
        for name, part in value.items():
            yield name, name, shape.key
            yield name, part, shape.value


def wrong_request(of: OperationModel, request: Json) -> str:
    """What is wrong, or ""."""
    return wrong(request, of.input_shape) or _wrong_count(of.name, request)


def _wrong_count(named: str, request: Json) -> str:
    """BatchGetItem accepts 1 to 100 keys over all tables; botocore's model has a maximum per table only."""
    if named != "BatchGetItem":
        return ""
    count = sum(len(body["Keys"]) for body in request["RequestItems"].values())
    return "" if 1 <= count <= KEYS_MAX else f"{count} keys are not 1 to {KEYS_MAX}"


def wrong_answer(of: OperationModel, answer: Json) -> str:
    plain = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    return wrong(plain, of.output_shape)


def wrong_refusal(of: OperationModel, request: Json, response: Json) -> str:
    code, message = response["Error"]["Code"], {name: response[name] for name in response.keys() - _BESIDE}
    shapes: dict[str, Any] = {shape.name: shape for shape in of.error_shapes}
    if code not in shapes:
        return "" if code in _OF_ALL and not message else f"{of.name} never answers {code} {message}"
    if code == "TransactionCanceledException":
        codes = [reason.get("Code") for reason in message["CancellationReasons"]]
        if len(codes) != len(request["TransactItems"]) or not _REASONS.issuperset(codes) or {*codes} == {"None"}:
            return f"{codes} are no reasons of {len(request['TransactItems'])} actions"
    return wrong(message, shapes[code])


def _raise(what: str) -> None:
    raise Misshapen(what)


class Door:
    """A client that checks calls and answers where `is_its_turn`, and calls `tell` with what is wrong."""

    def __init__(
        self, client: Any, is_its_turn: Callable[[], bool] = lambda: True, tell: Callable[[str], None] = _raise
    ) -> None:
        self._client, self._is_its_turn, self._tell = client, is_its_turn, tell

    def __getattr__(self, method: str) -> Any:
        act = getattr(self._client, method)
        if method not in operations() or not self._is_its_turn():
            return act
        return lambda **request: self._checked(operations()[method], act, request)

    def _checked(self, of: OperationModel, act: Any, request: Json) -> Any:
        self._say(of, wrong_request(of, request))
        try:
            answer = act(**request)
        except ClientError as refused:
            self._say(of, wrong_refusal(of, request, dict(refused.response)))
            raise
        self._say(of, wrong_answer(of, answer))
        return answer

    def _say(self, of: OperationModel, wrong: str) -> None:
        if wrong:
            self._tell(f"{of.name}: {wrong}")
