"""What a function receives from a stream: which changes, in what form, how many at once, and for how long."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dev.dynamodb_model import Change, DynamoDB
from dev.local.blueprint import EventSourceSpec, stream_arn
from dev.local.clock import Clock
from dev.local.invocation import Outcome
from dev.local.pool import ThrottledError
from dev.local.streams import Streams, in_turn

TABLE = "dev-notes"
SPEC = EventSourceSpec("F", TABLE, batch_size=1, at_once=1, patterns=(), age_seconds_max=60, retries=0)
OK, FAILED = Outcome(b"{}"), Outcome.failed("OurError", "why")
Answer = Outcome | Exception


class Wall:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Function:
    """Records its events and returns these answers; after them it succeeds."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.batches: list[list[str]] = []
        self.records: list[dict[str, Any]] = []
        self.dropped: list[list[str]] = []
        self.wall = Wall()
        self.is_open = threading.Event()
        self.is_open.set()
        self.running = self.most = 0
        self._lock = threading.Lock()
        self.streams: list[Streams] = []

    def __call__(self, name: str, payload: bytes) -> Outcome:
        assert name == "F"
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.is_open.wait(5)
        with self._lock:
            self.running -= 1
            self.records += json.loads(payload)["Records"]
            self.batches.append(keys(payload))
            answer = self.answers.pop(0) if self.answers else OK
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fed(self, *specs: EventSourceSpec) -> Streams:
        clock = Clock(0, 1000, 1000, self.wall)  # A second until the next try is a millisecond.
        streams = Streams(specs, self, clock, lambda _, payload: self.dropped.append(keys(payload)))
        streams.start()
        self.streams.append(streams)
        return streams


def keys(payload: bytes) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in json.loads(payload)["Records"]]


@pytest.fixture
def make() -> Iterator[Callable[..., Function]]:
    made: list[Function] = []

    def function(*answers: Answer) -> Function:
        made.append(Function(*answers))
        return made[-1]

    yield function
    for each in made:
        each.is_open.set()
        for streams in each.streams:
            streams.stop()


def added(*names: str, table: str = TABLE) -> list[Change]:
    items = [{"pk": {"S": name}, "sk": {"S": "x"}} for name in names]
    return [Change(table, item, None, item) for item in items]


def wait_until(is_so: Callable[[], Any]) -> None:
    give_up_at = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.001)


def a_database(hook: Callable[[list[Change]], None]) -> DynamoDB:
    database = DynamoDB()
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    database.create_table(
        TableName=TABLE, KeySchema=schema, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}]
    )
    database.changes = hook
    return database


def test_every_kind_of_change_is_a_record_and_what_changes_nothing_is_none(make: Callable[..., Function]) -> None:
    function = make()
    streams = function.fed(SPEC)
    database, key = a_database(streams.put), {"pk": {"S": "a"}}
    for n in ("1", "1", "2"):
        database.put_item(TableName=TABLE, Item={**key, "n": {"N": n}})
    check = {"TableName": TABLE, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
    other = {"Put": {"TableName": TABLE, "Item": {"pk": {"S": "b"}}}}
    database.transact_write_items(TransactItems=[{"ConditionCheck": check}, other])
    for _ in range(2):
        database.delete_item(TableName=TABLE, Key=key)
    assert streams.settle(5)
    seen = [(record["eventName"], record["dynamodb"]["Keys"]["pk"]["S"]) for record in function.records]
    assert seen == [("INSERT", "a"), ("MODIFY", "a"), ("INSERT", "b"), ("REMOVE", "a")]
    assert streams.enqueued == 4


def test_a_record_has_the_form_of_lambdas_event(make: Callable[..., Function]) -> None:
    function = make()
    streams = function.fed(SPEC)
    function.wall.now = 0.0025
    streams.put(added("a", "b"))
    assert streams.settle(5)
    first, second = function.records
    assert len({first.pop("eventID"), second.pop("eventID")}) == 2
    assert first["dynamodb"]["SequenceNumber"] < second["dynamodb"]["SequenceNumber"]
    assert len(first["dynamodb"].pop("SequenceNumber")) == 21
    assert first == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "ap-south-1",
        "eventSourceARN": stream_arn(TABLE),
        "dynamodb": {
            "ApproximateCreationDateTime": 1002,
            "Keys": {"pk": {"S": "a"}, "sk": {"S": "x"}},
            "StreamViewType": "KEYS_ONLY",
        },
    }


def test_a_record_goes_to_each_function_whose_patterns_let_it_through(make: Callable[..., Function]) -> None:
    function = make()
    inserts = replace(SPEC, patterns=('{"eventName": ["INSERT"]}', '{"eventName": ["REMOVE"]}'))
    one = replace(SPEC, patterns=('{"dynamodb": {"Keys": {"pk": {"S": ["b"]}}}}',))
    streams = function.fed(inserts, one, replace(SPEC, table="dev-others"))
    (change,) = added("a")
    streams.put([change, change._replace(old=change.new, new={}), *added("b"), *added("c", table="dev-more")])
    assert streams.settle(5)
    assert sorted(function.batches) == [["a"], ["b"], ["b"]]
    assert streams.enqueued == 3


