// The shop, and which of the two pages is shown.

import { insist } from "./api.js";
import { goOn, idInAddress, openOrder } from "./order.js";
import { $, element, memory, rupees, show } from "./page.js";

const articles = [...document.querySelectorAll("article")];

function cart() {
  return articles
    .map((article) => {
      const count = wholeUpTo5(article.querySelector("input").value);
      return { name: article.dataset.name, count, amount: count * Number(article.dataset.price) };
    })
    .filter((line) => line.count);
}

function wholeUpTo5(text) {
  return Math.min(5, Math.max(0, Math.trunc(Number(text)) || 0));
}

function showCart() {
  const lines = cart();
  const total = lines.reduce((sum, line) => sum + line.amount, 0);
  $("lines").replaceChildren(...lines.map((line) => {
    const item = element("li", `${line.count} × ${line.name} `);
    item.append(element("span", rupees(line.amount)));
    return item;
  }));
  if (!lines.length) $("lines").append(element("li", "Nothing yet: choose a quantity."));
  show("total", rupees(total));
  show("buy", total ? `Pay ${rupees(total)} with PhonePe` : "Pay with PhonePe");
  $("buy").disabled = !total;
}

/** Random, and without digits: a long run of those may look like a card's number, which the API refuses. */
function letters() {
  return crypto.randomUUID().replace(/-/g, "").replace(/\d/g, (digit) => "ghijklmnop"[digit]);
}

/** One order, one key, for as long as the cart stays as it is: a double click or a reload repeats it. */
function draft() {
  const items = cart().map((line) => `${line.count} × ${line.name}`).join(", ");
  const known = memory.get("draft");
  if (known?.body.metadata.items === items) return known;
  const body = {
    merchant_order_id: `SHOP-${letters().slice(0, 8).toUpperCase()}`,
    amount: cart().reduce((sum, line) => sum + line.amount, 0),
    currency: "INR",
    return_url: `${location.origin}/?from=checkout`,
    metadata: { items },
  };
  const made = { key: letters(), body };
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
  if (payment) return goOn(payment);
  $("buy").disabled = false;
}

// The address's payment_id says which page is shown; nothing else in the address is read.

function open() {
  const id = idInAddress();
  $("shop").hidden = Boolean(id);
  $("order").hidden = !id;
  if (id) openOrder();
  else openShop();
}

function openShop() {
  const current = memory.get("current");
  $("waiting").hidden = !current;
  $("waiting-link").href = `/?payment_id=${current}`;
  show("shop-said", "");
  showCart();
}

$("cart").addEventListener("input", showCart);
$("cart").addEventListener("change", ({ target }) => (target.value = wholeUpTo5(target.value)));
$("cart").addEventListener("submit", buy);
addEventListener("pageshow", (event) => event.persisted && open());

if (location.hostname === "localhost") location.hostname = "127.0.0.1"; // The one origin that payers may come back to.
else open();
