"""One token for all instances: here an instance is a SharedToken on a vault that all share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from payments.gateways.contract.errors import GatewayError, Misconfigured, Rejected, Unavailable
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.http import LEAST_S
from payments.gateways.transport.oauth_token import LEASE_S, WAIT_S, WAIT_STEP_S, SharedToken
from payments.gateways.transport.token_vault import Token
from tests.gateways.fakes import MemoryVault, StillClock

LIFE = timedelta(hours=1)


@dataclass
class Issuer:
    """The gateway's token endpoint and API; tokens in `refused` are not accepted."""

    clock: StillClock
    fetches: int = 0
    failing: GatewayError | None = None
    refused: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def fetch(self) -> Token:
        self.fetches += 1
        self.meanwhile()
        if self.failing:
            raise self.failing
        now = self.clock.now()
        return Token(f"O-Bearer tok{self.fetches}", now, now + LIFE)

    def answer(self, request: httpx.Request) -> httpx.Response:
        value = request.headers["authorization"]
        self.seen.append(value.removeprefix("O-Bearer "))
        return httpx.Response(401 if value in self.refused else 200, content=request.content)


class World:
    def __init__(self) -> None:
        self.clock = StillClock()
        self.vault = MemoryVault()
        self.issuer = Issuer(self.clock)
        self.failed_renewals = 0
        self.note_failure: Callable[[GatewayError, bool], None] = lambda error, is_covered: None

    def instance(self, deadline: Deadline | None = None) -> SharedToken:
        return SharedToken(
            self.vault, "key", self.issuer.fetch, self.clock, deadline or Deadline(), self._count_failure
        )

    def call(self, instance: SharedToken, method: str = "GET") -> httpx.Response:
        with httpx.Client(transport=httpx.MockTransport(self.issuer.answer), auth=instance) as client:
            return client.request(method, "https://api.example/x", content=b"the body")

    def _count_failure(self, error: GatewayError, is_covered: bool) -> None:
        self.failed_renewals += 1
        self.note_failure(error, is_covered)


@pytest.fixture
def world() -> World:
    return World()


def test_a_warm_instance_uses_its_own_copy(world: World) -> None:
    instance = world.instance()
    for _ in range(5):
        world.call(instance)
    assert world.issuer.seen == ["tok1"] * 5
    assert world.vault.calls == ["get_token", "take_lease", "get_token"]


def test_a_thousand_cold_instances_one_after_the_other_fetch_once(world: World) -> None:
    for _ in range(1000):
        world.call(world.instance())
    assert world.issuer.fetches == 1
    assert set(world.issuer.seen) == {"tok1"}


