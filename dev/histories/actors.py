"""The actors: each act of the plan is carried out at its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from dev.histories.cloud import Cloud
from dev.histories.desk import Desk
from dev.histories.people import AT_PAGE, People
from dev.histories.plan import Act, Plan
from dev.histories.shop import Shop
from gateway_simulators.kit.gateway import ClosedError, GatewayRefusal, NotOfferedError, UnknownError

Doing = Callable[[Act], None]


class Actors:
    """`also` maps further acts, beside those of the shop and of people, to their functions."""

    def __init__(self, cloud: Cloud, plan: Plan, also: Mapping[str, Callable[[Cloud, Act], None]]) -> None:
        self.cloud, self.plan = cloud, plan
        self.shop = shop = Shop(cloud, plan)
        self.people = people = People(cloud, shop)
        desk = Desk(cloud, shop)
        self._does: dict[str, Doing] = {
            "initiate": shop.initiate,
            "retry": shop.retry,
            "refund": shop.refund,
            "capture": shop.capture,
            "cancel": shop.cancel,
            "refresh": shop.refresh,
            "return": shop.come_back,
            "decide_cases": people.decide_cases,
            "reconcile": people.reconcile,
            "refund_by_hand": people.refund_by_hand,
            "reverse": people.reverse,
            "return_refund": people.return_refund,
            "dispute": people.dispute,
            "end_dispute": people.end_dispute,
            "contest_dispute": people.contest_dispute,
            "list_disputes": people.list_disputes,
            "fail_refund": people.fail_refund,
            "fail_at_gateway": people.fail_at_gateway,
            "tell_again": people.tell_again,
            "crowd": people.crowd,
            "forge": people.forge,
            "lie": people.lie,
            "misaddress": people.misaddress,
            "tell_of_stranger": people.tell_of_stranger,
            "read": desk.read,
            "ask_wrongly": desk.ask_wrongly,
            "verify": desk.verify,
            "accept_dispute": desk.accept_dispute,
            "force_refund": desk.force_refund,
            "ask_approval": desk.ask_approval,
            "answer": desk.answer,
            "try_reconcile": desk.try_reconcile,
            "decide_deployment": desk.decide_deployment,
            **dict.fromkeys(AT_PAGE, people.at_page),
            **{name: _bound(does, cloud) for name, does in also.items()},
        }

    def begin(self) -> None:
        scheduler = self.cloud.scheduler
        for act in self.plan.acts:
            scheduler.at(scheduler.start_ms + act.at_ms, self._doing(act))

    def _doing(self, act: Act) -> Callable[[], None]:
        def do() -> None:
            self.cloud.trace.tell(self.cloud.scheduler.now_ms, act.reported())
            # Too late: the act changes nothing.
            with suppress(ClosedError, GatewayRefusal, NotOfferedError, UnknownError):
                self._does[act.do](act)
                self.cloud.acted[act.do] += act.do not in AT_PAGE  # A payer's act counts once there is a page.
            self.cloud.something_happened(None)
            self.cloud.post.watch_gateways()

        return do


def _bound(does: Callable[[Cloud, Act], None], cloud: Cloud) -> Doing:
    return lambda act: does(cloud, act)
