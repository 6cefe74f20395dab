"""The page in a real Chromium, served by the real server: what a person sees and presses.

    pytest tests/e2e/test_page.py        (skipped where there is no Chromium)

Nothing is trained here; the rows are those that work would have left.
"""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.augment import ingest
from gemma_garage.garage import Garage
from gemma_garage.schema import Example, Job
from tests.serving import QUIET_TENSORBOARD, open_home
from tests.ui.filled import EVIL, PASSAGE, Filled, fill_project

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TABS = ("Data", "Train", "Compare", "Export")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt: chromium)"),
    pytest.mark.filterwarnings(QUIET_TENSORBOARD),
    # Gradio makes an event loop in the thread that builds the page and never closes it.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@dataclass(frozen=True)
class Site:
    """A running server with one project that has everything, and the browser to look at it."""

    url: str
    garage: Garage
    filled: Filled
    browser: Any


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    import uvicorn
    from playwright.sync_api import sync_playwright

    from gemma_garage.server import build_app

    garage = open_home(tmp_path_factory.mktemp("page"))
    ingest.register(garage)
    garage.jobs.start()
    filled = fill_project(garage)
    with socket.socket() as listener, pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_TEMP_DIR", "GRADIO_ANALYTICS_MAX_EVENTS"):
            patch.setenv(name, "")  # set by build_app; the next test gets its own
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        app = build_app(garage)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            app.state.page.opened.result(timeout=180)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox"]
                )
                yield Site(f"http://127.0.0.1:{port}", garage, filled, browser)
                browser.close()
        finally:
            app.state.page.end_streams()
            server.should_exit = True
            thread.join(timeout=30)
            garage.close()


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """A fresh browser context at the filled project; a script error fails the test."""
    context = site.browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    _open(opened, site.url)
    yield opened
    context.close()
    assert problems == []


def _open(page: Any, url: str) -> None:
    """Open the page and choose the filled project, as a person would."""
    page.goto(url)
    field = page.locator("#project input")
    _expect(field).not_to_have_value("")
    if field.input_value() != "Pump manuals":
        field.click()
        page.get_by_role("option", name="Pump manuals").click()
    _expect(page.locator("#review-rows li").first).to_be_visible()


def _tab(page: Any, name: str) -> None:
    page.locator("#tabs button[role=tab]", has_text=name).first.click()


def _expect(locator: Any) -> Any:
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)  # a slow machine is not a broken page
    return expect(locator)


def _wait_until(true: Any, timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.1)


def test_no_request_leaves_the_page_and_no_text_of_the_user_becomes_a_tag(site: Site) -> None:
    context = site.browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _open(page, site.url)
    for name in TABS:
        _tab(page, name)
        page.wait_for_timeout(700)
        widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], f"{name} scrolls sideways on a phone"
    assert page.locator("img[src='x']").count() == 0
    assert page.title() == "Gemma Garage"
    assert EVIL in page.locator("#data-documents").inner_text(timeout=1_000) or EVIL in str(
        page.locator("#data-documents").text_content()
    )
    foreign = [url for url in asked if not url.startswith((site.url, "data:", "blob:"))]
    assert foreign == []
    context.close()


def test_every_tab_shows_what_the_store_has(page: Any, site: Site) -> None:
    labels = page.locator("#tabs button[role=tab]")
    _expect(labels.nth(0)).to_contain_text("accepted")
    _expect(labels.nth(1)).to_have_text("Train · knows 3 of 4")
    _tab(page, "Train")
    _expect(page.locator("#train-verdict h2")).to_have_text("Knows your documents: 3 of 4")
    _expect(page.locator("#train-curve")).to_be_visible()
    _tab(page, "Export")
    link = page.locator(f"#export-list a[href='/files/{site.filled.export}']")
    _expect(link).to_be_visible()
    assert "Gemma Terms" in page.locator("#export-chosen").inner_text()


def test_on_a_phone_no_control_is_cut_and_no_name_runs_under_its_arrow(site: Site) -> None:
    page = site.browser.new_page(viewport={"width": 390, "height": 844})
    try:
        _open(page, site.url)
        page.get_by_role("tab", name="Train").first.click()
        label = page.get_by_text("Logarithmic")
        label.scroll_into_view_if_needed()
        measured = label.bounding_box()
        assert measured["x"] + measured["width"] <= 390
        assert label.evaluate("node => node.scrollWidth <= node.clientWidth")
        spaces = page.locator("input[role=combobox]:visible").evaluate_all(
            "all => all.map(one => parseFloat(getComputedStyle(one).paddingRight))"
        )
        assert len(spaces) > 3 and min(spaces) >= 24
    finally:
        page.close()


