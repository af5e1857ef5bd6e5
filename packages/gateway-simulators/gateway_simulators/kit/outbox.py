"""Webhooks to deliver: due times, tries, outcomes. `pump()` delivers what is due; a server calls it from threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib import error, request

ANSWER_WITHIN_SECONDS = 5.0  # Real seconds, not the clock's: it limits a socket.
RETRY_AFTER_SECONDS = (5.0, 30.0)  # On the clock; three tries in all.

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Sends one webhook and returns the HTTP status; raises OSError when there was no answer."""


@dataclass(slots=True)
class Webhook:
    event: str
    about: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    due_at: float
    id: str = ""
    state: str = "waiting"  # waiting, sending, delivered, given_up
    tries: list[dict[str, object]] = field(default_factory=list)

    def view(self) -> dict[str, object]:
        return {
            "id": self.id,
            "event": self.event,
            "about": self.about,
            "state": self.state,
            "due_at": self.due_at,
            "tries": list(self.tries),
            "body": self.body.decode(),
        }


class Outbox:
    def __init__(self, clock: Callable[[], float], post: Post, retry_after: tuple[float, ...] = RETRY_AFTER_SECONDS):
        self._clock = clock
        self._post = post
        self._retry_after = retry_after
        self._webhooks: list[Webhook] = []
        self._waiting: list[Webhook] = []
        self._lock = threading.Lock()

    def add(self, webhook: Webhook) -> None:
        with self._lock:
            webhook.id = f"wh_{len(self._webhooks) + 1}"
            self._webhooks.append(webhook)
            self._waiting.append(webhook)

    def pump(self) -> int:
        """Deliver all that is due now, oldest first; returns how many deliveries were tried."""
        tried = 0
        while webhook := self.claim():
            self.deliver(webhook)
            tried += 1
        return tried

    def deliver(self, webhook: Webhook) -> None:
        outcome = self._try(webhook)  # Outside the lock: the receiver may call the simulator back.
        with self._lock:
            self._record(webhook, outcome)

    def next_due_at(self) -> float | None:
        with self._lock:
            return min((webhook.due_at for webhook in self._waiting), default=None)

    def is_sending(self) -> bool:
        with self._lock:
            return any(webhook.state == "sending" for webhook in self._webhooks)

    def views(self) -> list[dict[str, object]]:
        with self._lock:
            return [webhook.view() for webhook in self._webhooks]

    def clear(self) -> None:
        with self._lock:
            self._webhooks.clear()
            self._waiting.clear()

    def claim(self) -> Webhook | None:
        """Take the oldest due webhook for delivery by the caller; None if there is none."""
        now = self._clock()
        with self._lock:
            due = [webhook for webhook in self._waiting if webhook.due_at <= now]
            if not due:
                return None
            webhook = min(due, key=lambda waiting: waiting.due_at)
            self._waiting.remove(webhook)
            webhook.state = "sending"
            return webhook

    def _try(self, webhook: Webhook) -> int | str:
        try:
            return self._post(webhook.url, webhook.headers, webhook.body)
        except OSError as problem:
            return type(problem).__name__

    def _record(self, webhook: Webhook, outcome: int | str) -> None:
        now = self._clock()
        webhook.tries.append({"at": now, "outcome": outcome})
        if isinstance(outcome, int) and 200 <= outcome < 300:
            webhook.state = "delivered"
        elif len(webhook.tries) > len(self._retry_after):
            webhook.state = "given_up"
        else:
            webhook.state = "waiting"
            webhook.due_at = now + self._retry_after[len(webhook.tries) - 1]
            self._waiting.append(webhook)


class _NoRedirects(request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = request.build_opener(request.ProxyHandler({}), _NoRedirects)


def post_over_http(url: str, headers: Mapping[str, str], body: bytes) -> int:
    sent = request.Request(url, data=body, headers=dict(headers), method="POST")
    try:
        with _opener.open(sent, timeout=ANSWER_WITHIN_SECONDS) as answer:
            return int(answer.status)
    except error.HTTPError as refusal:
        with refusal:
            return refusal.code
