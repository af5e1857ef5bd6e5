// The order's page: how the payment stands, and what the payer may do about it.

import { current, insist, send } from "./api.js";
import { goodToken, NAMES } from "./market.js";
import { $, atClock, atMoment, element, memory, money, show } from "./page.js";
import { go, goesOn, showUpi } from "./paying.js";
import { seen, showStaff } from "./staff.js";

const OPEN = ["created", "pending", "authorized"];
const PACE = [[30, 2], [120, 5], [600, 15]]; // Until so many seconds have passed, check every so many.

const REASONS = {
  declined: "The bank declined the payment.",
  insufficient_funds: "There was not enough money in the account.",
  authentication_failed: "The PIN or password was not right.",
  cancelled_by_customer: "You declined the payment.",
  limit_exceeded: "The payment was over a limit of the bank or the app.",
  method_unavailable: "The bank could not be reached.",
  suspected_fraud: "The bank stopped the payment to protect you.",
  rejected: "The gateway refused this order of the shop.",
  invalid_instrument: "The card or account could not be used.",
};
const REVIEWED = {
  review_refunded: ["Not accepted", "Something about your payment did not agree, and the shop sends your money back.", "Banks take one to five working days to show it."],
  review_written_off: ["Not accepted", "Something about your payment did not agree, and the shop closed it.", "Ask the shop if you have paid."],
};
const NOT_CHARGED = "You were not charged. Should your bank show a debit all the same, it is counted here or comes back by itself.";
const WAIT = "If you have paid, just wait: this page changes by itself. Please do not pay a second time.";

const NO_PAGE = () => [
  `We could not open ${current.gateway}'s page`,
  `${current.gateway} has the order, but the page's address was lost.`,
  "You were not sent to pay. When this try has closed, you can try again here.",
];
const UNDER_WAY = () => [
  "Your payment is under way",
  `${current.gateway} works on it with your bank, and that may take some days.`,
  "There is nothing for you to do: this page changes by itself. Please do not pay a second time.",
];
const UNDER_REVIEW = [
  "We are looking into your payment",
  "Something about it does not agree, and the shop's staff will sort it out.",
  "Please do not pay again: we will tell you.",
];
const LEAVING = ["We are cancelling your payment", "An authorization, if there is one, is released.", ""];
const WORDS = {
  created: () => ["We are opening your payment", `${current.gateway} has not answered us yet.`, WAIT],
  pending: () => ["Waiting for your payment", `${current.gateway} has not confirmed your payment yet.`, WAIT],
  authorized: () =>
    memory.get(`of:${order.payment_id}`)?.isManual
      ? ["Your bank has said yes", "The amount is authorized for this order. It is charged when we send it.", "There is nothing for you to do."]
      : ["Your bank has said yes", "The money is on its way to us.", WAIT],
  completed: (order) => [
    order.refund_status === "full" ? "Refunded" : "Paid. Thank you!",
    {
      none: `We have your ${here(seen.captured || order.amount)} and pack your order now.`,
      partial: "A part of your money is on its way back to you.",
      full: `All of your ${here(seen.captured || order.amount)} is on its way back to you.`,
    }[order.refund_status],
    order.refund_status === "none" ? "" : "Banks take one to five working days to show it.",
  ],
  failed: (order) => REVIEWED[order.failure?.code] ?? ["Not paid", REASONS[order.failure?.code] ?? "The payment did not go through.", NOT_CHARGED],
  cancelled: () => ["Cancelled", "This payment was cancelled.", NOT_CHARGED],
  expired: () => ["Time ran out", "The payment was not finished in time.", NOT_CHARGED],
};

let order = null;
let startedAt = 0;
let timer = 0;
let clock = null;
let turn = 0; // Counts open(): answers to earlier requests are ignored.

const here = (minor) => money(minor, order?.currency ?? current.currency);

export const idInAddress = () => new URLSearchParams(location.search).get("payment_id");

async function look() {
  clearTimeout(timer);
  const [id, mine] = [idInAddress(), turn];
  const answer = await send("GET", `/v1/checkouts/${encodeURIComponent(id)}`, { token: memory.get(`token:${id}`) ?? "" });
  if (mine !== turn) return;
  if (answer.code === "not_found") return showStranger();
  show("order-said", answer.ok ? "" : `${answer.message} We keep checking.`);
  if (answer.ok) showOrder(answer.body);
  if (!order || OPEN.includes(order.status)) lookLater();
  if (!answer.ok || !(await showStaff(id, look, () => mine !== turn))) return;
  showOrder(order);
  showReceipt(seen.payment, seen.paidAt);
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
  if (!step) show("order-said", "This takes longer than usual. Your order is safe, and we keep checking. Do not pay again.");
}

