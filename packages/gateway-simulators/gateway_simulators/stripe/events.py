"""Events: stored for thirty days, and sent with Stripe's signature to the single endpoint."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from gateway_simulators.kit.outbox import Webhook
from gateway_simulators.kit.timers import Timers
from gateway_simulators.stripe.ids import Ids
from gateway_simulators.stripe.records import Event
from gateway_simulators.stripe.settings import Settings
from gateway_simulators.stripe.views import event_view

EventData = tuple[str, str, dict[str, Any], dict[str, Any]]
"""Event type, what it is about, the object, its previous attributes."""


class Announce(Protocol):
    def __call__(self, op: str, *makes: Callable[[float], Webhook]) -> None: ...


def signature(secrets: tuple[str, ...], body: bytes, at: int) -> str:
    signed = f"{at}.".encode() + body
    proofs = [hmac.new(secret.encode(), signed, "sha256").hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={proof}" for proof in proofs)])


class Events:
    def __init__(self, timers: Timers, ids: Ids, settings: Settings, announce: Announce) -> None:
        self._timers, self._ids, self._settings, self._announce = timers, ids, settings, announce
        self._retained: list[Event] = []

    def tell(
        self, op: str, kind: str, about: str, view: dict[str, Any], previous: dict[str, Any] | None = None
    ) -> None:
        self.tell_all(op, (kind, about, view, previous or {}))

    def tell_all(self, op: str, *webhook_event: EventData) -> None:
        """Send the events of one happening; a webhook fault delays, drops or doubles them together."""
        now = self._timers.now()
        events = [
            Event(self._ids.new("evt"), kind, now, about, view, before) for kind, about, view, before in webhook_event
        ]
        self._retained += events
        self._post(op, events)

    def tell_again(self, about: str) -> bool:
        posted = [event for event in self._retained if event.about == about and self._is_enabled(event)]
        if posted:
            self._post("pay", posted[-1:])
        return bool(posted)

    def listed(self) -> list[Event]:
        oldest = self._timers.now() - self._settings.event_retention_seconds
        return [event for event in self._retained if event.created >= oldest]

    def clear(self) -> None:
        self._retained.clear()

    def _post(self, op: str, events: list[Event]) -> None:
        if enabled := [event for event in events if self._is_enabled(event)]:
            self._announce(op, *(partial(self._webhook, event) for event in enabled))

    def _webhook(self, event: Event, due_at: float) -> Webhook:
        body = json.dumps(event_view(event), indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(self._settings.webhook_secrets, body, int(due_at)),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        return Webhook(event.type, event.about, self._settings.webhook_url, headers, body, due_at)

    def _is_enabled(self, event: Event) -> bool:
        return event.type in self._settings.enabled_events or "*" in self._settings.enabled_events
