// Keys of the review: a accept, r reject, e edit, j next, k previous. They press the buttons that
// are on the page, so they do nothing another tab could not do. Typing in a field is left alone.
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest("input, textarea, select, [contenteditable]");
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
    window.garageFollows = true;
    find(press).click();
  } else if (event.key === "e" && find("question")) {
    event.preventDefault();
    find("question").querySelector("textarea").focus();
  }
});
