"""Bugs in reading requests and showing answers: valid input that is refused, texts that get lost."""

from __future__ import annotations

from dev.histories.mutants.mutant import Mutant

REQUESTS = (
    Mutant(
        "any_number_is_a_card",
        "payments.runtime.card_numbers",
        "        for length in _lengths(digits[start : start + PREFIX_DIGITS_MAX]):",
        "        for length in range(LENGTH_MIN, 20):",
        "every tenth order id of digits is refused as a card",
        direct="tests/api/guards/test_cards.py::test_no_honest_number_is_refused",
    ),
    Mutant(
        "order_id_without_marks",
        "payments.api.fields",
        'OrderId = Annotated[str, Field(pattern="^[!-~]([ -~]{0,48}[!-~])?$")]',
        'OrderId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,50}$")]',
        "an order id with a slash is refused",
        direct="tests/api/test_forms.py::test_an_order_id_of_visible_ascii_is_accepted",
    ),
    Mutant(
        "order_id_unescaped",
        "payments.store.dynamodb.keys",
        'quote(merchant_order_id, safe="")',
        'quote(merchant_order_id, safe="#")',
        "an order id with a # changes the key of another item",
        direct="tests/store/dynamodb/test_dynamodb.py::test_an_order_id_stands_in_a_key_percent_encoded",
    ),
    Mutant(
        "one_instalment_refused",
        "payments.api.payment.requests",
        "    return None if months == 1 else months",
        "    return months",
        "a payment in one instalment is refused",
        direct="tests/api/test_forms.py::test_one_instalment_is_none",
    ),
    Mutant(
        "proof_required_of_every_gateway",
        "payments.usecases.payment.verify",
        "    if isinstance(gateway, CanVerify) and not gateway",
        "    if not isinstance(gateway, CanVerify) or not gateway",
        "a gateway whose script gives no proof cannot be verified",
        direct="tests/usecases/payment/test_paid_again.py::"
        "test_a_proof_that_is_not_this_payments_is_refused_and_a_gateway_without_one_needs_none",
    ),
    Mutant(
        "order_bound_to_its_first_amount",
        "payments.domain.rules.transitions",
        "    return is_dead and payment.review is None and not payment.replaced_by\n",
        "    return False\n",
        "an order that has failed is bound for ever to an amount that was never paid",
        direct="tests/usecases/payment/test_after_the_end.py::test_a_dead_order_may_get_a_new_payment_of_another_amount",
    ),
    Mutant(
        "refusal_without_its_words",
        "payments.usecases.errors",
        "    return Failure(FailureCode.REJECTED, error.code, error.words or str(error))",
        "    return Failure(FailureCode.REJECTED, error.code)",
        "the gateway's text of a refusal is lost",
        direct="tests/api/test_refusals.py::test_a_refused_refund_says_why_in_the_gateways_own_words",
    ),
    Mutant(
        "secret_as_it_was_pasted",
        "payments.gateways.kit.secret",
        "text.strip().strip(_AROUND).strip() if isinstance",
        "text if isinstance",
        "a line end that was pasted with a key stays part of it",
        direct="tests/gateways/kit/test_secret.py::test_what_stands_around_a_text_is_dropped",
    ),
    Mutant(
        "minimum_of_one_currency",
        "payments.usecases.gateway.routing",
        "    minimum = gateway.minimum_minor.get(amount.currency, 1)",
        '    minimum = gateway.minimum_minor.get(amount.currency, 1) if amount.currency == "USD" else 1',
        "an amount below the gateway's minimum in another currency uses up the order id",
        direct="tests/gateways/test_minimums.py::"
        "test_too_little_is_refused_before_anything_is_stored_and_leaves_the_order_id_free",
    ),
)
