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
    var token = [options.order_id, chosen.method || "", months, retry].join("~");
    this.overlay = overlay(origin + "/v1/checkout/page/" + encodeURIComponent(token), function () { self.dismiss(); });
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
  };

  function overlay(address, leave) {
    var box = document.createElement("div"), frame = document.createElement("iframe"), button = document.createElement("button");
    box.className = "razorpay-container";
    box.style.cssText = "position:fixed;inset:0;z-index:2147483647;background:rgba(7,16,38,.6);display:flex;align-items:center;justify-content:center";
    frame.className = "razorpay-checkout-frame";
    frame.title = "Razorpay Checkout (simulator)";
    frame.src = address;
    frame.style.cssText = "border:0;border-radius:12px;background:#fff;width:min(960px,96vw);height:min(720px,94vh)";
    button.type = "button";
    button.textContent = "\u00d7";
    button.setAttribute("aria-label", "Close Checkout");
    button.style.cssText = "position:absolute;top:12px;right:16px;font-size:28px;line-height:1;color:#fff;background:none;border:0;cursor:pointer";
    button.addEventListener("click", leave);
    box.append(frame, button);
    document.body.append(box);
    return { box: box, frame: frame };
  }

  function submit(options) {
    var form = document.createElement("form");
    form.method = "post";
    form.action = origin + "/v1/checkout/embedded";
    var fields = { key_id: options.key, order_id: options.order_id, amount: options.amount, currency: options.currency, name: options.name, callback_url: options.callback_url, method: instrument(options).method };
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