def test_exactly_one_primary_button_is_shown_in_each_tab(page: Any) -> None:
    for name in TABS:
        _tab(page, name)
        _expect(page.locator("button.primary:visible")).to_have_count(1)


def test_keys_accept_reject_and_move_but_not_while_typing(page: Any, site: Site) -> None:
    store, rows = site.garage.store, page.locator("#review-rows li")
    selected = page.locator("#review-rows li[aria-selected=true]")
    first, second, third = site.filled.examples[:3]
    _expect(selected).to_have_attribute("data-id", str(first))
    page.locator("#review-rows").hover()
    page.keyboard.press("j")
    _expect(selected).to_have_attribute("data-id", str(second))
    _expect(page.locator("#review-question textarea")).to_have_value(
        "How often is the oil changed (20)?"
    )
    page.keyboard.press("r")
    _expect(selected).to_have_attribute("data-id", str(third))
    assert store.get(Example, second).status == "rejected"
    page.keyboard.press("k")
    _expect(selected).to_have_attribute("data-id", str(second))
    page.keyboard.press("a")
    _expect(selected).to_have_attribute("data-id", str(third))
    assert store.get(Example, second).status == "accepted"
    page.keyboard.press("e")
    field = page.locator("#review-question textarea")
    _expect(field).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" raja")
    assert store.get(Example, third).status == "accepted"
    page.locator("#review-save").click()
    _wait_until(lambda: store.get(Example, third).status == "edited")
    assert store.get(Example, third).question.endswith(" raja")
    assert rows.count() > 1
    page.locator("#review-pager").click()
    for _ in range(3):  # the edit, the accepting, the rejecting
        before = store.find_undoable(site.filled.project)
        page.keyboard.press("u")
        _wait_until(lambda seen=before: store.find_undoable(site.filled.project) != seen)
    assert store.find_undoable(site.filled.project) is None
    assert store.get(Example, third).status != "edited"
    assert store.get(Example, second).status == "accepted"


def test_rows_are_ticked_filtered_and_judged_together_and_undone(page: Any, site: Site) -> None:
    store, project = site.garage.store, site.filled.project
    rows = page.locator("#review-rows li")
    before = store.count_examples(project)
    page.locator("#review-counts [data-act=status]", has_text="rejected").click()
    _expect(page.locator("#review-pager")).to_contain_text("of 12")
    rows.nth(1).click()
    page.keyboard.press("x")
    rows.nth(3).locator(".box").click(modifiers=["Shift"])
    _expect(page.locator("#review-ticked")).to_have_text("3 ticked")
    page.locator("#review-accept-many").click()
    _expect(page.locator("#review-pager")).to_contain_text("of 9")
    _expect(page.locator("#review-ticked")).to_have_text("")
    assert store.count_examples(project)["rejected", "vague"] == 9
    page.locator("#review-target label", has_text="all found").click()
    page.locator("#review-accept-many").click()
    _expect(page.locator("#review-sure")).to_contain_text("Accept 9 Examples")
    page.locator("#review-yes").click()
    _expect(page.locator("#review-rows .empty")).to_be_visible()
    _expect(page.locator("#review-sure")).not_to_be_visible()
    for left in (9, 12):
        page.locator("#review-undo").click()
        _expect(page.locator("#review-pager")).to_contain_text(f"of {left}")
    assert store.count_examples(project) == before
    page.keyboard.press("/")
    page.keyboard.type("(7)")
    page.keyboard.press("Enter")
    _expect(page.locator("#review-rows .empty")).to_be_visible()
    page.locator("#review-clear").click()
    _expect(page.locator("#review-pager")).to_contain_text("of 60")
    _expect(page.locator("#review-search input, #review-search textarea")).to_have_value("")


