(function () {
  var clock = document.querySelector("[data-left]");
  if (clock) {
    var left = Number(clock.dataset.left), speed = Number(clock.dataset.speed), started = Date.now();
    var show = function () {
      var now = Math.max(0, Math.ceil(left - (Date.now() - started) / 1000 * speed));
      clock.textContent = Math.floor(now / 60) + ":" + String(now % 60).padStart(2, "0");
      if (now === 0) { clearInterval(ticking); setTimeout(function () { location.assign(location.href); }, 600); }
    };
    var ticking = setInterval(show, 250);
    show();
  }
  document.querySelectorAll("[data-fill]").forEach(function (chip) {
    chip.addEventListener("click", function () {
      var values = JSON.parse(chip.dataset.fill);
      Object.keys(values).forEach(function (name) { chip.form.elements[name].value = values[name]; });
    });
  });
  document.querySelectorAll("[data-shown]").forEach(function (field) {
    field.closest("form").addEventListener("change", function (event) { field.textContent = event.target.dataset.shownAs; });
  });
  var ways = document.querySelectorAll("details");
  ways.forEach(function (way) {
    way.addEventListener("toggle", function () {
      if (way.open) { ways.forEach(function (other) { if (other !== way) { other.open = false; } }); }
    });
  });
})();
