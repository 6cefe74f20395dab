// Keys of the review: a accept, r reject, e edit, j next, k previous. They press the buttons that
// are on the page, so they do nothing another tab could not do. Typing in a field is left alone.
(() => {
let follows = false; // only a key moves the list; a poll must not scroll under the reader

// Mark the row whose texts are open.
window.garageMark = () => {
  const open = document.querySelector("#review-passage [data-open]")?.dataset.open;
  for (const row of document.querySelectorAll("#review-rows [data-id]")) {
    const selected = row.dataset.id === open;
    row.setAttribute("aria-selected", String(selected));
    row.tabIndex = selected ? 0 : -1;
    if (selected && follows) row.scrollIntoView({ block: "nearest" });
  }
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest(
    "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]",
  );
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  const press = { a: "accept", r: "reject", j: "next", k: "previous" }[event.key];
  const find = (name) => {
    const found = document.getElementById(`review-${name}`);
    return found && found.offsetParent ? found : null;
  };
  if (press && find(press)) {
    follows = true;
    setTimeout(() => (follows = false), 2000);
    find(press).click();
  } else if (event.key === "e" && find("question")) {
    event.preventDefault();
    find("question").querySelector("textarea").focus();
  }
});
})();
