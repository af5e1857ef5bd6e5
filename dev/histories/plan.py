"""What people do in a history: clients, payers, refunders, an operator. Drawn from a seed, or given."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from dev.histories.assumed import Holds, assumed_of
from gateway_simulators import GATEWAYS
from payments.domain.values.account import MAIN

SECOND, MINUTE, HOUR, DAY = 1_000.0, 60_000.0, 3_600_000.0, 86_400_000.0
LONGER_THAN_ANY_HISTORY = timedelta(days=30)

PAYER_ACTS = ("pay", "decline", "fail_then_pay", "wait", "abandon", "pay_late", "pay_twice", "pay_after_the_end")
_PAYER_WEIGHTS = (8, 2, 2, 1, 2, 3, 1, 2)
_LATE_S = (30.0, 30.0, 600.0, 21_600.0, 100_800.0, 345_600.0)
_AMOUNTS = (100, 199, 200, 49_900, 123_457, 9_999_900)

FIRST = GATEWAYS[:1]  # The gateway of plans that name none.
# Of all histories. With several gateways the first takes the payment, or the next one if the first opened nothing.
_GATEWAYS: tuple[tuple[tuple[str, ...], int], ...] = (
    (("phonepe",), 45),
    (("razorpay",), 9),
    (("stripe",), 11),
    (("square",), 9),
    (("paypal",), 9),
    (("phonepe", "razorpay"), 6),
    (("razorpay", "phonepe"), 3),
    (("stripe", "square", "paypal"), 4),
    (("paypal", "stripe"), 4),
)
_NEW = tuple(((name,), 9) for name in GATEWAYS if not any(name in listed for listed, _ in _GATEWAYS))
_ORDERS = tuple("ABCDEFGH")
_MANY = 0.06  # Of all histories: with three orders or more.


@dataclass(frozen=True)
class Act:
    """One act, `at_ms` after the start. `order` is the merchant's order id."""

    at_ms: float
    do: str
    order: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def reported(self) -> str:
        more = " ".join(f"{name}={value}" for name, value in self.more.items())
        return f"{self.do} {self.order} {more}".strip()


@dataclass(frozen=True)
class Way:
    """How an order is paid. `token` names the outcome of a direct charge; "": a checkout."""

    is_manual: bool = False
    token: str = ""


USUAL = Way()


@dataclass(frozen=True)
class Plan:
    late_success: str
    refund_step_s: float
    second_pay_s: float  # After the first payment.
    late_success_s: float  # After the expiry.
    amounts: dict[str, int]
    lives_s: dict[str, int]
    acts: tuple[Act, ...]
    gateways: tuple[str, ...] = FIRST  # The workspace's list.
    account: str = MAIN  # The workspace's first account at the gateway with two merchants.
    has_second_account: bool = False  # The deployment has the other account there, too.
    is_routed: bool = False  # The system chooses from the list; otherwise it takes the first.
    ways: dict[str, Way] = field(default_factory=dict)  # By order.

    @property
    def country(self) -> str:
        return assumed_of(self.gateways[0]).country

    @property
    def currency(self) -> str:
        return "INR" if self.country == "IN" else "USD"

    def way(self, order: str) -> Way:
        return self.ways.get(order, USUAL)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(document: dict[str, Any]) -> Plan:
        """Read a plan, also an older one: those have one gateway and capture at once."""
        ways = {order: Way(**way) for order, way in document.get("ways", {}).items()}
        acts = tuple(Act(**act) for act in document["acts"])
        gateways = tuple(document.get("gateways", FIRST))
        return Plan(**document | {"acts": acts, "gateways": gateways, "ways": ways})