def test_batches_are_no_larger_and_no_more_at_once_than_declared(make: Callable[..., Function]) -> None:
    function = make()
    streams = function.fed(replace(SPEC, batch_size=2, at_once=3))
    function.is_open.clear()
    streams.put(added(*"abcdefghi"))
    wait_until(lambda: function.running == 3)
    assert not streams.settle(0.01)
    function.is_open.set()
    assert streams.settle(5)
    assert function.most == 3
    assert sorted(name for batch in function.batches for name in batch) == list("abcdefghi")
    assert {len(batch) for batch in function.batches} <= {1, 2}


def test_the_hook_waits_for_no_function(make: Callable[..., Function]) -> None:
    function = make()
    function.is_open.clear()
    streams = function.fed(SPEC)
    for _ in range(100):
        streams.put(added("a"))
    assert function.batches == []
    assert streams.enqueued == 100


def test_a_failure_is_not_tried_again_where_no_retry_is_declared(make: Callable[..., Function]) -> None:
    function = make(FAILED)
    streams = function.fed(SPEC)
    streams.put(added("a", "b"))
    assert streams.settle(5)
    assert function.batches == [["a"], ["b"]]
    assert function.dropped == []


@pytest.mark.parametrize(("retries", "calls"), [(1, 2), (-1, 4)])
def test_a_failure_is_tried_again_as_often_as_declared(make: Callable[..., Function], retries: int, calls: int) -> None:
    function = make(FAILED, FAILED, FAILED)
    streams = function.fed(replace(SPEC, retries=retries))
    streams.put(added("a"))
    assert streams.settle(5)
    assert function.batches == [["a"]] * calls


def test_what_is_throttled_is_tried_again(make: Callable[..., Function]) -> None:
    function = make(*[ThrottledError("f")] * 3)
    streams = function.fed(SPEC)
    streams.put(added("a", "b"))
    assert streams.settle(5)
    assert function.batches == [["a"], ["a"], ["a"], ["a"], ["b"]]
    assert function.dropped == []


def test_what_is_throttled_until_it_is_too_old_is_given_up(make: Callable[..., Function]) -> None:
    function = make(*[ThrottledError("f")] * 100_000)
    streams = function.fed(replace(SPEC, batch_size=2))
    function.is_open.clear()
    streams.put(added("a"))
    wait_until(lambda: function.running)
    function.wall.now = 0.03
    streams.put(added("b", "c"))
    function.is_open.set()
    wait_until(lambda: ["a"] in function.batches)
    function.wall.now = 0.0601  # The stack's clock: 60.1 seconds.
    wait_until(lambda: function.dropped)
    assert function.dropped == [["a"]]
    assert not streams.settle(0.01)
    function.wall.now = 0.0901
    assert streams.settle(5)
    assert function.dropped == [["a"], ["b", "c"]]


def test_what_only_waited_is_never_too_old(make: Callable[..., Function]) -> None:
    function = make()
    function.is_open.clear()
    streams = function.fed(SPEC)
    streams.put(added("a", "b"))
    wait_until(lambda: function.running)
    function.wall.now = 1.0
    function.is_open.set()
    assert streams.settle(5)
    assert function.batches == [["a"], ["b"]]


def test_without_a_greatest_age_what_is_throttled_is_never_given_up(make: Callable[..., Function]) -> None:
    function = make(*[ThrottledError("f")] * 5)
    streams = function.fed(replace(SPEC, age_seconds_max=-1))
    streams.put(added("a"))
    function.wall.now = 1e6
    assert streams.settle(5)
    assert (len(function.batches), function.dropped) == (6, [])


def test_a_hook_that_fails_leaves_the_later_ones_untold() -> None:
    called: list[str] = []

    def full(changes: list[Change]) -> None:
        raise OSError("no space left")

    in_turn(lambda _: called.append("journal"), lambda _: called.append("stream"))(added("a"))
    assert called == ["journal", "stream"]
    with pytest.raises(OSError, match="no space"):
        in_turn(full, lambda _: called.append("stream"))(added("a"))
    assert called == ["journal", "stream"]


def stream_threads() -> int:
    return sum(thread.name == "stream-F" for thread in threading.enumerate())


def test_after_its_stop_no_function_is_called_and_settling_is_over(make: Callable[..., Function]) -> None:
    wait_until(lambda: not stream_threads())  # Those of other tests.
    function = make(*[ThrottledError("f")] * 100_000)
    streams = function.fed(replace(SPEC, at_once=3))
    streams.put(added("a"))
    wait_until(lambda: function.batches)
    assert stream_threads() == 3
    streams.stop()
    assert streams.settle(5)
    wait_until(lambda: not stream_threads())
    calls = len(function.batches)
    streams.put(added("b"))
    assert streams.settle(5)
    assert len(function.batches) == calls
