// A stand-in for Razorpay's Standard Checkout: new Razorpay(options).open() shows the simulator's pay page in an overlay.
(function () {
  "use strict";
  var origin = new URL(document.currentScript.src).origin;

  function instrument(options) {
    var display = (options.config && options.config.display) || {};
    var blocks = display.blocks || {};
    var only = display.preferences && display.preferences.show_default_blocks === false;
    var first = Object.keys(blocks).map(function (name) { return (blocks[name].instruments || [])[0]; })[0];
    if (only && first) return first;
    if (options.method && typeof options.method === "object") {
      var on = Object.keys(options.method).filter(function (name) { return options.method[name]; });
      if (on.length === 1) return { method: on[0] };
    }
    return { method: typeof options.method === "string" ? options.method : "" };
  }

  function base64url(text) {
    var bytes = Array.from(new TextEncoder().encode(text), function (byte) { return String.fromCharCode(byte); });
    return btoa(bytes.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function Razorpay(options) {
    if (!options || !options.key) throw new Error("No key passed");
    this.options = options;
    this.heard = {};
  }

  Razorpay.prototype.on = function (event, call) {
    (this.heard[event] = this.heard[event] || []).push(call);
  };

  Razorpay.prototype.emit = function (event, news) {
    (this.heard[event] || []).forEach(function (call) { call(news); });
  };

  Razorpay.prototype.open = function () {
    var self = this, options = this.options;
    if (options.redirect && options.callback_url) return submit(options);
    var chosen = instrument(options);
    var months = (chosen.durations || [options.emi_duration])[0] || "";
    var retry = options.retry === false || (options.retry && options.retry.enabled === false) ? "" : "retry";
    var token = [options.order_id, chosen.method || "", months, retry, base64url(options.description || "")].join("~");
    this.overlay = overlay(origin + "/v1/checkout/page/" + encodeURIComponent(token), function () { self.dismiss(); });
    this.before = document.activeElement;
    this.behind = Array.from(document.body.children).filter(function (each) { return each !== self.overlay.box && !each.inert; });
    this.behind.forEach(function (each) { each.inert = true; });
    this.listener = function (event) {
      if (event.source !== self.overlay.frame.contentWindow || event.origin !== origin) return;
      if (!event.data || event.data.from !== "razorpay-simulator") return;
      self.hear(event.data.told || {}, retry);
    };
    window.addEventListener("message", this.listener);
    if (options.timeout) this.timer = setTimeout(function () { self.dismiss("timeout"); }, Number(options.timeout) * 1000);
  };

  Razorpay.prototype.hear = function (told, retry) {
    if (told.razorpay_payment_id) {
      this.close();
      if (this.options.handler) this.options.handler(told);
    } else if (told.error) {
      this.emit("payment.failed", { error: told.error });
      if (!retry) this.dismiss();
    } else {
      this.dismiss();
    }
  };

  Razorpay.prototype.dismiss = function (why) {
    if (!this.overlay) return;
    this.close();
    var modal = this.options.modal || {};
    if (modal.ondismiss) modal.ondismiss(why);
  };

  Razorpay.prototype.close = function () {
    if (!this.overlay) return;
    clearTimeout(this.timer);
    window.removeEventListener("message", this.listener);
    this.overlay.box.remove();
    this.overlay = null;
    this.behind.forEach(function (each) { each.inert = false; });
    if (this.before && this.before.focus) this.before.focus();
  };

  /** The × stands above the frame, never on it, and what is loaded yet covers the words behind it. */
  function overlay(address, leave) {
    var box = element("div", "position:fixed;inset:0;z-index:2147483647;background:rgb(7 16 38 / .82);display:flex;flex-direction:column;align-items:center;justify-content:center;gap:6px;padding:6px;color:#fff;font:16px/1.4 system-ui,sans-serif");
    var button = element("button", "flex:none;width:44px;height:44px;margin-right:calc((100% - min(960px,100%)) / 2);align-self:flex-end;font:28px/1 system-ui,sans-serif;color:#fff;background:#072654;border:2px solid #fff;border-radius:50%;cursor:pointer;padding:0");
    var sheet = element("div", "position:relative;width:min(960px,100%);height:min(720px,100% - 50px);border-radius:12px;background:#fff;color:#1d1630;display:grid;place-items:center;overflow:hidden");
    var words = element("p", "margin:0;padding:16px"), frame = element("iframe", "position:absolute;inset:0;width:100%;height:100%;border:0");
    box.className = "razorpay-container";
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
    box.setAttribute("aria-label", "Razorpay Checkout (simulator)");
    button.type = "button";
    button.textContent = "\u00d7";
    button.setAttribute("aria-label", "Close Checkout");
    button.addEventListener("click", leave);
    words.setAttribute("role", "status");
    words.textContent = "One moment: the payment page is loading \u2026";
    frame.className = "razorpay-checkout-frame";
    frame.title = "Razorpay Checkout (simulator)";
    frame.addEventListener("load", function () { words.textContent = ""; });
    frame.src = address;
    sheet.append(words, frame);
    box.append(button, sheet);
    document.body.append(box);
    button.focus();
    return { box: box, frame: frame };
  }

  function element(tag, style) {
    var made = document.createElement(tag);
    made.style.cssText = style;
    return made;
  }

  function submit(options) {
    var form = document.createElement("form");
    form.method = "post";
    form.action = origin + "/v1/checkout/embedded";
    var fields = { key_id: options.key, order_id: options.order_id, amount: options.amount, currency: options.currency, name: options.name, callback_url: options.callback_url, description: options.description, method: instrument(options).method };
    Object.keys(fields).forEach(function (name) {
      var input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = fields[name] || "";
      form.append(input);
    });
    document.body.append(form);
    form.submit();
  }

  window.Razorpay = Razorpay;
})();