def draw_plan(rng: random.Random, more: random.Random, is_short: bool = False) -> Plan:
    """A short history has no money that comes after its end. `more` draws gateways, and acts that only some have."""
    gateways = more.choices(*zip(*_GATEWAYS, *_NEW, strict=True))[0]
    count = rng.choice((1, 1, 2))
    orders = _ORDERS[: more.randint(3, len(_ORDERS)) if more.random() < _MANY else count]
    amounts = {order: rng.choice(_AMOUNTS) for order in orders}
    lives_s = {order: rng.choices((300, 1200, 3600), (6, 3, 1))[0] for order in orders}
    acts = [act for order in orders for act in _of_order(order, amounts[order], lives_s[order] * SECOND, rng)]
    acts += _of_operator(orders, rng)
    ways = {order: _draw_way(gateways, more) for order in orders}
    for order, way in ways.items():
        acts += _of_holds(order, way, amounts[order], acts, is_short, more)
    policy = rng.choices(("grant", "refund", "review"), (3, 1, 1))[0]
    refund_step_s = rng.choices((2.0, 60.0, 900.0, 7_200.0), (12, 4, 3, 1))[0]
    ends_as_drawn = all(assumed_of(name).unpaid_becomes == "expired" for name in gateways)
    late_s = rng.choice(_LATE_S[:4] if is_short else _LATE_S)
    return Plan(
        late_success=policy,
        refund_step_s=refund_step_s,
        # After six hours it would meet the last check of a short history, when the time of an order's end is unknown.
        late_success_s=min(late_s, _LATE_S[2]) if is_short and not ends_as_drawn else late_s,
        second_pay_s=rng.choice((1.0, 60.0, 200.0)),
        amounts=amounts,
        lives_s=lives_s,
        acts=tuple(sorted(acts, key=lambda act: act.at_ms)),
        gateways=gateways,
        is_routed=len(gateways) > 1 and more.random() < 0.9,
        ways={order: way for order, way in ways.items() if way != USUAL},
    )


def _draw_way(gateways: tuple[str, ...], rng: random.Random) -> Way:
    its, token = assumed_of(gateways[0]), ""
    if its.tokens and rng.random() < (0.6 if its.holds is Holds.BY_TOKEN else 0.3):
        fates = tuple(fate for fate in its.tokens if fate != "bank")
        token = rng.choices(fates, (5, 1, 2)[: len(fates)])[0]
    can_authorize = bool(token) or any(assumed_of(name).holds is Holds.BY_CHECKOUT for name in gateways)
    return Way(is_manual=can_authorize and rng.random() < 0.4, token=token)


