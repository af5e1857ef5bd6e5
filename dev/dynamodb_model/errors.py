"""The errors that boto3 raises, with DynamoDB's texts."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

Reason = dict[str, Any]


class ConditionalCheckFailedException(ClientError):
    pass


class IdempotentParameterMismatchException(ClientError):
    pass


class ResourceInUseException(ClientError):
    pass


class ResourceNotFoundException(ClientError):
    pass


class TransactionCanceledException(ClientError):
    pass


class TransactionConflictException(ClientError):
    pass


class TransactionInProgressException(ClientError):
    pass


class ValidationException(ClientError):
    """boto3 has no class of this name: it raises a plain ClientError with this code."""


class Exceptions:
    """As `client.exceptions`."""

    ClientError = ClientError
    ConditionalCheckFailedException = ConditionalCheckFailedException
    IdempotentParameterMismatchException = IdempotentParameterMismatchException
    ResourceInUseException = ResourceInUseException
    ResourceNotFoundException = ResourceNotFoundException
    TransactionCanceledException = TransactionCanceledException
    TransactionConflictException = TransactionConflictException
    TransactionInProgressException = TransactionInProgressException


class Unmodelled(NotImplementedError):
    """A request that DynamoDB may accept and the model does not know; it raises instead of guessing."""


def _refusal(cls: type[ClientError], message: str, operation: str = "", **more: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": cls.__name__, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
        **more,
    }
    return cls(response, operation or "DynamoDB")


def invalid(message: str) -> ClientError:
    return _refusal(ValidationException, message)


def condition_failed(operation: str, item: dict[str, Any] | None) -> ClientError:
    more = {} if item is None else {"Item": item}
    return _refusal(ConditionalCheckFailedException, "The conditional request failed", operation, **more)


def no_such_table() -> ClientError:
    return _refusal(ResourceNotFoundException, "Requested resource not found")


def table_exists(name: str) -> ClientError:
    return _refusal(ResourceInUseException, f"Table already exists: {name}", "CreateTable")


def item_in_transaction(operation: str) -> ClientError:
    return _refusal(TransactionConflictException, "Transaction is ongoing for the item", operation)


def token_in_progress() -> ClientError:
    words = "The transaction with the given request token is already in progress."
    return _refusal(TransactionInProgressException, words, "TransactWriteItems")


def token_mismatch() -> ClientError:
    words = "Requests with the same client token must have the same parameters"
    return _refusal(IdempotentParameterMismatchException, words, "TransactWriteItems")


def cancelled(reasons: list[Reason]) -> ClientError:
    codes = ", ".join(reason["Code"] for reason in reasons)
    words = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    cls = TransactionCanceledException
    return _refusal(cls, words, "TransactWriteItems", CancellationReasons=reasons, Message=words)


def reason(code: str, message: str = "", item: dict[str, Any] | None = None) -> Reason:
    made: Reason = {"Code": code}
    if message:
        made["Message"] = message
    if item is not None:
        made["Item"] = item
    return made
