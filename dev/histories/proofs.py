"""The gateways' proofs of their webhooks, for attackers' lies."""

from __future__ import annotations

import json
import string
from importlib import import_module
from typing import Any

from dev.histories.settings import webhook_url
from gateway_simulators.kit.parts import parts_of

Headers = dict[str, str]
_SIGNS = string.digits + string.ascii_letters
_NEXT = str.maketrans(_SIGNS, _SIGNS[1:] + _SIGNS[:1])


def proof(gateway: str, body: bytes, now_s: float) -> Headers:
    settings = parts_of(gateway).settings(webhook_url=webhook_url(gateway))
    return {name.lower(): text for name, text in _forging(gateway).proof(settings, body, now_s).items()}


def forged(gateway: str, body: bytes, now_s: float) -> Headers:
    """A proof of the right form, but of another body or by another key."""
    return {name: _changed(text) for name, text in proof(gateway, body, now_s).items()}


def webhook_body(gateway: str, our_id: str, ref: str) -> bytes:
    """The body of a webhook that reports an order as paid; `ref` is the gateway's id of it."""
    return json.dumps(_forging(gateway).webhook_body(our_id, ref)).encode()


def _changed(text: str) -> str:
    return text[:-12] + text[-12:].translate(_NEXT)


def _forging(gateway: str) -> Any:
    return import_module(f"gateway_simulators.{gateway}.forging")
