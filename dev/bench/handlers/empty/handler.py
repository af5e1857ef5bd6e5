"""The minimum: the start of Python and the runtime client."""

from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 201, "body": "{}"}
