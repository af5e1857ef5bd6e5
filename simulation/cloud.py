"""The deployment: function instances, the poll's executions, the sweep's schedule and the gateway's webhooks.

Each invocation gets an instance of its own time, as Lambda gives one: a warm one, or a new one. A killed instance is
gone. Clocks of instances differ as the seed says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from local.provision import create_tables, seed_workspaces
from local.testing import blueprint
from payments.domain.clock import from_epoch_ms
from payments.domain.ids import Ids
from payments.domain.payment import Attempt, Payment
from payments.gateways.contract import Gateway, WebhookRequest
from payments.gateways.deadline import Deadline
from payments.gateways.registry import GatewayParts, build_gateway
from payments.store.dynamodb import DynamoStore
from payments.store.tokens import DynamoTokenVault
from payments.usecases import poll as polling
from payments.usecases.parts import Parts
from payments.usecases.poll import poll_attempt
from payments.usecases.sweep import sweep
from payments.usecases.webhook import receive_webhook
from simulation.aws import Client
from simulation.chaos import Chaos
from simulation.gateway import Transport
from simulation.network import Network
from simulation.scheduler import Ended, Scheduler
from simulation.settings import PREFIX, SECRET, SETTINGS, START_MS
from simulation.trace import Trace
from simulators.dynamodb import DynamoDB
from simulators.kit.outbox import Webhook
from simulators.phonepe.app import PhonePeApp, create_app
from simulators.phonepe.model import PhonePeModel
from simulators.phonepe.settings import Settings as SimSettings

LIFE_MS = {"initiate": 25_000.0, "status": 25_000.0, "refund": 25_000.0, "webhook": 10_000.0, "poll": 20_000.0}
LIFE_MS |= {"reconcile": 60_000.0}  # The template's timeouts, by function.
_MINUTE_MS = 60_000.0
_IDLE_MINUTES_MAX = 60
_WEBHOOK_AGAIN_MS = (5_000.0, 30_000.0)
_WAIT_BY_ERROR = {cls.__name__: seconds * 1000.0 for seconds, cls in polling._RUNGS.items()}

Job = Callable[[Parts], object]


class InstanceClock:
    """Reading it is a point too: an invocation may freeze right after."""

    def __init__(self, network: Network, skew_ms: float) -> None:
        self._network, self._skew_ms = network, skew_ms

    def now(self) -> datetime:
        task, point = self._network.point("clock", "clock")
        read = from_epoch_ms(int(self._network.scheduler.now_ms + self._skew_ms))
        if not self._network.is_calm:
            self._network.pause(point.there_ms * (1000 if point.fault == "freeze" else 0.01), point)
        if point.fault == "kill_after":
            self._network.die(task)
        return read

    def sleep(self, seconds: float) -> None:
        task, point = self._network.point("clock", "sleep")
        self._network.pause(seconds * 1000, point)
        if point.fault == "kill_after":
            self._network.die(task)

    def lasting(self, seconds: float) -> timedelta:
        return timedelta(seconds=seconds)


class Flow:
    """Step Functions: an execution is named by its attempt, so starting it twice is starting it once."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def start_poll(self, payment: Payment, attempt: Attempt) -> bool:
        network = self._cloud.network
        task, point = network.point("flow", "start execution")
        if point.fault == "refused":
            return False
        network.call(task, point, lambda: self._cloud.begin_polling(payment, attempt))
        return point.fault != "lost_after"


@dataclass
class Instance:
    parts: Parts
    deadline: Deadline
    ends_at_ms: float = 0.0


