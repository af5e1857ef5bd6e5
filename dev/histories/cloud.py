"""The deployment: function instances and their surroundings.

Each invocation gets an instance as on Lambda, a warm one or a new one. A killed instance is gone. The seed decides how
far the instances' clocks differ.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from dev.dynamodb_model import DynamoDB
from dev.dynamodb_model.shapes import Door
from dev.histories.aws import Client
from dev.histories.chaos import Chaos
from dev.histories.crew import greenlets
from dev.histories.gateway import Call, Ears, Transport
from dev.histories.network import Network
from dev.histories.plan import FIRST
from dev.histories.post import Outbox, Post
from dev.histories.rows import Row, row_of
from dev.histories.scheduler import Ended, Scheduler
from dev.histories.schedules import AddedDeliveries, Polls, Reports, Sweeps
from dev.histories.settings import PREFIX, SETTINGS, START_MS, secret
from dev.histories.theirs import Habits, Theirs
from dev.histories.trace import Trace
from dev.local.provision import create_tables, seed_workspaces
from dev.local.testing import blueprint
from payments.domain.values.account import Account
from payments.domain.values.clock import from_epoch_ms
from payments.domain.values.ids import Ids
from payments.gateways.contract.gateway import Gateway
from payments.gateways.kit.public import read_public
from payments.gateways.registry import GATEWAYS, GatewayParts, UnknownGatewayName, build_gateway
from payments.gateways.transport.deadline import Deadline
from payments.store.contract.claims import StoredAnswer
from payments.store.dynamodb.deployment import DynamoStore
from payments.store.dynamodb.tables.tokens import DynamoTokenVault
from payments.usecases.errors import UnknownGateway
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports

LIFE_MS = {of.code.name: of.timeout_seconds * 1000.0 for of in blueprint().functions.values()}  # By folder.
# botocore's model checks one in 16 calls of the store; checking all would cost a third of a history's time.
CHECKED_EVERY = 16
_WORKSPACES = f"{PREFIX}workspaces"

Job = Callable[[Ports], object]


class InstanceClock:
    """Each reading is an I/O point too: an invocation may be frozen right after it."""

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


@dataclass
class Instance:
    ports: Ports
    deadline: Deadline
    skew_ms: float


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation. `named` is its name in the story, with a number; `skew_ms` is its clock's error."""

    named: str
    function: str
    began_ms: float
    skew_ms: float


