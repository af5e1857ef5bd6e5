"""Checks of PhonePe's requests. A null counts as absent, because PhonePe's own Python SDK sends nulls."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from gateway_simulators.phonepe.errors import bad_request

MIN_AMOUNT = 100
EXPIRE_AFTER_SECONDS = (300, 3600)
_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")
_PLAIN_UDF = re.compile(r"[a-zA-Z0-9_\- @.+]{1,50}")
_FREE_UDFS = {f"udf{n}" for n in range(1, 11)}
_PLAIN_UDFS = {f"udf{n}" for n in range(11, 16)}


def read_id(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise bad_request(f"{name} must be 1 to 63 characters of A-Z a-z 0-9 _ -")
    return value


def read_amount(body: dict[str, Any], least: int = MIN_AMOUNT) -> int:
    value = body.get("amount")
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise bad_request(f"amount must be a whole number of paise, at least {least}")
    return value


def read_expire_after(body: dict[str, Any], default: int) -> int:
    value = body.get("expireAfter")
    if value is None:
        return default
    least, most = EXPIRE_AFTER_SECONDS
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise bad_request(f"expireAfter must be {least} to {most} seconds")
    return value


def read_meta(body: dict[str, Any]) -> dict[str, str]:
    meta = _object(body, "metaInfo")
    return {name: _udf(name, value) for name, value in meta.items() if value is not None}


def _udf(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise bad_request(f"metaInfo.{name} must be text")
    if name in _FREE_UDFS and len(value) <= 256:
        return value
    if name in _PLAIN_UDFS and _PLAIN_UDF.fullmatch(value):
        return value
    raise bad_request(f"metaInfo.{name}: this name or this value is not allowed")


def read_flow(body: dict[str, Any]) -> dict[str, Any]:
    flow = _object(body, "paymentFlow")
    if flow.get("type") != "PG_CHECKOUT":
        raise bad_request("paymentFlow.type must be PG_CHECKOUT")
    if not isinstance(flow.get("message") or "", str):
        raise bad_request("paymentFlow.message must be text")
    return flow


def read_redirect_url(flow: dict[str, Any]) -> str:
    url = _object(flow, "merchantUrls").get("redirectUrl") or ""
    if url and not _is_web_address(url):
        raise bad_request("paymentFlow.merchantUrls.redirectUrl must be an http(s) address")
    return str(url)


def read_retry_disabled(body: dict[str, Any]) -> bool:
    value = body.get("disablePaymentRetry")
    if value is not None and not isinstance(value, bool):
        raise bad_request("disablePaymentRetry must be true or false")
    return bool(value)


def _is_web_address(url: object) -> bool:
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be an object")
    return value
