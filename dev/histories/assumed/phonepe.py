"""What the histories assume about PhonePe."""

from dev.histories.assumed import Assumed, Labels

ASSUMED = Assumed(
    labels=Labels(
        makes="POST checkout/v2/pay",
        looks="GET checkout/v2/order/",
        refunds="POST payments/v2/refund",
        asks_refund="GET payments/v2/refund/",
        paid="checkout.order.completed#1",
        authorized="",
        refunded="pg.refund.completed#1",
        by_hand="pg.refund.completed#1",
        disputed="payment.dispute.created#1",
        lost="payment.dispute.lost#1",
        won="payment.dispute.won#1",
        again="payment.dispute.action.required#1",
    ),
    unpaid_becomes="expired",
    finds_by_our_id=True,
    tells_first_alone=True,
    tells_no_total=True,
    least_refund=100,
    refunds_disputed=True,
    asks_again=True,
)
