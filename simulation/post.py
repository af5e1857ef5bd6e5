"""The gateway's own time, and its webhooks on their way: lost, late, in several copies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from payments.gateways.contract import WebhookRequest
from payments.usecases.parts import Parts
from payments.usecases.webhook import receive_webhook
from simulation.scheduler import Ended
from simulators.kit.outbox import Webhook

if TYPE_CHECKING:
    from simulation.cloud import Cloud

_AGAIN_MS = (5_000.0, 30_000.0)


class Post:
    """Stands where the simulator expects its outbox."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud, self._scheduler = cloud, cloud.scheduler
        self._rng = cloud.chaos.rng("post")
        self.acked: Callable[[Webhook], None] = lambda webhook: None
        self._gateway_at_ms = float("inf")
        self._posted: list[Webhook] = []

    def watch_gateway(self) -> None:
        """Let happen at the gateway what is due there, when it is due."""
        due_at = self._cloud.model.timers.next_due_at()
        if due_at is not None and due_at * 1000 < self._gateway_at_ms:
            self._gateway_at_ms = due_at * 1000
            self._scheduler.at(self._gateway_at_ms, partial(self._gateway_acts, self._gateway_at_ms))

    def _gateway_acts(self, at_ms: float) -> None:
        if at_ms == self._gateway_at_ms:
            self._gateway_at_ms = float("inf")
            self._scheduler.now_ms = max(self._scheduler.now_ms, at_ms)
            self._cloud.sim.tick()
            self.watch_gateway()

    def add(self, webhook: Webhook) -> None:
        """News leaves the gateway: lost, late, or in several copies."""
        profile, draw = self._cloud.chaos.profile, self._rng.random
        self._posted.append(webhook)
        self.watch_gateway()
        if not self._cloud.network.is_calm and draw() < profile.webhook_loss:
            return
        copies = 1 if self._cloud.network.is_calm else self._rng.randint(1, profile.webhook_copies_max)
        longest = 2_000.0 if self._cloud.network.is_calm else profile.webhook_delay_max_ms
        for _ in range(copies):
            self._deliver_after(profile.webhook_delay_min_ms + longest ** draw(), webhook, tries=0)

    def pump(self) -> int:
        return 0

    def _deliver_after(self, wait_ms: float, webhook: Webhook, tries: int) -> None:
        self._scheduler.at(self._scheduler.now_ms + wait_ms, lambda: self._deliver(webhook, tries), self._rng.random())

    def deliver_newest(self) -> None:
        """One more copy of the newest webhook, now and once."""
        for webhook in self._posted[-1:]:
            self._deliver(webhook, len(_AGAIN_MS))

    def _deliver(self, webhook: Webhook, tries: int) -> None:
        request = WebhookRequest(webhook.body, {name.lower(): text for name, text in webhook.headers.items()})

        def receive(parts: Parts) -> None:
            receive_webhook("phonepe", request, parts)

        def ended(how: Ended) -> None:
            is_acked = not how.was_killed and how.error is None
            if is_acked:
                self.acked(webhook)
            elif tries < len(_AGAIN_MS):
                self._deliver_after(_AGAIN_MS[tries], webhook, tries + 1)

        self._cloud.invoke("webhook", f"webhook {webhook.event}", receive, ended)