class BriskClock(StillClock):
    """Real time, for threads that wait for each other; its sleeps only switch threads."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(0.001)


def test_a_thousand_cold_instances_at_once_fetch_once(world: World) -> None:
    world.clock = world.issuer.clock = BriskClock()
    world.issuer.meanwhile = lambda: time.sleep(0.05)
    start = threading.Barrier(40)

    def cold(n: int) -> str:
        if n < 40:
            start.wait()
        return world.instance()._token(refused="").value

    with ThreadPoolExecutor(40) as pool:
        values = set(pool.map(cold, range(1000)))
    assert values == {"O-Bearer tok1"}
    assert world.issuer.fetches == 1


def test_a_token_put_between_the_check_and_the_lease_is_used(world: World) -> None:
    other = world.instance()
    take_lease = world.vault.take_lease

    def late_lease(key: str, now: datetime, until: datetime) -> bool:
        world.vault.take_lease = take_lease  # type: ignore[method-assign]
        world.call(other)
        return take_lease(key, now, until)

    world.vault.take_lease = late_lease  # type: ignore[method-assign]
    world.call(world.instance())
    assert world.issuer.fetches == 1
    assert world.vault.take_lease("key", world.clock.now(), world.clock.now() + LIFE), "the lease was given back"


def test_before_half_life_no_one_renews(world: World) -> None:
    instance = world.instance()
    world.call(instance)
    world.clock.sleep(LIFE.total_seconds() / 2 - 1)
    world.call(instance)
    world.call(world.instance())
    assert world.issuer.fetches == 1


def test_from_half_life_on_one_instance_renews_for_all(world: World) -> None:
    early = world.instance()
    world.call(early)
    world.clock.sleep(LIFE.total_seconds() / 2)
    world.call(world.instance())
    world.call(early)
    world.call(world.instance())
    assert world.issuer.seen == ["tok1", "tok2", "tok2", "tok2"]
    assert world.issuer.fetches == 2


def test_who_does_not_get_the_lease_goes_on_with_the_old_token(world: World) -> None:
    instance = world.instance()
    world.call(instance)
    world.clock.sleep(LIFE.total_seconds() / 2)
    world.vault.take_lease("key", world.clock.now(), world.clock.now() + timedelta(seconds=LEASE_S))
    before = world.clock.now()
    world.call(instance)
    assert world.issuer.seen == ["tok1", "tok1"]
    assert world.clock.now() == before, "it does not wait"


def test_a_lapsed_lease_is_free(world: World) -> None:
    world.vault.take_lease("key", world.clock.now(), world.clock.now() + timedelta(seconds=2))
    world.call(world.instance())
    assert world.issuer.seen == ["tok1"]


def test_without_any_token_the_wait_for_another_instance_has_an_end(world: World) -> None:
    world.vault.take_lease("key", world.clock.now(), world.clock.now() + LIFE)
    before = world.clock.now()
    with pytest.raises(Unavailable, match="no access token"):
        world.call(world.instance())
    assert world.clock.now() - before == timedelta(seconds=WAIT_S)
    assert world.issuer.seen == []


@pytest.mark.parametrize(("left_s", "waited_s"), [(LEAST_S, WAIT_S), (LEAST_S - 0.01, 0.0)])
def test_a_wait_goes_on_while_there_is_time_for_a_call(world: World, left_s: float, waited_s: float) -> None:
    world.vault.take_lease("key", world.clock.now(), world.clock.now() + LIFE)
    deadline, before = Deadline(lambda: 0.0), world.clock.now()
    deadline.restart(left_s)
    with pytest.raises(Unavailable):
        world.call(world.instance(deadline))
    assert world.clock.now() - before == timedelta(seconds=waited_s)


def test_a_token_that_another_instance_puts_is_used_a_moment_later(world: World) -> None:
    before = world.clock.now()
    world.vault.take_lease("key", before, before + timedelta(seconds=LEASE_S))
    sleep = world.clock.sleep

    def meanwhile(seconds: float) -> None:
        sleep(seconds)
        world.vault.put_token("key", Token("O-Bearer theirs", before, before + LIFE))

    world.clock.sleep = meanwhile  # type: ignore[method-assign]
    world.call(world.instance())
    assert (world.issuer.seen, world.issuer.fetches) == (["theirs"], 0)
    assert world.clock.now() - before == timedelta(seconds=WAIT_STEP_S)


def test_a_failure_is_reported_as_covered_where_an_older_token_is_still_good(world: World) -> None:
    reported: list[tuple[str, bool]] = []
    world.note_failure = lambda error, is_covered: reported.append((str(error), is_covered))
    world.issuer.failing = Unavailable("first")
    with pytest.raises(Unavailable):
        world.call(world.instance())
    world.issuer.failing = None
    instance = world.instance()
    world.call(instance)
    world.clock.sleep(LIFE.total_seconds() / 2)
    world.issuer.failing = Unavailable("second")
    world.call(instance)
    world.clock.sleep(LIFE.total_seconds())
    world.issuer.failing = Unavailable("third")
    with pytest.raises(Unavailable):
        world.call(instance)
    assert reported == [("first", False), ("second", True), ("third", False)]


def test_the_wait_ends_with_the_functions_own_time(world: World) -> None:
    world.vault.take_lease("key", world.clock.now(), world.clock.now() + LIFE)
    deadline = Deadline(lambda: world.clock.now().timestamp())
    deadline.restart(1.0)
    before = world.clock.now()
    with pytest.raises(Unavailable):
        world.call(world.instance(deadline))
    assert world.clock.now() - before <= timedelta(seconds=1.0)


def test_an_expired_token_is_never_served(world: World) -> None:
    instance = world.instance()
    world.call(instance)
    world.clock.sleep(LIFE.total_seconds())
    world.issuer.failing = Unavailable("down")
    for each in (instance, world.instance()):
        with pytest.raises(Unavailable):
            world.call(each)
    assert world.issuer.seen == ["tok1"]


def test_a_failed_fetch_without_a_token_gives_the_lease_back(world: World) -> None:
    world.issuer.failing = Unavailable("down")
    with pytest.raises(Unavailable, match="down"):
        world.call(world.instance())
    world.issuer.failing = None
    before = world.clock.now()
    world.call(world.instance())
    assert world.clock.now() == before


@pytest.mark.parametrize("failing", [Unavailable("down"), Rejected("credentials")])
def test_while_the_old_token_is_valid_a_failed_renewal_only_counts(world: World, failing: GatewayError) -> None:
    instance = world.instance()
    world.call(instance)
    world.clock.sleep(LIFE.total_seconds() / 2)
    world.issuer.failing = failing
    assert world.call(instance).status_code == 200
    assert world.issuer.seen == ["tok1", "tok1"]
    assert world.failed_renewals == 1


@pytest.mark.parametrize(("left_s", "failures"), [(0.01, 0), (LEAST_S, 1), (10.0, 1)])
def test_where_no_time_is_left_to_fetch_the_gateway_has_not_failed(world: World, left_s: float, failures: int) -> None:
    deadline = Deadline(lambda: 0.0)
    deadline.restart(left_s)
    world.issuer.failing = Unavailable("no time is left")
    with pytest.raises(Unavailable):
        world.call(world.instance(deadline))
    assert world.failed_renewals == failures


def test_after_a_failed_renewal_the_next_try_is_a_lease_later(world: World) -> None:
    instance = world.instance()
    world.call(instance)
    world.clock.sleep(LIFE.total_seconds() / 2)
    world.issuer.failing = Unavailable("down")
    for _ in range(10):
        world.call(instance)
    assert world.issuer.fetches == 2
    world.clock.sleep(LEASE_S + 1)
    world.call(instance)
    assert world.issuer.fetches == 3


def test_a_refused_token_is_renewed_once_and_the_request_sent_once_more(world: World) -> None:
    instance = world.instance()
    world.call(instance)
    world.issuer.refused = {"O-Bearer tok1"}
    response = world.call(instance, "POST")
    assert (response.status_code, response.content) == (200, b"the body")
    assert world.issuer.seen == ["tok1", "tok1", "tok2"]


def test_a_second_refusal_is_the_answer(world: World) -> None:
    world.issuer.refused = {f"O-Bearer tok{n}" for n in range(10)}
    assert world.call(world.instance()).status_code == 401
    assert world.issuer.seen == ["tok1", "tok2"]


def test_a_refusal_met_by_many_instances_fetches_once(world: World) -> None:
    instances = [world.instance() for _ in range(50)]
    for instance in instances:
        world.call(instance)
    world.issuer.refused = {"O-Bearer tok1"}
    for instance in instances:
        assert world.call(instance).status_code == 200
    assert world.issuer.fetches == 2


def test_a_refusal_met_by_many_instances_at_once_fetches_once(world: World) -> None:
    world.clock = world.issuer.clock = BriskClock()
    world.issuer.meanwhile = lambda: time.sleep(0.02)
    instances = [world.instance() for _ in range(20)]
    for instance in instances:
        instance._token(refused="")
    start = threading.Barrier(20)

    def meets_refusal(instance: SharedToken) -> str:
        start.wait()
        return instance._token(refused="O-Bearer tok1").value

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(meets_refusal, instances)) == {"O-Bearer tok2"}
    assert world.issuer.fetches == 2


def test_a_refused_token_is_not_gone_on_with_when_the_fetch_fails(world: World) -> None:
    instance = world.instance()
    world.call(instance)
    world.issuer.refused, world.issuer.failing = {"O-Bearer tok1"}, Unavailable("down")
    with pytest.raises(Unavailable):
        world.call(instance)
    assert world.issuer.seen == ["tok1", "tok1"]
    assert world.failed_renewals == 1


def test_without_a_token_what_the_gateway_answered_is_handed_on(world: World) -> None:
    world.issuer.failing = Rejected("no", code="INVALID_CLIENT", words="who?", http_status=401, needs_person=True)
    with pytest.raises(Unavailable, match="no access token: no") as raised:
        world.call(world.instance())
    reply = raised.value
    assert (reply.code, reply.words, reply.http_status, reply.needs_person) == ("INVALID_CLIENT", "who?", 401, True)
    world.issuer.failing = Misconfigured("client_secret is empty")
    with pytest.raises(Misconfigured, match=r"^client_secret is empty$"):
        world.call(world.instance())
