"""Events as an HTTP API sends them to a function (payload format 2.0), and as a table's stream does."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from itertools import count
from typing import Any

from dev.local.blueprint import ACCOUNT, REGION
from payments.domain.values.money import Money
from payments.store.dynamodb.codec import Item

WORKSPACE, MEMBER, GATEWAY = "ws_demo", "owner", "phonepe"
AMOUNT = Money(49900, "INR")
LOGIN = "sim_user:simPass123"

Event = dict[str, Any]
_numbers = count(1)


def an_order(shop: str) -> dict[str, Any]:
    return {
        "merchant_order_id": f"BENCH-{next(_numbers)}",
        "amount": AMOUNT.minor,
        "currency": AMOUNT.currency,
        "return_url": f"{shop}/thanks?cart=7",
    }


def by_member(method: str, path: str, body: Mapping[str, Any] | None = None, key: str = "") -> Event:
    """A request by a member whose token API Gateway has checked."""
    claims = {"jwt": {"claims": {"sub": MEMBER, "iss": "https://issuer.example"}, "scopes": None}}
    headers = {"x-tenant-id": WORKSPACE, "authorization": "Bearer x.y.z"} | ({"idempotency-key": key} if key else {})
    return _event(method, path, json.dumps(body) if body is not None else "", headers, authorizer=claims)


def by_gateway(order: Mapping[str, Any]) -> Event:
    """A webhook that reports an order as paid, with the gateway's proof."""
    body = json.dumps({"event": "checkout.order.completed", "payload": order})
    return _event(
        "POST", f"/v1/webhooks/{GATEWAY}", body, {"authorization": hashlib.sha256(LOGIN.encode()).hexdigest()}
    )


def by_stream(table: str, key: Item) -> Event:
    """A stream record: an item was added to a table."""
    stream = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/2026-12-01T05:20:47.000"
    change = {
        "ApproximateCreationDateTime": 1_795_170_600.0,
        "Keys": key,
        "SequenceNumber": "4421584500000000017450439091",
        "SizeBytes": 96,
        "StreamViewType": "KEYS_ONLY",
    }
    record = {
        "eventID": "7de3041dd709b024af6f29e4fa13d34c",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": change,
        "eventSourceARN": stream,
    }
    return {"Records": [record]}


def a_key() -> str:
    return str(uuid.uuid4())


def _event(method: str, path: str, body: str, headers: Mapping[str, str], **more: object) -> Event:
    agent = "curl/8.9.1"
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": agent}
    context = {
        "accountId": ACCOUNT,
        "apiId": "a1b2c3d4e5",
        "domainName": "api.example",
        "http": http,
        "requestId": "JKJaXmPLvHcESHA=",
        "stage": "$default",
        "timeEpoch": 1_795_170_600_000,
        **more,
    }
    content = {"content-type": "application/json", "content-length": str(len(body))} if body else {}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "host": "api.example",
            "user-agent": agent,
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **content,
            **headers,
        },
        "requestContext": context,
        **({"body": body} if body else {}),
        "isBase64Encoded": False,
    }
