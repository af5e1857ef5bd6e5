"""600 concurrent transfers of money against moto behind our server: python race.py stock|atomic <transfers>

In a process of its own, because the cure is for the whole process. Prints the money left and the calls that failed.
"""

import json
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import atomic
from local.aws import AwsApi
from local.blueprint import REGION
from local.functions import Functions
from local.machines import Machines
from local.server import Server

ACCOUNTS, START, THREADS = 10, 100, 16
TABLE = "accounts"


def client_of(port: int) -> Any:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=THREADS, parameter_validation=False)
    return session.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}", config=config)


def account(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"account-{number}"}, "sk": {"S": "balance"}}


def move(number: int, amount: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": TABLE,
            "Key": account(number),
            "UpdateExpression": "ADD balance :amount",
            "ConditionExpression": "balance >= :least",
            "ExpressionAttributeValues": {":amount": {"N": str(amount)}, ":least": {"N": str(max(0, -amount))}},
        }
    }


def transfer(client: Any, seed: int) -> str:
    chance = random.Random(seed)
    payer, payee = chance.sample(range(ACCOUNTS), 2)
    amount = chance.randint(1, 2 * START)
    try:
        client.transact_write_items(TransactItems=[move(payer, -amount), move(payee, amount)])
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    except BotoCoreError as lost:
        return type(lost).__name__
    return "moved"


def main(kind: str, transfers: int) -> None:
    sys.setswitchinterval(1e-5)  # Threads take turns often: what can go wrong does.
    if kind == "atomic":
        atomic.install()
    server = Server(0, AwsApi(Functions([], None, None, threading.Event()), Machines([])))  # type: ignore[arg-type]
    server.start()
    client = client_of(server.port)
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    for number in range(ACCOUNTS):
        client.put_item(TableName=TABLE, Item={**account(number), "balance": {"N": str(START)}})
    with ThreadPoolExecutor(THREADS) as callers:
        ends = list(callers.map(lambda seed: transfer(client, seed), range(transfers)))
    items = client.scan(TableName=TABLE, ConsistentRead=True)["Items"]
    left = sum(int(item["balance"]["N"]) for item in items)
    faults = [end for end in ends if end not in ("moved", "TransactionCanceledException")]
    print(json.dumps({"left": left, "moved": ends.count("moved"), "faults": len(faults)}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
