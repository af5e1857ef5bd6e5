(function () {
  function two(number) { return String(number).padStart(2, "0"); }
  function timeLeft(seconds) {
    var hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(seconds % 60);
  }
  var clock = document.querySelector("[data-left]");
  if (clock) {
    var left = Number(clock.dataset.left), speed = Number(clock.dataset.speed), started = Date.now();
    var show = function () {
      var now = Math.max(0, Math.ceil(left - (Date.now() - started) / 1000 * speed));
      clock.textContent = timeLeft(now);
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
  document.querySelectorAll("[data-follow-after]").forEach(function (link) {
    setTimeout(function () { location.assign(link.href); }, Number(link.dataset.followAfter) * 1000);
  });
  var ways = document.querySelectorAll("details");
  ways.forEach(function (way) {
    way.addEventListener("toggle", function () {
      if (way.open) { ways.forEach(function (other) { if (other !== way) { other.open = false; } }); }
    });
  });
})();
