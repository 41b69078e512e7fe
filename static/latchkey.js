// Small helps; every page works without them.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// A form that came back has its error summary focused by "autofocus"; older browsers do that for fields only.
const summary = document.getElementById("error-summary");
if (summary) {
  addEventListener("load", () => requestAnimationFrame(() => document.activeElement === document.body && summary.focus()));
}

// Copy buttons appear only where they can work.
for (const button of all("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const status = button.parentElement.querySelector("[data-copied]");
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    status.textContent = status.dataset.copied;
  });
}

// The terms box names the terms of what is newly ticked, and only those.
const terms = document.getElementById("terms-section");
if (terms) {
  const boxes = all("input[name=service]");
  const update = () => {
    const ticked = boxes.filter((box) => box.checked && box.dataset.shown !== "active").map((box) => box.value);
    for (const item of all("[data-terms-of]", terms)) item.hidden = !ticked.includes(item.dataset.termsOf);
    const removed = boxes.some((box) => !box.checked && box.dataset.shown !== "inactive");
    for (const text of all("[data-terms]", terms)) {
      text.hidden = text.dataset.terms !== (ticked.length ? "some" : removed ? "none" : "all");
    }
    if (!ticked.length && !removed) for (const item of all("[data-terms-of]", terms)) item.hidden = false;
  };
  for (const box of boxes) box.addEventListener("change", update);
  addEventListener("pageshow", update);
}

// Two minutes before the session ends: ask; one press extends it.
const dialog = document.getElementById("session-dialog");
if (dialog) {
  const form = dialog.querySelector("form");
  const show = (ended) => {
    for (const part of all("[data-soon]", dialog)) part.hidden = ended;
    dialog.querySelector("[data-ended]").hidden = !ended;
    if (!dialog.open) dialog.showModal();
  };
  let timers = [];
  const start = (seconds) => {
    timers.forEach(clearTimeout);
    timers = [setTimeout(show, Math.max(0, seconds - 120) * 1000, false), setTimeout(show, seconds * 1000, true)];
  };
  start(Number(dialog.dataset.seconds));
  // A page that the browser kept for going back may be older than the end of the session.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      start((await answer.json()).seconds);
      dialog.close();
    } catch {
      show(true);
    }
  });
}

// Work under way: look again quietly, and load the page anew once there is news.
if (document.querySelector("[data-pending]")) {
  let looks = 60;
  const look = async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (answer?.ok && !(await answer.text()).includes("data-pending")) location.reload();
    else if (--looks) setTimeout(look, 5000);
  };
  setTimeout(look, 3000);
}

// A board grows while people activate. The browser connects again by itself; if it may not, the page says why.
const board = document.querySelector("[data-events]");
if (board) {
  const part = (name) => board.querySelector(`[data-${name}]`);
  const events = new EventSource(board.dataset.events);
  events.addEventListener("count", (event) => {
    const tally = JSON.parse(event.data);
    part("activated").textContent = tally.activated;
    part("people").textContent = tally.people;
    part("ring").setAttribute("stroke-dasharray", `${tally.percent} 100`);
    part("complete").hidden = !tally.complete;
  });
  events.addEventListener("error", () => events.readyState === 2 && setTimeout(() => location.reload(), 5000));
}
