"use strict";
// Moves the slider over the course. Everything else on the page works without this.
(() => {
  const source = document.getElementById("course-data");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const player = document.getElementById("player"), slider = document.getElementById("time");
  const clock = document.getElementById("clock"), play = document.getElementById("play");
  const rows = [...document.querySelectorAll("[data-row]")];
  const incidents = [...document.querySelectorAll("[data-from]")];
  const tracks = [...document.querySelectorAll("#course .track")];
  const cursors = tracks.map((track) => {
    const cursor = document.createElement("i");
    cursor.className = "cursor";
    return track.appendChild(cursor);
  });
  const last = Number(slider.max);
  let timer = 0;

  const two = (thousandths) => (Math.floor(thousandths / 10) / 100).toFixed(2);
  const text = (row, cell) => {
    const mean = data.mean[row][cell], low = data.low[row][cell], high = data.high[row][cell];
    if (mean < 0) return "unknown";
    return (mean / 1000).toFixed(3) + " %" + (low < 0 || high < 0 || low === high ? "" : " [" + two(low) + ", " + two(high) + "]");
  };
  const sites = [...document.querySelectorAll("[data-site]")], whens = [...document.querySelectorAll(".when")];
  const percent = (value) => (value < 0 ? "\u2013" : value >= 100000 ? "100" : value >= 99000 ? (Math.floor(value / 10) / 100).toFixed(2)
    : value >= 90000 ? (Math.floor(value / 100) / 10).toFixed(1) : String(Math.floor(value / 1000)));
  // Colours the map; says of its darkest site what a screen reader is to say of the slider.
  const map = (cell) => {
    let darkest = null, least = Infinity;
    for (const site of sites) {
      const value = data.site[Number(site.dataset.site)][cell];
      site.textContent = percent(value);
      site.className = value < 0 ? "sx" : "s" + data.levels.findIndex((from) => value >= from);
      if (value >= 0 && value < least) [darkest, least] = [site, value];
    }
    if (!darkest) return "";
    const table = darkest.closest("table"), point = darkest.closest(".course").querySelector("h3").textContent;
    return ", lowest " + percent(least) + " %: " + table.tHead.rows[0].cells[darkest.cellIndex].textContent + ", " +
      darkest.parentElement.cells[0].textContent.trim() + ", " + point;
  };
  const show = () => {
    const cell = Number(slider.value), seconds = cell * data.cell;
    const when = new Date((data.start + seconds) * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";
    clock.textContent = when;
    for (const time of whens) time.textContent = when;
    slider.setAttribute("aria-valuetext", when + map(cell));
    for (const row of rows) row.textContent = text(Number(row.dataset.row), cell);
    for (const cursor of cursors) cursor.style.left = (100 * (cell + 0.5)) / (last + 1) + "%";
    for (const incident of incidents)
      incident.classList.toggle("on", seconds + data.cell > Number(incident.dataset.from) && seconds < Number(incident.dataset.to));
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  };
  const start = () => {
    if (Number(slider.value) >= last) slider.value = 0;
    timer = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      show();
      if (Number(slider.value) >= last) stop();
    }, Math.max(30, 30000 / (last + 1)));
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
  };

  play.addEventListener("click", () => (timer ? stop() : start()));
  slider.addEventListener("input", () => {
    stop();
    show();
  });
  for (const track of tracks)
    track.addEventListener("pointerdown", (event) => {
      const box = track.getBoundingClientRect();
      stop();
      slider.value = Math.floor(((event.clientX - box.left) / box.width) * (last + 1));
      show();
    });
  player.hidden = false;
  document.getElementById("course").classList.add("playing");
  // Begins where the worst cell of any cloud is: that is what one came to see.
  let worst = [0, 0];
  data.mean.forEach((row, i) => row.forEach((mean, cell) => {
    const least = data.mean[worst[0]][worst[1]];
    if (mean >= 0 && (least < 0 || mean < least)) worst = [i, cell];
  }));
  slider.value = worst[1];
  show();
})();
