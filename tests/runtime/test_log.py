from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from payments.runtime import VERSION, log
from tests.runtime.written import Written, written_to

ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(capfd: pytest.CaptureFixture[str]) -> Iterator[Written]:
    with written_to(capfd) as found:
        yield found


def test_a_decision_is_one_line_of_json(written: Written) -> None:
    log.note("attempt.completed", attempt_id="att_1", from_status="pending", to_status="completed")
    (line,) = written.lines()
    assert (line["message"], line["attempt_id"], line["service"]) == ("attempt.completed", "att_1", "pavati")


def test_a_field_that_is_not_allowed_is_left_out(written: Written) -> None:
    log.note("attempt", body="4111111111111111", token="ct_x", email="a@x.example", attempt_id="att_1")
    (line,) = written.lines()
    assert not {"body", "token", "email"} & set(line)


@pytest.mark.parametrize("value", ["a@x.example", "a\nb", "a\x1b[31m", "x" * 241, '{"a": 1}', "a=b&c=d"])
def test_what_is_no_plain_word_is_withheld(value: str, written: Written) -> None:
    log.note("attempt", reason=value)
    (line,) = written.lines()
    assert line["reason"] == "(withheld)"


def crash_with(secret: str) -> None:
    nothing: dict[str, str] = {}
    try:
        nothing[secret]
    except KeyError as error:
        raise ValueError(f"bad {secret}") from error


def test_a_crash_tells_where_and_what_kind_and_nothing_else(written: Written) -> None:
    with pytest.raises(log.Withheld, match="ValueError") as withheld, log.Guard():
        crash_with("4111111111111111")
    assert withheld.value.__suppress_context__
    text = written.text()
    line = json.loads(text)
    assert "4111111111111111" not in text
    assert (line["error"], line["causes"]) == ("ValueError", ["KeyError"])
    assert re.fullmatch(r"tests/runtime/test_log.py:\d+:crash_with", line["frames"][-1])


def test_an_expected_error_passes_as_it_is(written: Written) -> None:
    with pytest.raises(KeyError), log.Guard(KeyError):
        raise KeyError("rung")
    assert written.lines() == []


def test_a_probe_remembers_that_it_failed(written: Written) -> None:
    with log.Probe() as probe:
        raise OSError("secret")
    assert probe.has_failed
    assert "secret" not in json.dumps(written.lines())


def test_counts_go_out_together_and_once(written: Written) -> None:
    log.count("PaymentCreated", 1)
    log.count("PaymentCreated", 1)
    log.flush()
    log.flush()
    (metrics,) = written.lines()
    assert metrics["PaymentCreated"] == [1.0, 1.0]
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Pavati"
    assert metrics["service"] == "pavati"


def test_every_field_that_is_noted_anywhere_is_allowed() -> None:
    package = ROOT / "layers/common/payments"
    source = "\n".join(path.read_text() for path in package.rglob("*.py") if path.name != "log.py")
    calls = re.findall(r"\bnote\(((?:[^()]|\([^()]*\))*)\)", source)
    names = {name for call in calls for name in re.findall(r"\b(\w+)=(?!=)", call)}
    assert {"payment_id", "from_status"} <= names
    assert names - log.FIELDS == set()


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
