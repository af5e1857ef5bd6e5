"""What the local stack itself costs a request: a function that only answers."""

from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": "hello"}
