"""The floor: what starting Python and the runtime client costs."""

from typing import Any


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 201, "body": "{}"}
