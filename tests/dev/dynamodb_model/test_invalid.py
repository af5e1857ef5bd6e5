from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.dev.dynamodb_model.compare import a_model
from tests.dev.dynamodb_model.invalid import INVALID
from tests.dev.dynamodb_model.tables import key, n, s


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_request_is_refused_and_changes_nothing(name: str) -> None:
    (method, request), words = INVALID[name]
    model = a_model()
    with pytest.raises(ClientError) as caught:
        getattr(model, method)(**request)
    error = caught.value.response["Error"]
    assert (error["Code"], words in error["Message"]) == ("ValidationException", True), error["Message"]
    assert model.items("things") == []


def test_the_largest_item_and_transaction_are_accepted() -> None:
    model = a_model()
    room = 400 * 1024 - len("pk" + "a" + "sk" + "1" + "s")
    model.put_item(TableName="things", Item=key() | {"s": s("x" * room)})
    items = [key("a", str(number)) | {"n": n(number)} for number in range(100)]
    model.transact_write_items(TransactItems=[{"Put": {"TableName": "things", "Item": item}} for item in items])
    assert len(model.items("things")) == 100