def test_the_place_in_the_text_and_the_original_open_beside_the_row(page: Any, site: Site) -> None:
    document = site.filled.documents[0]
    text = site.garage.workspace.document(document) / "text.md"
    text.write_text(f"{PASSAGE}\n" * 300, encoding="utf-8")
    link = page.locator("#review-passage a", has_text="Open the PDF at page 1")
    _expect(link).to_have_attribute("href", f"/files/documents/{document}#page=1")
    page.locator("#review-passage [data-read]").click()
    _expect(page.locator("#reader .reading mark")).to_be_visible()
    assert page.locator("img[src='x']").count() == 0
    page.locator("#reader-forth").click()
    _expect(page.locator("#reader-head")).not_to_contain_text("characters 1–")
    page.keyboard.press("Escape")
    _expect(page.locator("#reader")).not_to_be_visible()


def test_a_reload_and_a_second_browser_show_the_same_and_follow_what_happens(
    page: Any, site: Site
) -> None:
    job = site.garage.store.add(
        Job(
            project_id=site.filled.project,
            kind="train",
            lane="gpu",
            title="Training run 9",
            status="running",
            stage="training: step 1 of 50, 40 s left",
            fraction=0.1,
        )
    ).id
    try:
        second = site.browser.new_context().new_page()
        _open(second, site.url)
        page.reload()
        for one in (page, second):
            _expect(one.locator("#status-line")).to_contain_text("step 1 of 50")
            _expect(one.locator("#status-stop")).to_be_visible()
        site.garage.store.update(Job, job, stage="training: step 2 of 50", fraction=0.2)
        for one in (page, second):
            _expect(one.locator("#status-line")).to_contain_text("step 2 of 50")
            label = one.locator("#tabs button[role=tab]").nth(1)
            _expect(label).to_have_text("Train · running 20 %")
        second.context.close()
    finally:
        site.garage.store.delete(Job, job)
    _expect(page.locator("#status-line")).not_to_be_visible()


def test_the_project_that_was_open_is_open_again_after_a_reload(page: Any, site: Site) -> None:
    page.locator("#project-new").click()
    page.locator("#project-name input, #project-name textarea").fill("Valves")
    page.locator("#project-create").click()
    _expect(page.locator("#project input")).to_have_value("Valves")
    _expect(page.locator("#tabs button[role=tab]").first).to_have_text("Data")
    page.reload()
    _expect(page.locator("#project input")).to_have_value("Valves")
    _expect(page.locator("button.primary:visible")).to_have_text("Try the sample manual")


def test_a_project_is_remembered_without_an_answer_of_the_server(page: Any) -> None:
    stored = "localStorage.getItem('gemma-garage-project')"
    before = page.evaluate(stored)
    page.route("**/gradio_api/run/**", lambda route: None)  # asked, and never answered
    page.locator("#project input").click()
    page.get_by_role("option", name="My first project").click()
    page.wait_for_function(f"before => {stored} !== before", arg=before, timeout=60_000)
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    _expect(page.locator("#project input")).to_have_value("My first project")


def test_the_sample_manual_is_read_and_generate_is_the_next_step(page: Any, site: Site) -> None:
    name = f"Sample {time.monotonic_ns()}"
    page.locator("#project-new").click()
    page.locator("#project-name input, #project-name textarea").fill(name)
    page.locator("#project-create").click()
    _expect(page.locator("#project input")).to_have_value(name)
    _expect(page.locator("#data-documents .empty")).to_be_visible()
    page.locator("#data-sample").click()
    _expect(page.locator("#data-documents .badge-ready")).to_be_visible(timeout=60_000)
    _expect(page.locator("button.primary:visible")).to_have_text("Generate")
    _expect(page.locator("#data-estimate")).to_contain_text("to ask about")


def test_files_are_dropped_in_several_at_once_and_a_bad_one_says_so(
    page: Any, site: Site, tmp_path: Path
) -> None:
    good, bad = tmp_path / "care.md", tmp_path / "empty.txt"
    good.write_text("# Care\n\nOil the hinge once a year, before winter. " * 5, "utf-8")
    bad.write_text("", "utf-8")
    page.locator("#data-files input[type=file]").set_input_files([good, bad])
    row = page.locator("#data-documents tr", has_text="care.md")
    _expect(row.locator(".badge-ready")).to_be_visible(timeout=60_000)
    told = page.locator("#data-refused .refused")
    for _ in range(2):
        _expect(told).to_contain_text("1 file not taken")
        _expect(told.locator("li")).to_contain_text("“empty.txt” is empty")
        page.reload()
    told.get_by_role("button", name="Dismiss").click()
    _expect(told).to_have_count(0)
    page.reload()
    _expect(row).to_be_visible()
    _expect(told).to_have_count(0)
    uploads = site.garage.workspace.uploads
    assert list(uploads.rglob("care.md")) == []


