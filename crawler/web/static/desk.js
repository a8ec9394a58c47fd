// Everything works without this file: it shows times in the reader's zone and lets keys walk the lists.
"use strict";
(() => {
  const far = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  const near = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
  const old = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
  const today = new Date().toDateString();
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const form = at.toDateString() === today ? near : Math.abs(Date.now() - at) < 300 * 864e5 ? far : old;
    time.textContent = form.format(at);
  }

  const items = () => [...document.querySelectorAll("[data-item]")];
  let here = -1;
  const go = (step) => {
    const all = items();
    if (!all.length) return;
    all[here]?.classList.remove("here");
    here = Math.max(0, Math.min(all.length - 1, here + step));
    all[here].classList.add("here");
    all[here].scrollIntoView({ block: "nearest" });
    all[here].querySelector("a")?.focus({ preventScroll: true });
  };
  const open = () => items()[here]?.querySelector("a")?.click();
  const help = document.getElementById("keys");
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    o: open,
    "/": () => document.querySelector("input[type=search]")?.focus(),
    n: () => document.querySelector("a[rel=next]")?.click(),
    u: () => history.back(),
    "?": () => help?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  for (const button of document.querySelectorAll("[data-confirm]")) {
    button.addEventListener("click", (event) => {
      if (!window.confirm(button.dataset.confirm)) event.preventDefault();
    });
  }
  const waiting = document.querySelector("[data-reload]");
  if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload) * 1000);
})();
