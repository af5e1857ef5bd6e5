// The shop, and which of the two pages is shown.

import { current, insist, send } from "./api.js";
import { MARKETS, canAuthorize, NAMES, waysOf } from "./market.js";
import { goOn, idInAddress, openOrder } from "./order.js";
import { $, element, memory, money, show } from "./page.js";

const articles = [...document.querySelectorAll("article")];
let offers = [];
let ways = [];

const market = () => MARKETS[$("market").value] ?? MARKETS.IN;
const inMarket = (minor) => money(minor, market().currency);
const offer = () => offers.find(({ name }) => name === $("gateway").value);

function cart() {
  return articles
    .map((article) => {
      const count = wholeUpTo5(article.querySelector("input").value);
      return { name: article.dataset.name, count, amount: count * Number(article.dataset[market().price]) };
    })
    .filter((line) => line.count);
}

function wholeUpTo5(text) {
  return Math.min(5, Math.max(0, Math.trunc(Number(text)) || 0));
}

function showCart() {
  const lines = cart();
  const total = lines.reduce((sum, line) => sum + line.amount, 0);
  articles.forEach((article) => (article.querySelector(".price").textContent = inMarket(article.dataset[market().price])));
  $("lines").replaceChildren(...lines.map((line) => {
    const item = element("li", `${line.count} × ${line.name} `);
    item.append(element("span", inMarket(line.amount)));
    return item;
  }));
  if (!lines.length) $("lines").append(element("li", "Nothing yet: choose a quantity."));
  show("total", inMarket(total));
  const whom = offer() ? ` with ${NAMES[offer().name] ?? offer().name}` : "";
  show("buy", total ? `Pay ${inMarket(total)}${whom}` : `Pay${whom}`);
  $("buy").disabled = !total;
}

// The choice of gateway and method.

function choices(id, pairs, chosen) {
  $(id).disabled = !pairs.length;
  $(id).replaceChildren(...pairs.map(([value, label]) => {
    const option = element("option", label);
    option.value = value;
    return option;
  }));
  if (pairs.some(([value]) => String(value) === String(chosen))) $(id).value = chosen;
}

/** Until the gateways are known: a text instead of a choice. */
function notYet(words) {
  offers = [];
  ways = [];
  ["gateway", "way"].forEach((id) => {
    $(id).replaceChildren(element("option", words));
    $(id).disabled = true;
  });
  current.gateway = "The gateway";
  showWay();
}

/** Each choice depends on the one before it. */
async function showMarket() {
  const wanted = market();
  Object.assign(current, { workspace: wanted.workspace, currency: wanted.currency });
  memory.set("market", $("market").value);
  notYet("One moment …");
  const answer = await send("GET", `/v1/gateways?currency=${wanted.currency}`);
  if (wanted !== market()) return;
  offers = answer.ok ? answer.body.data.filter(({ configured }) => configured) : [];
  show("shop-said", answer.ok ? "" : answer.message);
  if (!offers.length) return notYet("Not known just now");
  choices("gateway", offers.map(({ name }) => [name, NAMES[name] ?? name]), memory.get("gateway"));
  showGateway();
}

function showGateway() {
  const chosen = offer();
  current.gateway = NAMES[chosen?.name] ?? "The gateway";
  ways = chosen ? waysOf(chosen) : [];
  choices("way", ways.map(([label], number) => [number, label]));
  if (chosen) memory.set("gateway", chosen.name);
  showWay();
}

function showWay() {
  $("authorize-only").hidden = !offer() || !canAuthorize(offer(), ways[$("way").value]?.[1]);
  $("authorize").checked &&= !$("authorize-only").hidden;
  showCart();
}

/** One order, one key, for as long as cart and choices stay as they are: a double click or a reload repeats it. */
function draft() {
  const items = cart().map((line) => `${line.count} × ${line.name}`).join(", ");
  const [, asked] = ways[$("way").value] ?? [];
  const chosen = { ...(offer() && { gateway: offer().name }), ...asked, ...($("authorize").checked && { capture: "manual" }) };
  const wanted = { amount: cart().reduce((sum, line) => sum + line.amount, 0), currency: market().currency, customer: market().customer, metadata: { items }, ...chosen };
  const known = memory.get("draft");
  if (known && JSON.stringify(known.wanted) === JSON.stringify(wanted)) return known;
  const merchantOrderId = `SHOP/${new Date().getFullYear()}/${crypto.randomUUID().slice(0, 8).toUpperCase()}`;
  const body = { merchant_order_id: merchantOrderId, return_url: `${location.origin}/?from=checkout`, ...wanted };
  const made = { key: crypto.randomUUID(), wanted, body };
  memory.set("draft", made);
  return made;
}

async function buy(event) {
  event.preventDefault();
  if ($("buy").disabled) return;
  $("buy").disabled = true;
  show("shop-said", "One moment: we open your payment …");
  const { key, body } = draft();
  const payment = await insist("/v1/payments", body, key, "shop-said");
  if (payment) return goOn(payment, Boolean(body.payment_method));
  $("buy").disabled = false;
}

// payment_id in the address decides which page is shown; nothing else in the address is read.

function open() {
  const id = idInAddress();
  $("loading").hidden = true;
  $("shop").hidden = Boolean(id);
  $("order").hidden = !id;
  if (id) openOrder();
  else openShop();
}

function openShop() {
  const waiting = memory.get("current");
  $("waiting").hidden = !waiting;
  $("waiting-link").href = `/?payment_id=${waiting}`;
  show("shop-said", "");
  choices("market", Object.entries(MARKETS).map(([country, { label }]) => [country, label]), memory.get("market"));
  showCart();
  return showMarket();
}

articles.forEach((article) => article.addEventListener("input", showCart));
articles.forEach((article) => article.addEventListener("change", ({ target }) => (target.value = wholeUpTo5(target.value))));
$("market").addEventListener("change", showMarket);
$("gateway").addEventListener("change", showGateway);
$("way").addEventListener("change", showWay);
$("cart").addEventListener("submit", buy);
addEventListener("pageshow", (event) => event.persisted && open());

if (location.hostname === "localhost") location.hostname = "127.0.0.1"; // The one origin that payers may come back to.
else open();
