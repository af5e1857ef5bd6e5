"""The gateways' own timers, and their webhooks in transit: lost, late, in several copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from dev.histories.assumed import assumed_of
from dev.histories.proofs import proof
from dev.histories.scheduler import Ended
from dev.histories.settings import account_at
from gateway_simulators.kit.outbox import Webhook
from payments.gateways.contract.webhooks import WebhookRequest
from payments.usecases.ports import Ports
from payments.usecases.webhook.receive import receive_webhook

if TYPE_CHECKING:
    from dev.histories.cloud import Cloud

_AGAIN_MS = (5_000.0, 30_000.0)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Replaces a simulator's own outbox."""

    gateway: str
    post: Post

    def add(self, webhook: Webhook) -> None:
        self.post.take(self.gateway, webhook)

    def pump(self) -> int:
        return 0


class Post:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._scheduler = cloud, cloud.scheduler
        self._rng = cloud.chaos.rng("post")
        self.acked: Callable[[Webhook], None] = lambda webhook: None
        self._gateway_at_ms: dict[str, float] = {}
        self._posted: list[tuple[str, Webhook]] = []

    def watch_gateways(self) -> None:
        """Run what is due at the gateways when it is due."""
        for name, app in self._cloud.theirs.apps.items():
            due_at = app.model.timers.next_due_at()
            if due_at is not None and due_at * 1000 < self._gateway_at_ms.get(name, float("inf")):
                at_ms = self._gateway_at_ms[name] = due_at * 1000
                self._scheduler.at(at_ms, partial(self._gateway_acts, name, at_ms))

    def _gateway_acts(self, name: str, at_ms: float) -> None:
        if at_ms == self._gateway_at_ms.get(name):
            del self._gateway_at_ms[name]
            self._scheduler.now_ms = max(self._scheduler.now_ms, at_ms)
            self._cloud.theirs.apps[name].tick()
            self._cloud.something_happened(None)
            self.watch_gateways()

    def take(self, gateway: str, webhook: Webhook) -> None:
        """A webhook leaves the gateway: it is lost, late, or sent in several copies."""
        profile, draw = self._cloud.chaos.profile, self._rng.random
        self._posted.append((gateway, webhook))
        self.watch_gateways()
        if not self._cloud.network.is_calm and draw() < profile.webhook_loss:
            return
        copies = 1 if self._cloud.network.is_calm else self._rng.randint(1, profile.webhook_copies_max)
        longest = 2_000.0 if self._cloud.network.is_calm else profile.webhook_delay_max_ms
        for _ in range(copies):
            self._deliver_after(profile.webhook_delay_min_ms + longest ** draw(), gateway, webhook, tries=0)

    def _deliver_after(self, wait_ms: float, gateway: str, webhook: Webhook, tries: int) -> None:
        deliver = partial(self._deliver, gateway, webhook, tries)
        self._scheduler.at(self._scheduler.now_ms + wait_ms, deliver, self._rng.random())

    def deliver_newest(self) -> None:
        """Send one more copy of the newest webhook, now."""
        for gateway, webhook in self._posted[-1:]:
            self._deliver(gateway, webhook, len(_AGAIN_MS))

    def _deliver(self, gateway: str, webhook: Webhook, tries: int) -> None:
        headers = {name.lower(): text for name, text in webhook.headers.items()}
        if assumed_of(gateway).proves_anew:
            headers |= proof(gateway, webhook.body, self._scheduler.now_ms / 1000)
        request = WebhookRequest(webhook.body, headers)

        def receive(ports: Ports) -> None:
            receive_webhook(account_at(webhook.url), request, ports)

        def ended(how: Ended) -> None:
            is_acked = not how.was_killed and how.error is None
            if is_acked:
                self.acked(webhook)
            elif tries < len(_AGAIN_MS):
                self._deliver_after(_AGAIN_MS[tries], gateway, webhook, tries + 1)

        self._cloud.invoke("webhook", f"webhook {webhook.event}", receive, ended)