def _of_holds(order: str, way: Way, amount: int, acts: list[Act], is_short: bool, rng: random.Random) -> Iterator[Act]:
    """Somebody captures or cancels, when it makes sense and when it does not."""
    mine = [act for act in acts if act.order == order]
    start = min(act.at_ms for act in mine)
    paid_at = start if way.token else min((act.at_ms for act in mine if act.do in PAYER_ACTS), default=start)
    longest = HOUR if is_short else 6 * HOUR

    def soon() -> float:
        about = rng.choice((start, paid_at, paid_at))
        return max(0.0, about + rng.choice((rng.uniform(-2, 2) * SECOND, rng.uniform(0, MINUTE), rng.uniform(0, HOUR))))

    captures = rng.choice((0, 1, 1, 2, 3)) if way.is_manual else int(rng.random() < 0.03)
    for _ in range(captures):
        minor = rng.choices((None, max(1, amount // 2), amount, amount + 1), (5, 3, 1, 1))[0]
        yield Act(soon(), "capture", order, {"minor": minor})
    for _ in range(rng.choice((0, 0, 1, 2)) if way.is_manual else int(rng.random() < 0.1)):
        yield Act(soon(), "cancel", order)
    if way.is_manual and rng.random() < (
        0.9 if is_short else 0.95
    ):  # An authorization that nobody ends is checked every hour, for weeks.
        yield Act(paid_at + rng.uniform(0, longest), rng.choice(("capture", "cancel")), order, {"minor": None})


def _of_order(order: str, amount: int, life_ms: float, rng: random.Random) -> Iterator[Act]:
    start = rng.uniform(0, 5 * SECOND)
    yield Act(start, "initiate", order, {"key": "k1", "tries": rng.randint(0, 4)})
    for _ in range(rng.choice((0, 0, 1, 2))):
        yield Act(
            start + rng.choice((0.0, 1.0, 500.0, 35 * SECOND, 14 * MINUTE)),
            "initiate",
            order,
            {"key": "k1", "tries": 1},
        )
    if rng.random() < 0.2:
        yield Act(start + rng.uniform(0, 2 * SECOND), "initiate", order, {"key": "k2", "tries": 1})
    if rng.random() < 0.1:
        yield Act(start + rng.uniform(0, 2 * SECOND), "initiate", order, {"key": "k1", "minor": amount + 1})
    if rng.random() < 0.1:
        yield Act(start, "initiate", order, {"key": "k1", "workspace": "other"})
    paid_at = start + rng.choice((rng.uniform(1, 60) * SECOND, rng.uniform(0.1, 1.3) * life_ms))
    yield from _of_payer(order, paid_at, life_ms, rng)
    yield from _of_retries(order, start, life_ms, rng)
    yield from _of_refunds(order, amount, paid_at, rng)


def _of_payer(order: str, paid_at: float, life_ms: float, rng: random.Random) -> Iterator[Act]:
    for number in range(rng.choice((1, 1, 2, 3))):
        at_ms = paid_at + number * rng.uniform(0, life_ms)
        yield Act(at_ms, rng.choices(PAYER_ACTS, _PAYER_WEIGHTS)[0], order, {"page": rng.choice((0, 0, 1))})
        if rng.random() < 0.5:
            yield Act(at_ms + rng.uniform(0, 3 * SECOND), "return", order)
        if rng.random() < 0.3:
            yield Act(at_ms + rng.uniform(0, MINUTE), "refresh", order)


def _of_retries(order: str, start: float, life_ms: float, rng: random.Random) -> Iterator[Act]:
    for number in range(rng.choice((0, 0, 1, 2, 3))):
        at_ms = start + rng.uniform(0, 2.5) * life_ms
        key = f"r{rng.randint(1, number + 1)}"
        yield Act(at_ms, "retry", order, {"key": key, "tries": rng.randint(0, 3)})


def _of_refunds(order: str, amount: int, paid_at: float, rng: random.Random) -> Iterator[Act]:
    first = paid_at + rng.uniform(0, 5 * MINUTE)
    gap = rng.choice((0.0, 100.0, MINUTE))
    for number in range(rng.choice((0, 1, 2, 3, 5))):
        minor = rng.choice((None, amount, max(100, amount // 2), max(100, amount // 3), 100))
        key = f"f{rng.choice((number, number, 0))}"
        more = {"key": key, "minor": minor, "tries": rng.randint(0, 5)}
        yield Act(first + number * gap, "refund", order, more)


def _of_operator(orders: tuple[str, ...], rng: random.Random) -> Iterator[Act]:
    def some(chance: float, do: str, longest_ms: float, **more: Any) -> Iterator[Act]:
        if rng.random() < chance:
            yield Act(rng.uniform(0, longest_ms), do, rng.choice(orders), more)

    for _ in range(3):
        yield from some(0.4, "decide_cases", 4 * DAY, choice=rng.randrange(12))
    yield from some(0.1, "refund_by_hand", HOUR, share=rng.choice((2, 3, 10)))
    yield from some(0.2, "tell_again", 2 * HOUR)
    yield from some(0.2, "tell_again", 30 * SECOND)
    yield from some(0.2, "reconcile", 3 * HOUR)
    yield from some(0.2, "forge", HOUR)
    yield from some(0.3, "lie", 5 * MINUTE)
    yield from some(0.1, "tell_of_stranger", HOUR)
    yield from some(0.15, "fail_refund", DAY)
    yield from some(0.1, "fail_at_gateway", 3 * SECOND)