@dataclass
class Cloud:
    chaos: Chaos
    trace: Trace
    sim_settings: SimSettings = field(default_factory=SimSettings)
    before_acting: Callable[[str], None] = field(default=lambda asked_id: None)
    due_times: Callable[[], list[float]] = field(default=list)
    acked: Callable[[Webhook], None] = field(default=lambda webhook: None)
    judge: Callable[[str, Ended], None] = field(default=lambda named, how: None)
    metrics: Counter[str] = field(default_factory=Counter)
    invoked: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(START_MS)
        self.network = Network(self.scheduler, self.chaos, self.trace)
        self._lags = self.chaos.rng("index lag")
        self.dynamo = DynamoDB(self._now_s, self._index_lag_s)
        create_tables(self.dynamo, blueprint().tables)
        seed_workspaces(self.dynamo, f"{PREFIX}workspaces")
        model = PhonePeModel(self._now_s, self.chaos.rng("gateway"), self.sim_settings)
        self.sim: PhonePeApp = create_app(model, self, lambda seconds: None)  # type: ignore[arg-type]
        self.model = model
        self._idle: list[Instance] = []
        self._made = 0
        self._polled: set[str] = set()
        self._post = self.chaos.rng("post")
        self._numbers: Counter[str] = Counter()
        self._sweep_at_ms = float("inf")
        self._idle_minutes, self._is_unchanged = 1, False
        self._gateway_at_ms = float("inf")
        self._posted: list[Webhook] = []

    # Time.

    def _now_s(self) -> float:
        return self.scheduler.now_ms / 1000

    def _index_lag_s(self) -> float:
        longest = 0.0 if self.network.is_calm else self.chaos.profile.index_lag_ms
        return self._lags.random() * longest / 1000

    def after(self, ms: float, action: Callable[[], None]) -> None:
        self.scheduler.at(self.scheduler.now_ms + ms, action)

    # Invocations.

    def invoke(self, function: str, name: str, job: Job, on_end: Callable[[Ended], None]) -> None:
        """One invocation of a function, named for the story; it dies at the function's time limit."""
        self._numbers[name] += 1
        self.invoked[function] += 1
        named = f"{name}#{self._numbers[name]}"
        instance = self._idle.pop() if self._idle else self._new_instance()
        instance.ends_at_ms = self.scheduler.now_ms + LIFE_MS[function]
        instance.deadline.restart(LIFE_MS[function] / 1000)

        def ended(how: Ended) -> None:
            if not how.was_killed:
                self._idle.append(instance)
            self._tell_end(named, how)
            on_end(how)

        self.trace.tell(self.scheduler.now_ms, f"{named} begins")
        self.scheduler.spawn(named, partial(job, instance.parts), LIFE_MS[function], ended)

    def _tell_end(self, named: str, how: Ended) -> None:
        said = "is killed" if how.was_killed else f"ends: {type(how.error).__name__}" if how.error else "ends"
        self.trace.tell(self.scheduler.now_ms, f"{named} {said}")
        self.judge(named, how)

    def _new_instance(self) -> Instance:
        self._made += 1
        rng, profile = self.chaos.rng(f"instance {self._made}"), self.chaos.profile
        clock = InstanceClock(self.network, rng.uniform(-profile.skew_ms, profile.skew_ms))
        client = Client(self.dynamo, self.network)
        deadline = Deadline(self._now_s)
        gateway_parts = GatewayParts(
            settings=SETTINGS,
            read_secret=lambda name: SECRET,
            vault=DynamoTokenVault(client, PREFIX),
            clock=clock,
            deadline=deadline,
            transport=Transport(self.sim, self.network, lambda asked_id: self.before_acting(asked_id)),
        )
        gateways: dict[str, Gateway] = {}
        parts = Parts(
            store=DynamoStore(client, PREFIX),
            gateway=lambda name: gateways.get(name) or gateways.setdefault(name, build_gateway(name, gateway_parts)),
            clock=clock,
            ids=Ids(rng.getrandbits),
            flow=Flow(self),
            count=lambda name, number: self.metrics.update({name: number}),
            note=lambda what, **fields: None,
            time_left=deadline.left,
        )
        return Instance(parts, deadline)

    # The poll's executions.

    def begin_polling(self, payment: Payment, attempt: Attempt) -> None:
        if attempt.id not in self._polled:
            self._polled.add(attempt.id)
            self._poll_after(self.chaos.profile.first_poll_ms, payment, attempt)

    def _poll_after(self, wait_ms: float, payment: Payment, attempt: Attempt) -> None:
        def tick(parts: Parts) -> object:
            where = (payment.workspace_id, payment.id, attempt.id)
            return poll_attempt(*where, attempt.sent_at, attempt.expires_at, parts)

        def ended(how: Ended) -> None:
            if how.was_killed or how.error:
                self._poll_after(_WAIT_BY_ERROR.get(type(how.error).__name__, _MINUTE_MS), payment, attempt)

        name = f"poll of {payment.merchant_order_id}.{attempt.number}"
        self.scheduler.at(self.scheduler.now_ms + wait_ms, lambda: self.invoke("poll", name, tick, ended))

    # The sweep: every minute that finds something due. One that finds nothing changes nothing, so it is left out;
    # and while sweeps change nothing, fewer and fewer come, as if the schedule missed some.

    def expect_sweep(self, due_at_ms: float) -> None:
        on_from_ms = self.scheduler.start_ms + self.chaos.profile.first_sweep_ms
        earliest = max(due_at_ms, on_from_ms, self.scheduler.now_ms + (self._idle_minutes - 1) * _MINUTE_MS)
        at_ms = (earliest // _MINUTE_MS + 1) * _MINUTE_MS
        if at_ms < self._sweep_at_ms:
            self._sweep_at_ms = at_ms
            self.scheduler.at(at_ms, partial(self._sweep, at_ms))

    def note_progress(self) -> None:
        """Something was written beside due times and leases."""
        self._is_unchanged = False

    def _sweep(self, at_ms: float) -> None:
        if at_ms != self._sweep_at_ms:
            return
        self._sweep_at_ms = float("inf")
        due_times = self.due_times()
        if self.network.is_calm and min(due_times, default=at_ms + 1) > at_ms:  # What was due has been settled.
            for due_at_ms in due_times:
                self.expect_sweep(due_at_ms)
            return
        self._idle_minutes = min(2 * self._idle_minutes, _IDLE_MINUTES_MAX) if self._is_unchanged else 1
        self._is_unchanged = True
        for due_at_ms in due_times:
            self.expect_sweep(max(due_at_ms, self.scheduler.now_ms))
        times = 1 if self.network.is_calm else self._post.choices((0, 1, 2), (1, 8, 1))[0]
        for _ in range(times):
            self.invoke("reconcile", "sweep", sweep, lambda how: None)

    # The gateway's own time, and its webhooks: this stands where the simulator expects its outbox.

    def watch_gateway(self) -> None:
        """Let happen at the gateway what is due there, when it is due."""
        due_at = self.model.timers.next_due_at()
        if due_at is not None and due_at * 1000 < self._gateway_at_ms:
            self._gateway_at_ms = due_at * 1000
            self.scheduler.at(self._gateway_at_ms, partial(self._gateway_acts, self._gateway_at_ms))

    def _gateway_acts(self, at_ms: float) -> None:
        if at_ms == self._gateway_at_ms:
            self._gateway_at_ms = float("inf")
            self.scheduler.now_ms = max(self.scheduler.now_ms, at_ms)
            self.sim.tick()
            self.watch_gateway()

    def add(self, webhook: Webhook) -> None:
        """News leaves the gateway: lost, late, or in several copies."""
        profile, draw = self.chaos.profile, self._post.random
        self._posted.append(webhook)
        self.watch_gateway()
        if not self.network.is_calm and draw() < profile.webhook_loss:
            return
        copies = 1 if self.network.is_calm else self._post.randint(1, profile.webhook_copies_max)
        longest = 2_000.0 if self.network.is_calm else profile.webhook_delay_max_ms
        for _ in range(copies):
            self._deliver_after(profile.webhook_delay_min_ms + longest ** draw(), webhook, tries=0)

    def pump(self) -> int:
        return 0

    def _deliver_after(self, wait_ms: float, webhook: Webhook, tries: int) -> None:
        self.scheduler.at(self.scheduler.now_ms + wait_ms, lambda: self._deliver(webhook, tries), self._post.random())

    def deliver_newest(self) -> None:
        """One more copy of the newest webhook, now and once."""
        for webhook in self._posted[-1:]:
            self._deliver(webhook, len(_WEBHOOK_AGAIN_MS))

    def _deliver(self, webhook: Webhook, tries: int) -> None:
        request = WebhookRequest(webhook.body, {name.lower(): text for name, text in webhook.headers.items()})

        def receive(parts: Parts) -> None:
            receive_webhook("phonepe", request, parts)

        def ended(how: Ended) -> None:
            is_acked = not how.was_killed and how.error is None
            if is_acked:
                self.acked(webhook)
            elif tries < len(_WEBHOOK_AGAIN_MS):
                self._deliver_after(_WEBHOOK_AGAIN_MS[tries], webhook, tries + 1)

        self.invoke("webhook", f"webhook {webhook.event}", receive, ended)
