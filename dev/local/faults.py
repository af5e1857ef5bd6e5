"""Faults of AWS's services, armed by a person or a test."""

import json
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from gateway_simulators.kit.messages import Request, Response, json_response

UNTIL_CLEARED = -1
SERVICE_BY_FAULT = {"throttle": "dynamodb", "lose": "secretsmanager", "refuse": "stepfunctions"}
WANTED = (
    'Send {"fault": "throttle", "service": "dynamodb", "times": 3}: '
    + ", ".join(f"{fault} is for {service}" for fault, service in SERVICE_BY_FAULT.items())
    + "; times is a whole number from 1, or -1 for until cleared, and 1 if absent"
)
_FIELDS = {"fault", "service", "times"}
_DYNAMODB_TYPE = "com.amazonaws.dynamodb.v20120810#"
_THROTTLED = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning "
    "level with the UpdateTable API."
)
_READS = ("GetItem", "BatchGetItem", "Query", "Scan")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


class BadFaultError(ValueError):
    """The text says what to send."""


@dataclass
class Fault:
    fault: str
    service: str
    times: int


@dataclass(frozen=True)
class Throttle:
    at: float
    table: str
    is_write: bool


class Faults:
    def __init__(self) -> None:
        self._armed: list[Fault] = []
        self._lock = threading.Lock()
        self.throttles: list[Throttle] = []

    def arm(self, wanted: dict[str, Any]) -> Fault:
        fault, times = wanted.get("fault"), wanted.get("times", 1)
        if not isinstance(fault, str) or fault not in SERVICE_BY_FAULT or wanted.keys() - _FIELDS:
            raise BadFaultError(WANTED)
        if wanted.get("service") != SERVICE_BY_FAULT[fault]:
            raise BadFaultError(WANTED)
        if type(times) is not int or (times < 1 and times != UNTIL_CLEARED):
            raise BadFaultError(WANTED)
        armed = Fault(fault, SERVICE_BY_FAULT[fault], times)
        with self._lock:
            self._armed.append(armed)
        return armed

    def list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._armed]

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def answer(self, request: Request) -> Response | None:
        """The fault's answer instead of the service's; None if no fault applies."""
        prefix, _, action = request.header("x-amz-target").partition(".")
        if prefix == "AWSStepFunctions":
            return _REFUSED if action == "StartExecution" and self._take("refuse") else None
        if prefix == "secretsmanager":
            return _LOST if action == "GetSecretValue" and self._take("lose") else None
        if action in (*_READS, *_WRITES) and self._take("throttle"):
            return self._throttled(request, action)
        return None

    def _take(self, fault: str) -> bool:
        with self._lock:
            armed = next((each for each in self._armed if each.fault == fault), None)
            if armed is None:
                return False
            if armed.times != UNTIL_CLEARED:
                armed.times -= 1
            self._armed = [each for each in self._armed if each.times]
            return True

    def _throttled(self, request: Request, action: str) -> Response:
        tables, now = _tables(request), time.time()
        self.throttles += [Throttle(now, table, action in _WRITES) for table in dict.fromkeys(tables)]
        if action == "TransactWriteItems":
            return _cancelled(len(tables))
        return _refusal(400, f"{_DYNAMODB_TYPE}ProvisionedThroughputExceededException", _THROTTLED)


def _tables(request: Request) -> list[str]:
    try:
        wanted = request.json()
        if "RequestItems" in wanted:
            return list(wanted["RequestItems"])
        if "TransactItems" in wanted:
            return [str(write["TableName"]) for item in wanted["TransactItems"] for write in item.values()]
        return [str(wanted["TableName"])]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _cancelled(count: int) -> Response:
    reasons = [{"Code": "ThrottlingError", "Message": _THROTTLED}] * max(count, 1)
    listed = ", ".join(reason["Code"] for reason in reasons)
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{listed}]"
    return _refusal(400, f"{_DYNAMODB_TYPE}TransactionCanceledException", text, CancellationReasons=reasons)


def _refusal(http_status: int, code: str, text: str, **more: Any) -> Response:
    body = json.dumps({"__type": code, "message": text, "Message": text, **more}).encode()
    return Response(http_status, body, [("content-type", "application/x-amz-json-1.0")])


_REFUSED = _refusal(400, "ExecutionLimitExceeded", "The maximum number of running executions has been reached")
_LOST = json_response(500, {"__type": "InternalServiceError", "Message": "An error occurred on the server side."})
