"""AWS as an invocation sees it: the model of DynamoDB, behind the network and botocore's three tries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from dev.dynamodb_model import DynamoDB, errors
from dev.histories.chaos import Point
from dev.histories.network import Network, attempted
from dev.histories.scheduler import Ended, Task

INVALID = "ValidationError"  # The reason with which DynamoDB cancels a transaction that can never succeed.
_SDK_GIVES_UP_MS = 6_500.0  # Three tries of two seconds, and the waits between them.
_SDK_SENDS_AGAIN_MS = 2_050.0
_TORN_APART_MS = 400.0


class Client:
    """A low-level DynamoDB client with the deployed client's tries, time limits and tokens."""

    def __init__(self, dynamo: DynamoDB, network: Network) -> None:
        self._dynamo, self._network = dynamo, network

    def get_item(self, **request: Any) -> Any:
        answer = self._call("get_item", request)
        if request["TableName"].endswith("workspaces"):
            self._network.read(answer.get("Item", {}))
        return answer

    def batch_get_item(self, **request: Any) -> Any:
        task, point = self._network.point("store", "batch_get_item")
        send = {"torn": self._torn, "unprocessed": self._unprocessed}.get(point.fault, self._batch)
        return self._faulty(task, point, request, send)

    def put_item(self, **request: Any) -> Any:
        return self._call("put_item", request)

    def update_item(self, **request: Any) -> Any:
        try:
            return self._call("update_item", request)
        except (ClientError, ReadTimeoutError) as failure:
            if _takes_lease(request) and not _is_refusal(failure):
                self._network.note_unread()
            raise

    def query(self, **request: Any) -> Any:
        try:
            return self._call("query", request)
        except (ClientError, ReadTimeoutError):
            if request.get("IndexName") == "due":
                self._network.note_unread()
            raise

    def transact_write_items(self, **request: Any) -> Any:
        task, point = self._network.point("store", f"transact {_named(request)}")
        request = {"ClientRequestToken": _token(f"{task.name}/{task.points}")} | request
        return self._faulty(task, point, request, self._transaction)

    def _batch(self, task: Task, point: Point, request: dict[str, Any]) -> Any:
        return self._network.call(task, point, lambda: self._dynamo.batch_get_item(**request))

    def _torn(self, task: Task, point: Point, request: dict[str, Any]) -> Any:
        """A batch over several tables is no snapshot: others may write between its tables. The last table is read
        first.
        """
        whole: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
        for name, wanted in reversed(request["RequestItems"].items()):
            answer = self._batch(task, point, {"RequestItems": {name: wanted}})
            for part, found in whole.items():
                found |= answer[part]
            self._network.pause(_TORN_APART_MS * point.tie, point)
        return whole

    def _unprocessed(self, task: Task, point: Point, request: dict[str, Any]) -> Any:
        """DynamoDB leaves some keys unprocessed and answers the others in any order."""
        done, left = {}, {}
        for name, wanted in request["RequestItems"].items():
            half = (len(wanted["Keys"]) + 1) // 2
            done[name] = wanted | {"Keys": wanted["Keys"][:half]}
            if rest := wanted["Keys"][half:]:
                left[name] = wanted | {"Keys": rest}
        answer = self._batch(task, point, {"RequestItems": done})
        for found in answer["Responses"].values():
            found.reverse()
        return answer | {"UnprocessedKeys": left}

    def _call(self, method: str, request: dict[str, Any]) -> Any:
        task, point = self._network.point("store", f"{method} {_plain(request.get('TableName', ''))}".rstrip())
        act = getattr(self._dynamo, method)
        is_write = method in ("put_item", "update_item")

        def send(task: Task, point: Point, request: dict[str, Any]) -> Any:
            return self._network.call(task, point, lambda: act(**request), self._at(point, is_write))

        return self._faulty(task, point, request, send)

    def _faulty(self, task: Task, point: Point, request: dict[str, Any], send: Callable[..., Any]) -> Any:
        if point.fault == "throttled":
            self._network.pause(_SDK_SENDS_AGAIN_MS, point)
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "simulated")
        if point.fault == "invalid" and "TransactItems" in request:
            raise errors.cancelled([errors.reason(code) for code in _one_invalid(len(request["TransactItems"]))])
        if self._network.is_contended and "TransactItems" in request:
            self._network.pause(point.there_ms + point.back_ms, point)
            raise errors.cancelled([errors.reason("TransactionConflict") for _ in request["TransactItems"]])
        if point.fault == "lost_before":
            self._network.pause(_SDK_GIVES_UP_MS, point)
            raise ReadTimeoutError(endpoint_url="simulated")
        if point.fault in ("lost_after", "resent"):
            return self._again(task, point, request, send)
        return send(task, point, request)

    def _again(self, task: Task, point: Point, request: dict[str, Any], send: Callable[..., Any]) -> Any:
        """The first answer was lost, so the request is sent again; the second answer may be lost as well."""
        first = attempted(lambda: send(task, point, request))
        self._network.pause(_SDK_SENDS_AGAIN_MS, point)
        try:
            if point.fault == "lost_after":
                raise ReadTimeoutError(endpoint_url="simulated")
            return send(task, point, request)
        except (ClientError, ReadTimeoutError):
            self._network.tally.unheard += first.error is None
            raise

    def _transaction(self, task: Task, point: Point, request: dict[str, Any]) -> Any:
        """All at once, or in two steps between which others meet its items in flight."""
        network, dynamo, at_ms = self._network, self._dynamo, self._at(point, is_write=True)
        if point.tie <= 0.5 or at_ms is None:
            return network.call(task, point, lambda: dynamo.transact_write_items(**request), at_ms)
        ended: list[Ended] = []

        def begin() -> None:
            transaction = dynamo.begin_transaction(request)
            network.later(point.inside_ms, lambda: ended.append(attempted(lambda: dynamo.commit(transaction))), 0.0)

        network.call(task, point, begin, max(at_ms - point.inside_ms, network.scheduler.now_ms))
        while not ended:
            network.pause(point.inside_ms, point)
        if ended[0].error is not None:
            raise ended[0].error
        return ended[0].value

    def _at(self, point: Point, is_write: bool) -> float | None:
        """When the request takes effect (ms); None: as soon as it arrives."""
        if not is_write or self._network.is_calm:
            return None
        return self._network.chaos.write_at(self._network.scheduler.now_ms + point.there_ms + point.inside_ms)


def _takes_lease(request: dict[str, Any]) -> bool:
    until = request["ExpressionAttributeValues"].get(":until", {"S": ""})["S"]
    # A lease that is ended has 1970.
    return request["Key"]["pk"]["S"].startswith("LEASE#sweep") and not until.startswith("1970")


def _is_refusal(failure: Exception) -> bool:
    return isinstance(failure, ClientError) and failure.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _token(name: str) -> str:
    """botocore makes one token per call; the tries of one call share it."""
    return hashlib.blake2s(name.encode(), digest_size=16).hexdigest()


def _one_invalid(actions: int) -> list[str]:
    """The last action can never succeed. A failed condition beside it must not hide that."""
    return [*("None",) * (actions - 2), *("ConditionalCheckFailed",) * (actions > 1), INVALID]


def _named(request: dict[str, Any]) -> str:
    verbs = (next(iter(item.items())) for item in request["TransactItems"])
    return ", ".join(f"{verb} {_plain(action['TableName'])}" for verb, action in verbs)


def _plain(table: str) -> str:
    return table.rpartition("-")[2]
