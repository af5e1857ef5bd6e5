"""What people do in a history: clients, payers, refunders, an operator. Drawn from a seed, or told."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

SECOND, MINUTE, HOUR, DAY = 1_000.0, 60_000.0, 3_600_000.0, 86_400_000.0

PAYER_ACTS = ("pay", "decline", "fail_then_pay", "wait", "abandon", "pay_late", "pay_twice", "pay_after_the_end")
_PAYER_WEIGHTS = (8, 2, 2, 1, 2, 3, 1, 2)
_LATE_S = (30.0, 30.0, 600.0, 21_600.0, 100_800.0, 345_600.0)
_AMOUNTS = (100, 199, 200, 49_900, 123_457, 9_999_900)


@dataclass(frozen=True)
class Act:
    """One thing somebody does, `at_ms` after the start. `order` names the merchant's order it is about."""

    at_ms: float
    do: str
    order: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def told(self) -> str:
        more = " ".join(f"{name}={value}" for name, value in self.more.items())
        return f"{self.do} {self.order} {more}".strip()


@dataclass(frozen=True)
class Plan:
    late_success: str
    refund_step_s: float
    second_pay_s: float  # After the first.
    late_success_s: float  # After the expiry.
    amounts: dict[str, int]
    lives_s: dict[str, int]
    acts: tuple[Act, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(told: dict[str, Any]) -> Plan:
        return Plan(**told | {"acts": tuple(Act(**act) for act in told["acts"])})


def draw_plan(rng: random.Random, is_short: bool = False) -> Plan:
    """A short history has no money that comes after its end."""
    orders = ("A", "B")[: rng.choice((1, 1, 2))]
    amounts = {order: rng.choice(_AMOUNTS) for order in orders}
    lives_s = {order: rng.choices((300, 1200, 3600), (6, 3, 1))[0] for order in orders}
    acts = [act for order in orders for act in _of_order(order, amounts[order], lives_s[order] * SECOND, rng)]
    acts += _of_operator(orders, rng)
    return Plan(
        late_success=rng.choices(("grant", "refund", "hold"), (3, 1, 1))[0],
        refund_step_s=rng.choices((2.0, 60.0, 900.0, 7_200.0), (12, 4, 3, 1))[0],
        late_success_s=rng.choice(_LATE_S[:4] if is_short else _LATE_S),
        second_pay_s=rng.choice((1.0, 60.0, 200.0)),
        amounts=amounts,
        lives_s=lives_s,
        acts=tuple(sorted(acts, key=lambda act: act.at_ms)),
    )


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
        yield from some(0.4, "close_cases", 4 * DAY)
    yield from some(0.1, "refund_by_hand", HOUR, share=rng.choice((2, 3, 10)))
    yield from some(0.2, "tell_again", 2 * HOUR)
    yield from some(0.2, "tell_again", 30 * SECOND)
    yield from some(0.2, "reconcile", 3 * HOUR)
    yield from some(0.2, "forge", HOUR)
    yield from some(0.3, "lie", 5 * MINUTE)
    yield from some(0.1, "tell_of_stranger", HOUR)
    yield from some(0.15, "fail_refund", DAY)
    yield from some(0.1, "fail_at_gateway", 3 * SECOND)