def test_a_click_on_generate_before_the_terms_are_accepted_explains_itself(page: Any) -> None:
    page.locator("#data-generate").click()
    _expect(page.get_by_text("they are not accepted yet")).to_be_visible()


def test_a_remote_generator_names_where_the_text_goes_before_it_goes(page: Any) -> None:
    page.locator("#data-generator label", has_text="Gemini").click()
    _expect(page.locator("#data-leaving")).to_contain_text("goes to Google (the Gemini API,")
    _expect(page.get_by_label("Yes, send it there")).not_to_be_checked()
    _expect(page.locator("#setting-kinds")).to_contain_text("comparisons")
    for button in ("#data-preview", "#data-generate"):
        page.locator(button).click()
        asked = page.get_by_text("Tick the box below to allow it")
        _expect(asked.first).to_be_visible()
        page.locator(".toast-close").first.click()
        _expect(asked).to_have_count(0)
    page.locator("#data-generator label", has_text="this machine").click()
    _expect(page.locator("#data-leaving")).to_be_hidden()
    _expect(page.locator("#setting-kinds")).not_to_contain_text("comparisons")


def test_tensorboard_is_asked_for_only_when_it_is_opened(page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    _tab(page, "Train")
    _expect(page.locator("#train-verdict h2")).to_be_visible()
    assert not any("/tensorboard" in url for url in asked)
    with page.expect_request(lambda request: "/tensorboard" in request.url):
        page.locator("#train-tensorboard button").first.click()
    _expect(page.locator("iframe.tensorboard")).to_be_visible()


def test_the_log_is_read_when_it_is_opened_and_found_by_words(page: Any, site: Site) -> None:
    from gemma_garage.train.logs import RunLog

    log = RunLog(site.garage.workspace.run(site.filled.run) / "log.jsonl", site.filled.run)
    log.write("training", "out of memory: going on with half", "warning")
    _tab(page, "Train")
    _expect(page.locator("#train-stages li")).to_have_count(7)
    page.locator("#train-log-panel button").first.click()
    lines = page.locator("#train-log pre span")
    _expect(lines).to_have_count(2)
    search = page.locator("#train-log-search").locator("input, textarea").first
    search.fill("MEMORY")
    search.press("Enter")
    _expect(lines).to_have_count(1)
    _expect(lines).to_contain_text("going on with half")
    _expect(page.locator("#train-log a.download")).to_have_attribute(
        "href", f"/files/runs/{site.filled.run}/log.jsonl"
    )


def test_a_deletion_is_asked_twice_and_says_what_it_frees(page: Any, site: Site) -> None:
    _tab(page, "Train")
    page.locator("#train-delete").click()
    _expect(page.locator("#train-doomed")).to_contain_text("Delete run 1 with its metrics")
    page.locator("#train-keep").click()
    _expect(page.locator("#train-sure")).to_be_hidden()
    assert site.garage.store.runs(site.filled.project)


def test_both_answers_stream_side_by_side_and_can_be_stopped(
    page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gemma_garage.infer.column import Column
    from gemma_garage.ui import asking

    stopped = threading.Event()

    def answer(*_: Any, **__: Any) -> Iterator[Any]:
        try:
            for count in range(1, 400):
                sides = [
                    Column("word " * count, 0.4, 14.0, count, False, name=name, title=name)
                    for name in ("base", "tuned")
                ]
                yield tuple(sides)
                time.sleep(0.05)
        finally:
            stopped.set()

    monkeypatch.setattr(asking, "compare", answer)
    _tab(page, "Compare")
    page.locator("#compare-suggestions .chip").nth(1).click()
    _expect(page.locator("#compare-prompt textarea")).to_have_value("When is the oil renewed (1)?")
    page.locator("#compare-ask").click()
    for side in (0, 1):
        card = page.locator("#compare-columns .answer-card").nth(side)
        _expect(card).to_contain_text("word word word")
        _expect(card).to_contain_text("then 14 tokens/s")
    page.locator("#compare-stop").click()
    assert stopped.wait(15)
