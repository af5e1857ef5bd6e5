"""A flow: what leads to it, who acts next, and how it must end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from dev.histories.chaos import Profile
from dev.histories.plan import USUAL, Act, Way

AMOUNT, REFUNDED = 49_900, 30_000  # Two such refunds would be more than was paid.
ACTORS = ("same client", "webhook", "poll", "sweep", "second client", "payer returns", "operator")
INTENT, EXECUTION = "transact ", "start execution"  # Points that every gateway has.

# Actors that are not first come later; soon after the last of them the history ends.
OTHERS_LATER = Profile(
    calm_after_ms=0.0,
    webhook_delay_min_ms=20_000.0,
    first_poll_ms=110_000.0,
    first_sweep_ms=150_000.0,
    until_ms=600_000.0,
    rests_ms=0.0,
)
LATE = replace(OTHERS_LATER, until_ms=2_400_000.0)
# Webhooks and polls never come in time: what the first actor leaves undone, the sweep must do.
SWEEP_ALONE = replace(OTHERS_LATER, webhook_delay_min_ms=3_600_000.0, first_poll_ms=3_600_000.0)

Doing = tuple[str, dict[str, Any]]
Ends = tuple[str, ...]
_KEY = {"key": "k1", "tries": 3}  # Three tries take longer than the lease of a killed request.
INITIATE: Doing = ("initiate", _KEY)
SECOND: Doing = ("initiate", {"key": "k2", "tries": 3})
REFUND_F1_RETRIED: Doing = ("refund", {"key": "f1", "minor": REFUNDED, "tries": 3})
_WEBHOOK: Doing = ("webhook now", {})
_RETURN: Doing = ("return now", {})
PAYS: Doing = ("pay now", {})
PAID: Ends = (f"payment completed {AMOUNT}", f"their order paid {AMOUNT}")
AND_REFUNDED: Ends = (f"refund completed {REFUNDED}", f"their refund completed {REFUNDED}")


@dataclass(frozen=True)
class Given:
    """A fault that belongs to the flow itself: at the first point of `task` with that label."""

    task: str
    label: str
    fault: str


@dataclass(frozen=True)
class Flow:
    """`name` is the kind's. `gateways` are tried in this order; `where` names flow and first gateway."""

    name: str
    victim: str
    acts: tuple[Act, ...]
    gateways: tuple[str, ...]
    client: Doing = INITIATE
    second: Doing = SECOND
    gateway_acts: tuple[Doing, ...] = ()  # What must happen at the gateway before a webhook comes or a payer returns.
    needs: dict[str, str] = field(default_factory=dict)  # By actor: the point whose effect makes the actor possible.
    given: tuple[Given, ...] = ()
    ends: Ends = PAID
    or_ends: tuple[Ends, ...] = ()  # Also allowed, where another actor's request comes first.
    late_ends: tuple[Ends, ...] = ()  # Also allowed, where a timed-out call takes effect later.
    profile: Profile = OTHERS_LATER
    way: Way = USUAL
    amount: int = AMOUNT
    lives_s: int = 3600
    late_success: str = "grant"

    @property
    def where(self) -> str:
        return f"{self.name}, at {self.gateways[0]}"

    def acts_of(self, actor: str) -> tuple[Doing, ...]:
        """The acts of this actor when it goes first."""
        usual: dict[str, tuple[Doing, ...]] = {
            "same client": (self.client,),
            "second client": (self.second,),
            "webhook": (*self.gateway_acts, _WEBHOOK),
            "payer returns": (*(act for act in self.gateway_acts if act == PAYS), _RETURN),
            "poll": (("poll now", {}),),
            "sweep": (("sweep now", {}),),
            "operator": (("refresh now", {}),),
        }
        return usual[actor]


def act(at_s: float, do: str, **more: Any) -> Act:
    return Act(at_s * 1000, do, "A", more)


BEGIN = act(0, "initiate", key="k1", tries=0)
ACTS_TO_PAID = (BEGIN, act(5, "pay", page=0))
ACTS_TO_PAID_AND_HEARD = (*ACTS_TO_PAID, act(6, "webhook now"))
COMES_AGAIN = act(50, "initiate", key="k1", tries=2)
REFUND_REQUESTED = act(10, "refund", key="f1", minor=REFUNDED, tries=0)
REFUND_KNOWN = (*ACTS_TO_PAID_AND_HEARD, REFUND_REQUESTED, act(15, "finish refund"), act(30, "refresh refund"))
CAME_BACK: Ends = (*PAID, f"refund returned {REFUNDED}", f"their refund returned {REFUNDED}")
DECLINED = (BEGIN, act(5, "decline", page=0), act(6, "webhook now"))
CANCELLED = (BEGIN, act(5, "cancel"))
