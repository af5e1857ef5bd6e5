// The order's page: the payer sees how the payment stands; the staff sees its timeline and refunds it.

import { insist, send } from "./api.js";
import { $, atClock, atMoment, element, memory, rupees, show } from "./page.js";

const OPEN = ["created", "pending", "authorized"];
const PACE = [[30, 2], [120, 5], [600, 15]]; // Until so many seconds have passed, look every so many.

const REASONS = {
  declined: "The bank declined the payment.",
  insufficient_funds: "There was not enough money in the account.",
  authentication_failed: "The PIN or password was not right.",
  cancelled_by_customer: "You declined the payment.",
  limit_exceeded: "The payment was over a limit of the bank or the app.",
  method_unavailable: "The bank could not be reached.",
  suspected_fraud: "The bank stopped the payment to protect you.",
  rejected: "PhonePe refused this order of the shop.",
};
const NOT_CHARGED = "You were not charged. Should your bank show a debit all the same, it is counted here or comes back by itself.";
const WAIT = "If you have paid, just wait: this page changes by itself. Please do not pay a second time.";

const NO_PAGE = [
  "We could not open PhonePe's page",
  "PhonePe has the order, but the page's address was lost on its way to us.",
  "Nobody was sent to pay. When this try has closed, you can try again here.",
];
const HELD = [
  "We are looking into your payment",
  "Something about it does not agree, and a person of the shop will sort it out.",
  "Please do not pay again: we will tell you.",
];
const WORDS = {
  created: () => ["We are opening your payment", "PhonePe has not answered us yet.", WAIT],
  pending: () => ["Waiting for your payment", "PhonePe has not told us yet that you paid.", WAIT],
  authorized: () => ["Your bank has said yes", "The money is on its way to us.", WAIT],
  completed: (order) => [
    order.refund_status === "full" ? "Refunded" : "Paid. Thank you!",
    {
      none: `We have your ${rupees(order.amount)} and pack your order now.`,
      partial: "A part of your money is on its way back to you.",
      full: `All of your ${rupees(order.amount)} is on its way back to you.`,
    }[order.refund_status],
    order.refund_status === "none" ? "" : "Banks take one to five working days to show it.",
  ],
  failed: (order) => ["Not paid", REASONS[order.failure?.code] ?? "The payment did not go through.", NOT_CHARGED],
  cancelled: () => ["Cancelled", "This payment was called off.", NOT_CHARGED],
  expired: () => ["Time ran out", "The payment was not finished in time.", NOT_CHARGED],
};

let order = null;
let isHeld = false; // Only the staff's view says so.
let startedAt = 0;
let timer = 0;
let clock = null;
let turn = 0; // Of open(): answers to what was asked before it come too late.

export const idInAddress = () => new URLSearchParams(location.search).get("payment_id");

async function look() {
  clearTimeout(timer);
  const [id, mine] = [idInAddress(), turn];
  const answer = await send("GET", `/v1/checkouts/${encodeURIComponent(id)}`, { token: memory.get(`token:${id}`) ?? "" });
  if (mine !== turn) return;
  if (answer.code === "not_found") return showStranger();
  show("order-said", answer.ok ? "" : `${answer.message} We keep looking.`);
  if (answer.ok) showOrder(answer.body);
  if (!order || OPEN.includes(order.status)) lookLater();
  if (answer.ok) await showStaff(mine);
}

function lookIn(seconds) {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, seconds * 1000);
}

function lookLater() {
  const waited = (Date.now() - startedAt) / 1000;
  const step = PACE.find(([until]) => waited < until);
  $("look").hidden = Boolean(step);
  if (step) lookIn(step[1]);
  if (!step) show("order-said", "This takes longer than usual. Your order is kept, and we go on asking PhonePe. Do not pay again.");
}

function showOrder(seen) {
  order = seen;
  const isOpen = OPEN.includes(order.status);
  const url = isOpen && !isHeld && order.next_action.type === "redirect" ? order.next_action.url : "";
  const [title, text, advice] = isHeld ? HELD : order.status === "pending" && !url ? NO_PAGE : WORDS[order.status](order);
  show("order-title", title);
  show("order-text", text);
  show("order-advice", advice);
  document.title = `${title} · Sahyadri Handmade`;
  $("card").dataset.status = order.status;
  $("card").dataset.moving = isOpen ? "yes" : "no";
  $("go-on").hidden = !url;
  $("go-on").href = url || "/";
  show("go-on", "Not paid yet? Go on to PhonePe");
  $("again").hidden = isHeld || !["failed", "expired", "cancelled"].includes(order.status);
  if (!isOpen) $("look").hidden = true;
  if (!isOpen && memory.get("current") === order.payment_id) ["current", "draft"].forEach(memory.drop);
  showReceipt();
  showClosing();
}

/** First what the payer may read; the rest follows with the staff's view, and then stays. */
function showReceipt(payment = null, paidAt = "") {
  if (!payment && $("receipt").dataset.of === order.payment_id) return;
  const rows = [
    ["Order", order.merchant_order_id],
    ["Items", payment?.metadata.items],
    ["Amount", rupees(order.amount)],
    ["Paid on", paidAt && atMoment(paidAt)],
    ["Sent back", payment?.amount_refunded && rupees(payment.amount_refunded)],
    ["Payment", order.payment_id, "id"],
  ].filter(([, value]) => value);
  $("receipt").dataset.of = order.payment_id;
  $("receipt").replaceChildren(...rows.flatMap(([name, value, kind]) => [element("dt", name), element("dd", value, kind)]));
}

