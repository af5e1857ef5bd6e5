"""Rules about the definition that no validator checks, each seen to fail."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest

from dev.tools.asl import Definition
from dev.tools.check_asl import main, problems
from dev.tools.expand import read_template
from tests.statemachine.machine import DEFINITION

FILLED = read_template()["Resources"]["PollPaymentStateMachine"]["Properties"]["DefinitionSubstitutions"]


def test_the_definition_has_no_problem_and_the_template_fills_it() -> None:
    assert problems(DEFINITION, FILLED) == []
    assert main() == 0


def test_it_has_two_states_and_the_task_is_called_directly() -> None:
    assert [state["Type"] for state in DEFINITION["States"].values()] == ["Wait", "Task"]
    # For a function called by its ARN, the class name of the error reaches ErrorEquals.
    assert DEFINITION["States"]["Poll"]["Resource"] == "${PollFunctionArn}"


def test_the_comment_states_the_mandate() -> None:
    for words in ("20-25 s", "3 s for 30 s", "6 s for 60 s", "10 s for 60 s", "30 s for 60 s", "every minute"):
        assert words in DEFINITION["Comment"]


def test_the_task_gives_up_after_the_function_and_before_the_next_minute() -> None:
    timeout_s = read_template()["Resources"]["PollFunction"]["Properties"]["Timeout"]
    assert timeout_s < DEFINITION["States"]["Poll"]["TimeoutSeconds"] < 60


def misspelt_start(definition: Definition) -> None:
    definition["StartAt"] = "Begin"


def dangling_next(definition: Definition) -> None:
    definition["States"]["WaitForThePayer"]["Next"] = "Pol"


def dangling_catch(definition: Definition) -> None:
    definition["States"]["Poll"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Nowhere"}]


def dangling_default(definition: Definition) -> None:
    definition["States"]["Poll"] = {"Type": "Choice", "Choices": [], "Default": "Nowhere"}


def unreached(definition: Definition) -> None:
    definition["States"]["Forgotten"] = {"Type": "Succeed"}


def without_an_end(definition: Definition) -> None:
    del definition["States"]["Poll"]["End"]


def with_two_ends(definition: Definition) -> None:
    definition["States"]["Poll"]["Next"] = "WaitForThePayer"


def in_json_ata(definition: Definition) -> None:
    definition["QueryLanguage"] = "JSONata"


def without_a_limit(definition: Definition) -> None:
    del definition["TimeoutSeconds"]


def with_a_task_without_a_limit(definition: Definition) -> None:
    del definition["States"]["Poll"]["TimeoutSeconds"]


def with_an_unfilled_name(definition: Definition) -> None:
    definition["States"]["Poll"]["Resource"] = "${PolFunctionArn}"


BROKEN = (
    misspelt_start,
    dangling_next,
    dangling_catch,
    dangling_default,
    unreached,
    without_an_end,
    with_two_ends,
    in_json_ata,
    without_a_limit,
    with_a_task_without_a_limit,
    with_an_unfilled_name,
)


@pytest.mark.parametrize("break_it", BROKEN, ids=lambda break_it: break_it.__name__)
def test_a_broken_definition_is_found_out(break_it: Callable[[Definition], None]) -> None:
    definition = deepcopy(DEFINITION)
    break_it(definition)
    assert problems(definition, FILLED) != []
