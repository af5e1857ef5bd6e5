"""Lambda's API other than Invoke: the functions, and how many invocations of each may run at once."""

from typing import Any

from dev.local.blueprint import FunctionSpec
from dev.local.functions import Functions, NoSuchFunctionError
from dev.local.pool import Pool
from dev.local.protocol import Given, Refusal, Service

_AT_ONCE_MAX = 1000  # An account's usual limit.


def service(functions: Functions) -> Service:
    api = _Api(functions)
    return Service(
        "lambda",
        {
            "ListFunctions": api.list_all,
            "GetFunctionConfiguration": api.get_configuration,
            "GetFunctionConcurrency": api.get_concurrency,
            "PutFunctionConcurrency": api.put_concurrency,
            "DeleteFunctionConcurrency": api.delete_concurrency,
            "GetAccountSettings": api.get_account,
        },
    )


class _Api:
    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def list_all(self, given: Given) -> Given:
        return {"Functions": [_described(pool.function) for pool in self._functions.pools()]}

    def get_configuration(self, given: Given) -> Given:
        return _described(self._named(given).function)

    def get_concurrency(self, given: Given) -> Given:
        reserved = self._named(given).reserved_concurrency
        return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}

    def put_concurrency(self, given: Given) -> Given:
        pool = self._named(given)
        pool.reserved_concurrency = int(given["ReservedConcurrentExecutions"])
        return {"ReservedConcurrentExecutions": pool.reserved_concurrency}

    def delete_concurrency(self, given: Given) -> Given:
        self._named(given).reserved_concurrency = None
        return {}

    def get_account(self, given: Given) -> Given:
        pools = self._functions.pools()
        reserved = sum(pool.reserved_concurrency or 0 for pool in pools)
        limit = {"ConcurrentExecutions": _AT_ONCE_MAX, "UnreservedConcurrentExecutions": _AT_ONCE_MAX - reserved}
        return {"AccountLimit": limit, "AccountUsage": {"FunctionCount": len(pools)}}

    def _named(self, given: Given) -> Pool:
        try:
            return self._functions.pool(given["FunctionName"])
        except NoSuchFunctionError as fault:
            raise Refusal("ResourceNotFoundException", f"Function not found: {given['FunctionName']}") from fault


def _described(function: FunctionSpec) -> dict[str, Any]:
    return {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Handler": function.handler,
        "Timeout": function.timeout_seconds,
        "MemorySize": function.memory_mb,
        "Environment": {"Variables": function.environment},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": function.log_group},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "Version": "$LATEST",
    }