function showOrder(found) {
  order = found;
  const isOpen = OPEN.includes(order.status);
  const next = isOpen && !seen.isUnderReview && !seen.isInProgress ? order.next_action : { type: "none", url: "", values: {} };
  const [title, text, advice] = wordsFor(next);
  show("order-title", title);
  show("order-text", text);
  show("order-advice", advice);
  document.title = `${title} · Sahyadri Handmade`;
  $("card").dataset.status = order.status;
  $("card").dataset.moving = isOpen ? "yes" : "no";
  $("go-on").hidden = !goesOn(next);
  $("go-on").href = next.url || "/";
  show("go-on", `Not paid yet? Go on to ${current.gateway}`);
  showUpi(next);
  $("again").hidden = seen.isUnderReview || !["failed", "expired", "cancelled"].includes(order.status);
  if (!isOpen) $("look").hidden = true;
  if (!isOpen && memory.get("current") === order.payment_id) ["current", "draft"].forEach(memory.drop);
  showReceipt();
  showClosing();
  if (memory.get("begin") === order.payment_id) {
    memory.drop("begin");
    if (goesOn(next)) go(order.payment_id, next, look);
  }
}

function wordsFor(next) {
  if (seen.isUnderReview) return UNDER_REVIEW;
  if (seen.isInProgress && OPEN.includes(order.status)) return UNDER_WAY();
  if (seen.isLeaving && OPEN.includes(order.status)) return LEAVING;
  const isLost = order.status === "pending" && next.type === "none" && !memory.get(`of:${order.payment_id}`)?.isDirect;
  return isLost ? NO_PAGE() : WORDS[order.status](order);
}

function goOnByScript(event) {
  if (!order || order.next_action.type === "redirect") return;
  event.preventDefault();
  go(order.payment_id, order.next_action, look);
}

/** First the fields that a payer may read; the others follow with the staff's view, and stay. */
function showReceipt(payment = null, paidAt = "") {
  if (!payment && $("receipt").dataset.of === order.payment_id) return;
  const rows = [
    ["Order", order.merchant_order_id],
    ["Items", payment?.metadata.items],
    ["Amount", here(order.amount)],
    ["Taken", payment?.amount_captured && payment.amount_captured !== order.amount && here(payment.amount_captured)],
    ["Gateway", payment && (NAMES[payment.gateway] ?? payment.gateway)],
    ["Paid on", paidAt && atMoment(paidAt)],
    ["Sent back", payment?.amount_refunded && here(payment.amount_refunded)],
    ["Disputed", payment?.amount_disputed && here(payment.amount_disputed)],
    ["Written off", payment?.amount_written_off && here(payment.amount_written_off)],
    ["Payment", order.payment_id, "id"],
  ].filter(([, value]) => value);
  $("receipt").dataset.of = order.payment_id;
  $("receipt").replaceChildren(...rows.flatMap(([name, value, kind]) => [element("dt", name), element("dd", value, kind)]));
}

function showClosing() {
  const isAwaited = order && !seen.isUnderReview && !seen.isInProgress && ["created", "pending"].includes(order.status);
  if (!isAwaited || !clock) return show("closes", "");
  const now = clock.now + ((performance.now() - clock.readAt) / 1000) * clock.speed;
  const left = Math.max(0, Math.round((new Date(order.expires_at) / 1000 - now) / clock.speed));
  const time = left < 100 ? `${left} s` : `${Math.round(left / 60)} min`;
  return show("closes", left ? `If nobody pays, it closes in ${time}.` : `Its time is over: we check at ${current.gateway} how it ended.`);
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
  const before = await send("GET", `/v1/payments/${order.payment_id}`);
  // One key per number of attempts: two clicks make one new attempt.
  const key = before.ok && `retry-${order.payment_id}-${before.body.attempts.length}`;
  const isDirect = Boolean(memory.get(`of:${order.payment_id}`)?.isDirect);
  const body = isDirect ? { payment_method: goodToken(before.body?.gateway) } : {};
  const payment = key && (await insist(`/v1/payments/${order.payment_id}/retry`, body, key, "order-said"));
  if (!before.ok) show("order-said", before.message);
  $("again").disabled = false;
  if (payment) goOn(payment, isDirect);
}

/** To the pay page, in this tab. The address left behind shows the order when the payer presses Back. */
export function goOn(payment, isDirect) {
  memory.set(`token:${payment.payment_id}`, payment.checkout_token);
  const { workspace_id: workspace, gateway, capture } = payment;
  memory.set(`of:${payment.payment_id}`, { workspace, gateway, isDirect, isManual: capture === "manual" });
  memory.set("current", payment.payment_id);
  history.replaceState(null, "", `/?payment_id=${payment.payment_id}`);
  if (payment.next_action.type === "redirect") return location.assign(payment.next_action.url);
  memory.set("begin", payment.payment_id);
  return location.reload();
}

// When to check.

export function openOrder() {
  turn++;
  order = null;
  Object.assign(seen, { isUnderReview: false, isInProgress: false, isLeaving: false, captured: 0, payment: null });
  const known = memory.get(`of:${idInAddress()}`);
  Object.assign(current, { workspace: known?.workspace ?? "ws_demo", gateway: NAMES[known?.gateway] ?? "The gateway" });
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

function lookNow() {
  show("order-said", "One moment: we check …");
  return openOrder();
}

function resume() {
  if (idInAddress() && !document.hidden) look();
}

$("again").addEventListener("click", again);
$("look").addEventListener("click", lookNow);
$("go-on").addEventListener("click", goOnByScript);
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : resume()));
addEventListener("online", resume);
setInterval(showClosing, 1000);
