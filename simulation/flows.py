"""The flows that are killed at every point: what leads to each, who may come next, and how each must end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from simulation.chaos import Profile
from simulation.plan import USUAL, Act, Way

AMOUNT, REFUNDED = 49_900, 30_000  # Two such refunds would be more than was paid.
ACTORS = ("same client", "webhook", "poll", "sweep", "second client", "payer returns", "operator")
PAY, REFUND, STATUS = "POST checkout/v2/pay", "POST payments/v2/refund", "GET checkout/v2/order/"
_INTENT, _EXECUTION = "transact ", "start execution"

# Those who do not go first come later, and soon after the last of them all is over.
OTHERS_LATER = Profile(
    calm_after_ms=0.0,
    webhook_delay_min_ms=20_000.0,
    first_poll_ms=110_000.0,
    first_sweep_ms=150_000.0,
    until_ms=600_000.0,
)
# Webhooks and polls never come in time: what the first actor leaves undone, the sweep must do.
SWEEP_ALONE = replace(OTHERS_LATER, webhook_delay_min_ms=3_600_000.0, first_poll_ms=3_600_000.0)

Doing = tuple[str, dict[str, Any]]
_KEY = {"key": "k1", "tries": 3}  # Long enough to outlive the lease of a killed one.
_INITIATE: Doing = ("initiate", _KEY)
_SECOND: Doing = ("initiate", {"key": "k2", "tries": 3})
REFUND_WANTED: Doing = ("refund", {"key": "f1", "minor": REFUNDED, "tries": 3})
_WEBHOOK: Doing = ("webhook now", {})
_RETURN: Doing = ("return now", {})
_PAY_NOW: Doing = ("pay now", {})
PAID = ("payment completed 49900", "their order paid 49900")
AND_REFUNDED = ("refund completed 30000", "their refund completed 30000")


@dataclass(frozen=True)
class Given:
    """A fault that belongs to the flow itself: at the first point of `task` with that label."""

    task: str
    label: str
    fault: str


@dataclass(frozen=True)
class Flow:
    name: str
    victim: str
    acts: tuple[Act, ...]
    client: Doing = _INITIATE
    second: Doing = _SECOND
    news: tuple[Doing, ...] = ()  # What must happen at the gateway for there to be a webhook, or a payer who returns.
    needs: dict[str, str] = field(default_factory=dict)  # By actor: the point whose effect brings him into being.
    given: tuple[Given, ...] = ()
    ends: tuple[str, ...] = PAID
    or_ends: tuple[str, ...] = ()  # Where the second client's wish comes first.
    profile: Profile = OTHERS_LATER
    gateways: tuple[str, ...] = ("phonepe",)
    way: Way = USUAL
    amount: int = AMOUNT
    lives_s: int = 3600
    late_success: str = "grant"

    def first(self, actor: str) -> tuple[Doing, ...]:
        """What he does when he goes first."""
        usual: dict[str, tuple[Doing, ...]] = {
            "same client": (self.client,),
            "second client": (self.second,),
            "webhook": (*self.news, _WEBHOOK),
            "payer returns": (*(news for news in self.news if news == _PAY_NOW), _RETURN),
            "poll": (("poll now", {}),),
            "sweep": (("sweep now", {}),),
            "operator": (("refresh now", {}),),
        }
        return usual[actor]


def act(at_s: float, do: str, **more: Any) -> Act:
    return Act(at_s * 1000, do, "A", more)


BEGIN = act(0, "initiate", key="k1", tries=0)
_PAID_NOW = (BEGIN, act(5, "pay", page=0))
SETTLED = (*_PAID_NOW, act(6, "webhook now"))
REFUND_ASKED = act(10, "refund", key="f1", minor=REFUNDED, tries=0)
DECLINED = (BEGIN, act(5, "decline", page=0), act(6, "webhook now"))
_COMES_AGAIN = act(50, "initiate", key="k1", tries=2)
_OPENING = {"webhook": PAY, "payer returns": PAY, "poll": _EXECUTION, "operator": _INTENT}
_PAYS_LATER = (act(50, "initiate", key="k1", tries=2), act(100, "pay now"))
_AT_RAZORPAY, _AT_STRIPE, _AT_SQUARE = "POST v1/orders", "POST v1/payment_intents", "POST v2/payments"
_TAKE = ("capture", {"minor": REFUNDED})
_HELD = Way(is_manual=True)
_CHARGED = Way(token="ok")
_CHARGE = (BEGIN, act(50, "initiate", key="k1", tries=2))
_RESUMED = act(40, "initiate", key="k1", tries=0)
_RESUME = (BEGIN, _RESUMED, act(90, "initiate", key="k1", tries=2), act(130, "pay now"))

FLOWS = (
    Flow("initiate", "initiate A#1", (BEGIN, *_PAYS_LATER), news=(_PAY_NOW,), needs=_OPENING),
    Flow(
        "repeat, answered",
        "initiate A#2",
        (BEGIN, act(1, "initiate", key="k1", tries=0), *_PAYS_LATER),
        news=(_PAY_NOW,),
    ),
    Flow(
        "repeat, meanwhile",
        "initiate A#2",
        (BEGIN, act(0.02, "initiate", key="k1", tries=0), *_PAYS_LATER),
        news=(_PAY_NOW,),
    ),
    Flow(
        "repeat, never sent",
        "initiate A#2",
        _RESUME,
        news=(_PAY_NOW,),
        needs={"webhook": PAY, "payer returns": PAY, "poll": _EXECUTION},
        given=(Given("initiate A#1", PAY, "kill_before"),),
    ),
    Flow(
        "repeat, never heard",
        "initiate A#2",
        _RESUME,
        news=(_PAY_NOW,),
        given=(Given("initiate A#1", PAY, "kill_after"),),
    ),
    Flow("webhook", "webhook checkout.order.completed#1", (*_PAID_NOW, _COMES_AGAIN)),
    Flow(
        "poll",
        "poll of ORD-A.1#1",
        (*_PAID_NOW, _COMES_AGAIN),
        profile=replace(OTHERS_LATER, webhook_delay_min_ms=450_000.0, first_poll_ms=22_000.0, first_sweep_ms=200_000.0),
    ),
    Flow(
        "return",
        "return A#1",
        (*_PAID_NOW, act(6, "return"), _COMES_AGAIN),
        profile=SWEEP_ALONE,
    ),
    Flow(
        "sweep",
        "sweep#1",
        (*_PAID_NOW, act(66, "sweep now"), act(100, "initiate", key="k1", tries=2)),
        given=(Given("initiate A#1", _EXECUTION, "refused"),),
        profile=SWEEP_ALONE,
    ),
    Flow(
        "refund",
        "refund A#1",
        (*SETTLED, REFUND_ASKED, act(240, "refund", key="f1", minor=REFUNDED, tries=2)),
        client=REFUND_WANTED,
        second=("refund", {"key": "f2", "minor": REFUNDED, "tries": 3}),
        news=(("finish refund", {}),),
        needs={"webhook": REFUND},
        ends=(*PAID, *AND_REFUNDED),
        profile=replace(OTHERS_LATER, webhook_delay_min_ms=200_000.0, first_sweep_ms=65_000.0),
    ),
    Flow(
        "webhook of a refund",
        "webhook pg.refund.completed#1",
        (*SETTLED, REFUND_ASKED),
        client=REFUND_WANTED,
        second=("refund", {"key": "f2", "minor": REFUNDED, "tries": 0}),
        ends=(*PAID, *AND_REFUNDED),
    ),
    Flow(
        "sweep of a refund",
        "sweep#1",
        (*SETTLED, REFUND_ASKED, act(75, "sweep now")),
        client=REFUND_WANTED,
        second=("refund", {"key": "f2", "minor": REFUNDED, "tries": 0}),
        ends=(*PAID, *AND_REFUNDED),
        profile=SWEEP_ALONE,
    ),
    Flow(
        "retry",
        "retry A#1",
        (*DECLINED, act(10, "retry", key="r1", tries=0), act(60, "retry", key="r1", tries=2), act(100, "pay now")),
        client=("retry", {"key": "r1", "tries": 3}),
        second=("retry", {"key": "r2", "tries": 3}),
        news=(_PAY_NOW,),
        needs={"poll": _EXECUTION, "webhook": PAY, "payer returns": PAY},
        ends=(*PAID, "their order failed 49900"),
    ),
    Flow(
        "decision of a case",
        "decide cases#1",
        (*SETTLED, *(act(at_s, "decide_cases") for at_s in (10, 60, 110))),
        client=("decide_cases", {}),
        given=(Given("webhook checkout.order.completed#1", STATUS, "wrong_amount"),),
    ),
    Flow(
        "capture",
        "capture A#1",
        (*SETTLED, act(10, "capture", minor=REFUNDED), act(60, "capture", minor=REFUNDED)),
        client=_TAKE,
        second=("cancel", {}),
        ends=("payment completed 49900", "their order paid 30000"),
        or_ends=("payment cancelled 49900", "their order cancelled 49900"),
        gateways=("stripe",),
        way=_HELD,
    ),
    Flow(
        "cancelling of a hold",
        "cancel A#1",
        (*SETTLED, act(10, "cancel"), act(60, "cancel")),
        client=("cancel", {}),
        second=_TAKE,
        ends=("payment cancelled 49900", "their order cancelled 49900"),
        or_ends=("payment completed 49900", "their order paid 30000"),
        gateways=("paypal",),
        way=_HELD,
    ),
    Flow(
        "webhook of an approval",
        "webhook CHECKOUT.ORDER.APPROVED#1",
        (*_PAID_NOW, act(6, "webhook now"), _COMES_AGAIN),
        gateways=("paypal",),
    ),
    Flow(
        "failover",
        "initiate A#1",
        (BEGIN, *_PAYS_LATER),
        news=(_PAY_NOW,),
        needs={"webhook": _AT_RAZORPAY, "payer returns": _AT_RAZORPAY, "poll": _EXECUTION, "operator": _INTENT},
        given=(Given("initiate A#1", PAY, "refused"),),
        gateways=("phonepe", "razorpay"),
    ),
    Flow(
        "charge, at Stripe",
        "initiate A#1",
        _CHARGE,
        needs={"webhook": _AT_STRIPE, "poll": _INTENT, "operator": _INTENT},
        gateways=("stripe",),
        way=_CHARGED,
    ),
    Flow(
        "charge, at Square",
        "initiate A#1",
        _CHARGE,
        needs={"webhook": _AT_SQUARE, "poll": _INTENT, "operator": _INTENT},
        gateways=("square",),
        way=_CHARGED,
    ),
)
