"""What the histories assume about Razorpay."""

from dev.histories.assumed import Assumed, Holds, Labels

ASSUMED = Assumed(
    labels=Labels(
        makes="POST v1/orders",
        looks="GET v1/orders/",
        refunds="POST v1/payments/",
        asks_refund="GET v1/refunds/",
        paid="order.paid#1",
        authorized="payment.authorized#1",
        refunded="refund.processed#1",
        by_hand="refund.created#1",
        disputed="payment.dispute.created#1",
        lost="payment.dispute.lost#1",
        won="payment.dispute.won#1",
        back_in_part="refund.failed#1",
    ),
    is_searched=True,
    makes_anew=True,
    holds=Holds.BY_CHECKOUT,
    captures_parts=False,
    lets_go=False,
    second_is_equal=True,
    sums_up_refunds=True,
    least_refund=100,
    refunds_disputed=True,
    stranger="order_01JD0000000000",
)
