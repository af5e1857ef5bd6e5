"""moto without botocore: the same answers and errors, ten times faster."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager

from moto import mock_aws
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.responses import DynamoHandler

from dev.local.blueprint import ACCOUNT, REGION
from tests.dev.dynamodb_model.tables import LOCKS, THINGS, Json


class Refused(Exception):
    """Stands for boto3's ClientError."""

    def __init__(self, error: JsonRESTError) -> None:
        super().__init__(error.error_type)
        body = json.loads(error.description)
        self.response = {"Error": {"Code": error.relative_error_type, "Message": error.message}, **body}


class Moto:
    def __init__(self) -> None:
        self._handler = DynamoHandler()
        self._handler.current_account, self._handler.region = ACCOUNT, REGION
        self._handler.headers = {}

    def call(self, method: str, request: Json) -> Json:
        self._handler.body = copy.deepcopy(request)
        try:
            answer = getattr(self._handler, method)()
        except JsonRESTError as error:
            raise Refused(error) from error
        return {} if isinstance(answer, str) else copy.deepcopy(answer.result)


@contextmanager
def moto() -> Iterator[Moto]:
    with mock_aws():
        yield Moto()


@contextmanager
def moto_tables(moto: Moto) -> Iterator[None]:
    for table in (THINGS, LOCKS):
        moto.call("create_table", table)
    try:
        yield
    finally:
        for table in (THINGS, LOCKS):
            moto.call("delete_table", {"TableName": table["TableName"]})
