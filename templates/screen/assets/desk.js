// Keys and small comforts. Every page works without this file.
(() => {
  "use strict";
  const root = document.documentElement;
  const main = document.getElementById("main");
  const help = document.getElementById("help");
  const isTyping = (element) => element.closest("input, select, textarea, [contenteditable]") !== null;

  // an error summary is read first, wherever the page was
  document.getElementById("faults")?.focus();

  // one click is one request: the second of a double click is dropped here, and harmless on the server
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) { delete form.dataset.sent; form.removeAttribute("aria-busy"); }
  });

  // a page that waits for the worker looks again by itself, a few times, while nobody is busy in it
  const waiting = document.querySelector("[data-look-again]");
  const counter = "looked:" + location.pathname + location.search;
  if (!waiting) sessionStorage.removeItem(counter);
  else {
    const times = Number(sessionStorage.getItem(counter) || 0);
    if (times < Number(waiting.dataset.lookTimes || 10)) setTimeout(() => {
      if (document.hidden || isTyping(document.activeElement) || help?.open) return;
      sessionStorage.setItem(counter, String(times + 1));
      location.reload();
    }, Number(waiting.dataset.lookAgain) * 1000);
  }

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  if (root.dataset.keys === "off" || !help) return;

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  };
  const keys = {
    "/": () => { const find = document.getElementById("find"); find.focus(); find.select(); },
    "j": () => step(1),
    "k": () => step(-1),
    "p": () => { const preview = document.getElementById("preview"); if (preview) preview.open = !preview.open; },
    "?": () => { if (!help.open) help.showModal(); },
  };
  const places = { q: "/", o: "/orders", d: "/documents" };
  let going = 0;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
      else if (document.activeElement.id === "find") main.focus();
      return;
    }
    if (isTyping(event.target) || help.open) return;
    if (going && Date.now() - going < 1500 && places[event.key]) {
      event.preventDefault();
      location.assign(places[event.key]);
      return;
    }
    going = event.key === "g" ? Date.now() : 0;
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });
  document.getElementById("help-link").addEventListener("click", (event) => { event.preventDefault(); help.showModal(); });
})();