function showClosing() {
  if (!order || isHeld || !OPEN.includes(order.status) || !clock) return show("closes", "");
  const now = clock.now + ((performance.now() - clock.readAt) / 1000) * clock.speed;
  const left = Math.max(0, Math.round((new Date(order.expires_at) / 1000 - now) / clock.speed));
  const time = left < 100 ? `${left} s` : `${Math.round(left / 60)} min`;
  return show("closes", left ? `If nobody pays, it closes in ${time}.` : "Its time is over: we ask PhonePe how it ended.");
}

function showStranger() {
  order = null;
  show("order-title", "We cannot show this order here");
  show("order-text", "Only the browser tab that started a payment may see it.");
  $("card").dataset.moving = "no";
}

async function again() {
  $("again").disabled = true;
  show("order-said", "One moment: we open your payment again …");
  const current = await send("GET", `/v1/payments/${order.payment_id}`);
  // One key per number of attempts: asked twice, it is one new attempt.
  const key = current.ok && `retry-${order.payment_id}-${current.body.attempts.length}`;
  const payment = key && (await insist(`/v1/payments/${order.payment_id}/retry`, {}, key, "order-said"));
  if (!current.ok) show("order-said", current.message);
  $("again").disabled = false;
  if (payment) goOn(payment);
}

/** To the pay page, in this tab. The address left behind shows the order when the payer presses Back. */
export function goOn(payment) {
  memory.set(`token:${payment.payment_id}`, payment.checkout_token);
  memory.set("current", payment.payment_id);
  history.replaceState(null, "", `/?payment_id=${payment.payment_id}`);
  if (payment.next_action.type === "redirect") location.assign(payment.next_action.url);
  else location.reload();
}

// The staff: timeline and refunds.

const FINDERS = [
  ["webhook", "PhonePe told us, and we asked to be sure"],
  ["poll", "our polling asked PhonePe"],
  ["sweep", "our sweep asked PhonePe"],
  ["return", "we asked when the payer came back"],
  ["refresh", "the staff asked PhonePe"],
  ["initiate", "the shop"],
  ["retry", "the shop"],
  ["refund", "the staff"],
];

async function showStaff(mine) {
  const id = order.payment_id;
  const [payment, events] = await Promise.all([send("GET", `/v1/payments/${id}`), send("GET", `/v1/payments/${id}/events`)]);
  if (mine !== turn || !payment.ok || !events.ok) return;
  $("staff").hidden = false;
  isHeld = Boolean(payment.body.hold);
  showOrder(order);
  const paid = events.body.data.find((event) => event.kind === "attempt.completed");
  showReceipt(payment.body, paid?.at);
  $("events").replaceChildren(...events.body.data.map(asItem));
  if (payment.body.status === "completed") await showRefunds(payment.body);
}

function asItem(event) {
  const item = element("li");
  const finder = FINDERS.find(([start]) => event.cause.startsWith(start))?.[1] ?? event.cause;
  const moved = event.from && event.from !== event.to && `${event.from} → ${event.to}`;
  item.append(element("b", [event.kind, event.amount && rupees(event.amount)].filter(Boolean).join(" · ")));
  item.append(element("p", [moved, event.note].filter(Boolean).join(" · "), "small"));
  item.append(element("p", `${atClock(event.at)}: ${finder} (${event.actor}, ${event.cause})`, "small"));
  return item;
}

async function showRefunds(payment) {
  const refunds = await send("GET", `/v1/payments/${payment.payment_id}/refunds`);
  if (!refunds.ok) return;
  const left = payment.amount_captured - payment.amount_refunded - payment.amount_reserved;
  $("refunds").dataset.count = refunds.body.data.length;
  $("refunds").replaceChildren(...refunds.body.data.map((refund) => {
    const item = element("li", `${rupees(refund.amount)} at ${atClock(refund.created_at)} `);
    item.append(element("strong", refund.status));
    return item;
  }));
  $("refund-some").disabled = left < 10000;
  $("refund-all").disabled = !left;
  show("refund-all", left ? `Refund all (${rupees(left)})` : "Refund all");
  $("refunding").hidden = false;
  if (payment.amount_reserved) lookIn(2);
}

async function refund(amount) {
  $("refund-some").disabled = $("refund-all").disabled = true;
  show("refund-said", "One moment …");
  // One key per number of refunds: a double click is one refund.
  const key = `refund-${order.payment_id}-${$("refunds").dataset.count}`;
  const body = { ...(amount && { amount }), reason_code: "customer_request" };
  const made = await insist(`/v1/payments/${order.payment_id}/refunds`, body, key, "refund-said");
  if (made) show("refund-said", `We sent ${rupees(made.amount)} back; the list shows how far it is.`);
  await look();
}

// When to look.

export function openOrder() {
  turn++;
  order = null;
  isHeld = false;
  startedAt = Date.now();
  $("order-title").focus();
  readClock();
  return look();
}

async function readClock() {
  const answer = await fetch("/_local/status").then((status) => status.json()).catch(() => null);
  clock = answer && { ...answer.clock, readAt: performance.now() };
  showClosing();
}

function resume() {
  if (idInAddress() && !document.hidden) look();
}

$("again").addEventListener("click", again);
$("look").addEventListener("click", openOrder);
$("refund-some").addEventListener("click", () => refund(10000));
$("refund-all").addEventListener("click", () => refund(0));
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : resume()));
addEventListener("online", resume);
setInterval(showClosing, 1000);
