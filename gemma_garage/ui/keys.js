// Keys of the review: a accept, r reject, e edit, j k and the arrows move, x tick, u undo, / search,
// ? help. They press the buttons that are on the page, so they do nothing another tab could not do.
// Typing in a field is left alone. Ticks live here and go to the server with the click that uses them.
(() => {
let follows = false; // only a key moves the list; a poll must not scroll under the reader
let inList = false; // whether the reader was last in the list; a redraw takes the focus away
let scope = ""; // project and filter the ticks belong to
let lastTicked = null;
const ticked = new Set();
const list = () => document.querySelector("#review-rows ul.examples");
const rows = () => [...document.querySelectorAll("#review-rows [data-id]")];
const find = (id) => {
  const found = document.getElementById(id);
  return found && found.offsetParent && !found.disabled ? found : null;
};

// Mark the row whose texts are open, and those that are ticked.
window.garageMark = () => {
  if (list() && list().dataset.scope !== scope) {
    scope = list().dataset.scope;
    ticked.clear();
  }
  select(document.querySelector("#review-passage [data-open]")?.dataset.open);
  showTicks();
  showEvidence();
};

// Once for each passage: who has scrolled in it since is left where they are.
let evidence = null;
function showEvidence() {
  const mark = document.querySelector("#review-passage blockquote mark");
  if (mark && mark !== evidence) {
    const box = mark.closest("blockquote");
    const below = mark.getBoundingClientRect().top - box.getBoundingClientRect().top;
    box.scrollTop += below - box.clientHeight / 3;
  }
  evidence = mark;
}

window.garageTicked = () => [...ticked].join(",");
window.garageUntick = () => {
  ticked.clear();
  showTicks();
};

function select(id) {
  for (const row of rows()) {
    const selected = row.dataset.id === id;
    row.setAttribute("aria-selected", String(selected));
    row.tabIndex = selected ? 0 : -1;
    if (!selected) continue;
    if (follows) row.scrollIntoView({ block: "nearest" });
    const lost = document.activeElement === document.body || list().contains(document.activeElement);
    if (inList && lost) row.focus({ preventScroll: true });
  }
}

function showTicks() {
  for (const row of rows()) row.setAttribute("aria-checked", String(ticked.has(row.dataset.id)));
  const told = document.querySelector("#review-ticked p");
  if (told) told.textContent = ticked.size ? `${ticked.size} ticked` : "";
}

function tick(row, upTo) {
  const shown = rows();
  const [from, to] = [shown.findIndex((one) => one.dataset.id === lastTicked), shown.indexOf(row)];
  const on = !ticked.has(row.dataset.id);
  const some = upTo && from >= 0 ? shown.slice(Math.min(from, to), Math.max(from, to) + 1) : [row];
  for (const one of some) ticked[on ? "add" : "delete"](one.dataset.id);
  lastTicked = row.dataset.id;
  showTicks();
  // Who ticks means the ticked rows with what comes next.
  const wanted = document.querySelector(`#review-target input[value="${ticked.size ? "ticked" : "page"}"]`);
  if (wanted && !wanted.checked) wanted.click();
}

document.addEventListener("click", (event) => {
  inList = Boolean(event.target.closest("#review-rows"));
  const box = event.target.closest("#review-rows [data-tick]");
  if (box || (event.shiftKey && inList && event.target.closest("[data-id]"))) {
    event.preventDefault();
    event.stopPropagation();
    tick(event.target.closest("[data-id]"), event.shiftKey);
  } else if (inList && event.target.closest("[data-id]")) {
    select(event.target.closest("[data-id]").dataset.id); // at once; its texts follow
  }
}, true);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest(
    "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]",
  );
  if (event.key === "Escape" && !field) find("reader-close")?.click();
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  const key = event.key;
  const away = event.target !== document.body && !event.target.closest("#review-rows");
  const arrow = { ArrowDown: "next", ArrowUp: "previous" }[key];
  // Arrows scroll and choose elsewhere; here they move only who is in the list.
  const name = arrow && inList && !away
    ? arrow
    : { a: "accept", r: "reject", j: "next", k: "previous", u: "undo" }[key];
  const button = name && find(`review-${name}`);
  if (button) {
    event.preventDefault();
    follows = true;
    setTimeout(() => (follows = false), 2000);
    button.click();
  } else if (key === "e" && find("review-question")) {
    event.preventDefault();
    find("review-question").querySelector("textarea").focus();
  } else if (key === "/" && find("review-search")) {
    event.preventDefault();
    find("review-search").querySelector("input, textarea").focus();
  } else if (key === "x") {
    const row = document.querySelector("#review-rows [data-id][aria-selected=true]");
    if (row) tick(row, false);
  } else if (key === "?" && find("review-keys")) {
    find("review-keys").open = !find("review-keys").open;
  }
});
})();