@dataclass
class Cloud:
    chaos: Chaos
    trace: Trace
    gateways: Sequence[str] = FIRST
    habits: Habits = field(default_factory=dict)
    accounts: Sequence[Account] = tuple(map(Account, FIRST))
    on_request: Callable[[str, Call], None] = field(
        default=lambda our_id, call: None
    )  # Called when a call that creates something arrives at a gateway.
    # Called when something has happened at a gateway.
    something_happened: Callable[[Call | None], None] = field(default=lambda call: None)
    begun: Callable[[Invocation], None] = field(default=lambda invocation: None)
    judge: Callable[[Invocation, Ended], None] = field(default=lambda invocation, how: None)
    metric: Callable[[str, int], None] = field(default=lambda name, number: None)
    # Called for a request or answer that DynamoDB would never send.
    misshapen: Callable[[str], None] = field(default=lambda what: None)

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(START_MS)
        self.network = Network(self.scheduler, self.chaos, self.trace)
        self._lags = self.chaos.rng("index lag")
        self.dynamo = DynamoDB(self._now_s, self._index_lag_s)
        create_tables(self.dynamo, blueprint().tables)
        self.dynamo.copy_from(_with_workspaces(), _WORKSPACES)
        self.polls, self.sweeps, self.post = Polls(self), Sweeps(self), Post(self)
        self.reports, self.added = Reports(self), AddedDeliveries(self)
        self.theirs = Theirs(
            self.gateways, self._now_s, self._rng_of, self.habits, lambda name: Outbox(name, self.post)
        )
        self._calls = itertools.count(1)  # Of the store.
        self.return_urls: list[tuple[str, str]] = []  # Payment id and token of each return URL given to a gateway.
        self._ears = Ears(lambda our_id, call: self.on_request(our_id, call), self._by_us)
        self._idle: list[Instance] = []
        self.former_accounts: list[Account] = []
        self.parameter_fails: Callable[[str], dict[str, Any] | None] = lambda name: None
        self._made = 0
        self._numbers: Counter[str] = Counter()
        self.acted: Counter[str] = Counter()  # Acts that had an effect.
        # By metric: when (ms), and the value.
        self.counted: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        self.deaths = 0  # Invocations that died, whatever killed them.

    @property
    def has_heard_all(self) -> bool:
        """True if no invocation died and each received the answer to every write."""
        return not self.deaths and not self.network.tally.unheard

    def rows(self, table: str) -> list[Row]:
        """Every item of a table, as it is now."""
        return [row_of(item) for item in self.dynamo.items(PREFIX + table)]

    def _rng_of(self, gateway: str) -> random.Random:
        return self.chaos.rng("gateway" if gateway in FIRST else gateway)

    def _by_us(self, call: Call) -> None:
        self.something_happened(call)
        self.post.watch_gateways()

    # Time.

    def _now_s(self) -> float:
        return self.scheduler.now_ms / 1000

    def _index_lag_s(self) -> float:
        longest = 0.0 if self.network.is_calm else self.chaos.profile.index_lag_ms
        return self._lags.random() * longest / 1000

    def after(self, ms: float, action: Callable[[], None]) -> None:
        self.scheduler.at(self.scheduler.now_ms + ms, action)

    def retire(self, account: Account) -> None:
        """Deploy without this account for new payments; invocations that begin from now on know it as a former one."""
        self.accounts = [one for one in self.accounts if one != account]
        self.former_accounts.append(account)
        self._idle.clear()

    # Invocations.

    def invoke(self, function: str, name: str, job: Job, on_end: Callable[[Ended], None]) -> None:
        """Invoke a function; it is cut off at its time limit. `named` is its name in the story."""
        self._numbers[name] += 1
        named = f"{name}#{self._numbers[name]}"
        instance = self._idle.pop() if self._idle else self._new_instance()
        instance.deadline.restart(LIFE_MS[function] / 1000)

        invocation = Invocation(named, function, self.scheduler.now_ms, instance.skew_ms)

        def ended(how: Ended) -> None:
            if not how.was_killed and instance.ports.accounts == tuple(self.accounts):
                self._idle.append(instance)
            self._tell_end(invocation, how)
            on_end(how)

        self.trace.tell(self.scheduler.now_ms, f"{named} begins")
        self.begun(invocation)
        self.scheduler.spawn(named, partial(job, instance.ports), LIFE_MS[function], ended)

    def _public_parameter(self, name: str) -> dict[str, Any]:
        """The account's public parameter, correct or spoiled. `parameter_fails` may also raise."""
        spoiled = self.parameter_fails(name)
        return secret(name) if spoiled is None else spoiled

    def _count(self, name: str, number: int) -> None:
        self.counted[name].append((self.scheduler.now_ms, number))
        self.metric(name, number)

    def _tell_end(self, invocation: Invocation, how: Ended) -> None:
        self.deaths += how.was_killed
        self.trace.tell(self.scheduler.now_ms, f"{invocation.named} {_text(how)}")
        self.judge(invocation, how)

    def _is_checked(self) -> bool:
        return next(self._calls) % CHECKED_EVERY == 0

    def _new_instance(self) -> Instance:
        self._made += 1
        rng, profile = self.chaos.rng(f"instance {self._made}"), self.chaos.profile
        skew_ms = rng.uniform(-profile.skew_ms, profile.skew_ms)
        clock = InstanceClock(self.network, skew_ms)
        client = Door(Client(self.dynamo, self.network), self._is_checked, lambda what: self.misshapen(what))
        deadline = Deadline(self._now_s)
        gateway_parts = GatewayParts(
            settings=SETTINGS,
            read_secret=secret,
            vault=DynamoTokenVault(client, PREFIX),
            clock=clock,
            deadline=deadline,
            on_renewal_failed=lambda: self._count(Metric.GATEWAY_TOKEN_FAILED, 1),
            transport=Transport(self.theirs, self.network, self._ears, self.return_urls),
        )

        @cache
        def gateway(account: Account) -> Gateway:
            try:
                return build_gateway(account, gateway_parts)
            except UnknownGatewayName as unknown:
                raise UnknownGateway(str(unknown)) from unknown

        ports = Ports(
            store=DynamoStore(client, PREFIX, GATEWAYS),
            gateway=gateway,
            public=lambda account: read_public(account, SETTINGS, self._public_parameter),
            accounts=tuple(self.accounts),
            former_accounts=tuple(self.former_accounts),
            clock=clock,
            ids=Ids(rng.getrandbits),
            flow=self.polls,
            count=self._count,
            note=lambda what, **fields: None,
            time_left=deadline.left,
            crew=lambda: greenlets(self.scheduler, SETTINGS),
        )
        return Instance(ports, deadline, skew_ms)


@cache
def _with_workspaces() -> DynamoDB:
    """A database with the workspaces of every history, written once by `dev.tools.workspace`."""
    dynamo = DynamoDB(lambda: START_MS / 1000)
    create_tables(dynamo, blueprint().tables)
    seed_workspaces(dynamo, _WORKSPACES)
    return dynamo


def _text(how: Ended) -> str:
    if how.was_killed or how.error:
        return "is killed" if how.was_killed else f"ends: {type(how.error).__name__}"
    return f"answers {how.value.status} {how.value.body}" if isinstance(how.value, StoredAnswer) else "ends"
