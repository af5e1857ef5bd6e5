"""Gateway access tokens in DynamoDB: one row for each client, with a lease for the function that renews it."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.domain.records.token import Token
from payments.store.dynamodb import keys
from payments.store.dynamodb.client import ConditionFailed, DynamoDB, FencedClient
from payments.store.dynamodb.codec import decode, encode, encode_item

_TABLE = "gateway_tokens"
_RETENTION = timedelta(days=1)
_EPOCH = "1970-01-01T00:00:00.000Z"


class DynamoTokenVault:
    """Implements `payments.gateways.transport.token_vault.TokenVault`."""

    def __init__(self, client: DynamoDB, table_prefix: str) -> None:
        self._client = FencedClient(client, table_prefix)

    def get_token(self, key: str) -> Token | None:
        item = self._client.get(_TABLE, keys.token(key))
        return decode(Token, item["token"]["M"]) if item and "token" in item else None

    def take_lease(self, key: str, now: datetime, until: datetime) -> bool:
        values = {":now": encode(now), ":until": encode(until)}
        condition = "attribute_not_exists(lease_until) OR lease_until < :now"
        try:
            self._client.update(_TABLE, keys.token(key), "SET lease_until = :until", values, condition)
        except ConditionFailed:
            return False
        return True

    def put_token(self, key: str, token: Token) -> None:
        ttl = int((token.expires_at + _RETENTION).timestamp())
        values = {":token": {"M": encode_item(token)}, ":free": encode(_EPOCH), ":ttl": encode(ttl)}
        expression = "SET #token = :token, lease_until = :free, #ttl = :ttl"
        self._client.update(_TABLE, keys.token(key), expression, values, names={"token": "token", "ttl": "ttl"})

    def end_lease(self, key: str) -> None:
        self._client.update(_TABLE, keys.token(key), "SET lease_until = :free", {":free": encode(_EPOCH)})
