"""The reference: the smallest function with boto3 and one write."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
table = os.environ["TABLE_PREFIX"] + "payment_transactions"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    wanted = json.loads(event["body"])
    item = {"pk": {"S": wanted["merchant_order_id"]}, "sk": {"S": "PAYMENT"}, "amount": {"N": str(wanted["amount"])}}
    dynamodb.put_item(TableName=table, Item=item)
    return {"statusCode": 201, "body": json.dumps({"merchant_order_id": wanted["merchant_order_id"]})}
