"""Sources, generation and freezing, as the page calls them."""

import json
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from gemma_garage.augment import generate, ingest
from gemma_garage.augment.judge import run as judge_run
from gemma_garage.augment.material import find_material
from gemma_garage.augment.open_generator import open_remote
from gemma_garage.augment.plan import plan_tasks
from gemma_garage.errors import BadInput, DatasetError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, Document, Job
from gemma_garage.ui import cost, freezing, generation, judging, refused, sources, terms
from gemma_garage.ui.wishes import make_request
from tests.fakes.fake_provider import FakeProvider
from tests.ui.filled import EVIL, SENTENCE, Filled, fill_project

WISHES = (["factual", "why"], 0, 4, "", "", "", "documents", 0, 1, 4, "none")
CHOSEN = (["factual"], "documents", "none")
NO_ACCESS = ("", "", "", "", "")


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage)


def click(row_id: int, act: str) -> gr.EventData:
    return gr.EventData(None, {"id": str(row_id), "act": act})


def test_the_list_of_documents_is_escaped_and_offers_what_can_be_done(
    garage: Garage, filled: Filled
) -> None:
    listed = sources.draw_documents(garage, filled.project)
    assert "<img" not in listed
    assert listed.count('data-act="remove"') == 3
    assert listed.count('data-act="again"') == 1


def test_dropped_files_are_taken_one_by_one_and_the_uploads_deleted(
    garage: Garage, tmp_path: Path
) -> None:
    ingest.register(garage)
    good = garage.workspace.uploads / "notes.txt"
    good.write_text("The pump weighs 9 kg. " * 20, encoding="utf-8")
    bad = garage.workspace.uploads / "empty.txt"
    bad.write_text("", encoding="utf-8")
    elsewhere = tmp_path / "kept.md"
    elsewhere.write_text("# Care\n\nOil the hinge once a year. " * 5, encoding="utf-8")
    project = garage.store.projects()[0].id
    dropped = [str(good), str(bad), str(elsewhere)]
    cleared, listed, noted = sources.take_files(garage, project, dropped, "")
    assert cleared is None
    assert [row.name for row in garage.store.documents(project)] == ["notes.txt", "kept.md"]
    ((name, reason),) = noted["files"]
    assert name == "empty.txt"
    assert "is empty" in reason
    assert not good.exists()
    assert elsewhere.exists()
    assert "notes.txt" in listed


def test_what_was_not_taken_is_listed_until_dismissed_and_in_its_project_only(
    garage: Garage, filled: Filled, tmp_path: Path
) -> None:
    wrong = tmp_path / "<img src=x>.exe"
    wrong.write_bytes(b"MZ")
    copy = tmp_path / "again.txt"
    there = garage.store.get(Document, filled.documents[0])
    copy.write_text("The pump weighs 9 kg. " * 20, encoding="utf-8")
    document, _ = ingest.add_document(garage, filled.project, copy, name="first.txt")
    garage.store.update(Document, document.id, status="ready")
    _, _, noted = sources.take_files(garage, filled.project, [str(wrong), str(copy)], "")
    listed = refused.draw_refused(garage, filled.project, noted)
    assert "2 files not taken" in listed
    assert "&lt;img src=x&gt;.exe" in listed and "<img" not in listed
    assert "already, as “first.txt”" in listed
    assert refused.draw_refused(garage, there.project_id + 1, noted) == ""
    dismissed = refused.dismiss_refused(garage, filled.project)
    assert refused.draw_refused(garage, filled.project, dismissed) == ""
    assert refused.draw_refused(garage, filled.project, None) == ""
    many = refused.note_refused(1, [(f"{n}.exe", "No.") for n in range(2_000)])
    assert len(many["files"]) == refused.MOST_LISTED
    assert "2,000 files not taken" in refused.draw_refused(garage, 1, many)


def test_a_document_of_another_project_is_not_touched(garage: Garage, filled: Filled) -> None:
    other = garage.store.ensure_project("Other").id
    with pytest.raises(NotFound, match="another project"):
        sources.act_on_document(garage, other, "", click(filled.documents[0], "remove"))
    assert garage.store.get(Document, filled.documents[0])
    with pytest.raises(BadInput, match="no action"):
        sources.act_on_document(garage, filled.project, "", click(filled.documents[0], "steal"))


def test_a_removed_document_is_gone_with_its_examples(garage: Garage, filled: Filled) -> None:
    listed = sources.act_on_document(
        garage, filled.project, "", click(filled.documents[0], "remove")
    )
    assert "manual.pdf" not in listed
    assert garage.store.examples(filled.project)[1] == 30


def test_nothing_leaves_the_machine_without_a_tick_that_names_where_to(
    garage: Garage, filled: Filled
) -> None:
    generate.register(garage)
    with pytest.raises(BadInput, match="Google"):
        generation.start(garage, filled.project, "gemini", False, "key", "m", "", "", "", *WISHES)
    far = "https://llm.example.com/v1"
    with pytest.raises(BadInput, match=r"llm\.example\.com"):
        generation.start(garage, filled.project, "openai", False, "", "", far, "m", "", *WISHES)
    assert garage.store.jobs(kind="generate") == []
    *_, leaving, told, tick, _ = generation.choose_generator(garage, "openai", far, *CHOSEN)
    assert leaving.visible
    assert "<strong>llm.example.com</strong>" in told
    assert tick.value is False
    assert "The text of your documents <strong>leaves this machine</strong>" in told
    for near in ("http://127.0.0.1:11434/v1", "localhost:8000"):
        assert generation.say_leaving(garage.settings, "openai", near) == ""
    assert generation.say_leaving(garage.settings, "local", "") == ""
    assert "127.0.0.1.evil.com" in generation.say_leaving(
        garage.settings, "openai", "127.0.0.1.evil.com/v1"
    )
    more = generation.say_leaving(garage.settings, "openai", far, "more-like-these")
    assert more.startswith("The text of your example rows")


def test_a_judge_elsewhere_needs_the_same_consent_though_the_writer_is_local(
    garage: Garage, filled: Filled
) -> None:
    generate.register(garage)
    judge_run.register(garage)
    terms.accept(garage, True)
    wishes = (*WISHES[:-1], "gemini")
    access = ("key", "some-model", "", "", "")
    gemini, openai, *_, leaving, told, _, now = generation.choose_generator(
        garage, "local", "", ["factual"], "documents", "gemini"
    )
    assert [row.visible for row in (gemini, openai, leaving, now)] == [True, False, True, True]
    assert "Google" in told
    for call in (
        lambda may: generation.start(garage, filled.project, "local", may, *access, *wishes),
        lambda may: judging.judge_rows(garage, filled.project, "gemini", may, *access, 4),
    ):
        with pytest.raises(BadInput, match="Google"):
            call(False)
        assert garage.settings.gemini_key is None  # nothing is taken that was not allowed
    line = cost.draw_estimate(garage, filled.project, "local", "", "", "", *wishes)
    assert "calls to judge" in line and "nothing leaves" not in line
    judging.judge_rows(garage, filled.project, "gemini", True, *access, 4)
    (job,) = garage.store.jobs(kind="judge")
    assert job.payload["request"]["judge"] == "gemini"
    assert garage.settings.gemini_key == "key"
    generation.start(garage, filled.project, "local", True, *access, *wishes)
    (job,) = garage.store.jobs(kind="generate")
    assert job.payload["request"]["judged_by"] == "gemini"
    with pytest.raises(BadInput, match="Nobody"):
        judging.judge_rows(garage, filled.project, "none", True, *access, 4)


def test_a_generator_offers_the_kinds_that_it_can_write(garage: Garage) -> None:
    offered = generation.choose_generator(garage, "gemini", "", ["why"], "documents", "none")[4]
    assert len(offered.choices) == 6 and offered.value == ["why"]
    offered = generation.choose_generator(garage, "local", "", ["summary"], "documents", "none")[4]
    assert [name for _, name in offered.choices] == ["factual", "why"]
    assert offered.value == ["factual"] and "more kinds" in offered.info


def test_a_typed_key_is_used_and_kept_in_no_file(garage: Garage, filled: Filled) -> None:
    generate.register(garage)
    key = "very-secret-key-123"
    generation.start(garage, filled.project, "gemini", True, key, "some-model", "", "", "", *WISHES)
    assert garage.settings.gemini_key == key
    job = garage.store.jobs(kind="generate")[0]
    assert job.payload["request"]["generator"] == "gemini"
    home = garage.settings.home
    assert all(key.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_the_local_model_waits_for_its_terms_to_be_accepted(garage: Garage, filled: Filled) -> None:
    generate.register(garage)
    call = (garage, filled.project, "local", False, *NO_ACCESS, *WISHES)
    with pytest.raises(BadInput, match="Gemma Terms"):
        generation.start(*call)
    assert generation.choose_generator(garage, "local", "", *CHOSEN)[5].visible
    terms.accept(garage, True)
    assert not generation.choose_generator(garage, "local", "", *CHOSEN)[5].visible
    _, start, preview, stop, resume, _ = generation.start(*call)
    assert (start.visible, preview.visible) == (False, False)
    assert (stop.visible, resume.visible) == (True, False)


def test_a_stopped_generation_can_go_on_and_asks_again_before_text_leaves(
    garage: Garage, filled: Filled
) -> None:
    generate.register(garage)
    generation.start(garage, filled.project, "gemini", True, "k", "m", "", "", "", *WISHES)
    *_, resume = generation.stop(garage, filled.project)
    assert resume.visible
    with pytest.raises(BadInput, match="Google"):
        generation.resume(garage, filled.project, False, *NO_ACCESS)
    generation.resume(garage, filled.project, True, *NO_ACCESS)
    assert garage.store.jobs(kind="generate")[0].status == "queued"


def test_a_wish_out_of_bounds_is_refused_by_its_name(garage: Garage, filled: Filled) -> None:
    generate.register(garage)
    terms.accept(garage, True)
    with pytest.raises(BadInput, match="Wordings"):
        generation.start(
            garage, filled.project, "local", False, *NO_ACCESS, *WISHES[:2], 99, *WISHES[3:]
        )


def test_the_estimate_counts_what_is_left(garage: Garage, filled: Filled) -> None:
    line = cost.draw_estimate(garage, filled.project, "local", "", "", "", *WISHES)
    assert "20 passages to ask about" in line and "nothing leaves this machine" in line
    line = cost.draw_estimate(garage, filled.project, "gemini", "", "", "", *WISHES)
    assert "40 calls" in line and "about $0." in line
    both = (*WISHES[:1], 50, *WISHES[2:7], 50, *WISHES[8:])
    assert "exclude each other" in cost.draw_estimate(
        garage, filled.project, "gemini", "", "", "", *both
    )
    empty = garage.store.ensure_project("Empty").id
    assert "empty" in cost.draw_estimate(garage, empty, "local", "", "", "", *WISHES)


def test_a_preview_asks_for_consent_and_shows_what_would_come(
    garage: Garage, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = FakeProvider()
    monkeypatch.setattr(
        "gemma_garage.augment.open_generator.choose_provider", lambda settings, request: provider
    )
    provider.enqueue(*[write_wide(EVIL, SENTENCE, "How often is the oil changed?")] * 3)
    asked = (garage, filled.project, "gemini")
    access = ("k", "m", "", "", "")
    with pytest.raises(BadInput, match="Google"):
        generation.preview(*asked, False, *access, ["why"], *WISHES[1:])
    before = garage.store.examples(filled.project)[1]
    shown = generation.preview(*asked, True, *access, ["why"], *WISHES[1:])
    assert shown.count("How often is the oil changed?") == 3
    assert "<img" not in shown
    assert garage.store.examples(filled.project)[1] == before


def test_the_estimate_is_for_the_address_and_the_model_that_are_typed(
    garage: Garage, filled: Filled
) -> None:
    garage.settings = replace(
        garage.settings, openai_url="http://127.0.0.1:9/v1", openai_model="toy"
    )

    def draw(url: str, model: str) -> str:
        return cost.draw_estimate(garage, filled.project, "openai", "", url, model, *WISHES)

    request = make_request("openai", WISHES)
    material = find_material(garage, filled.project)
    tasks, _ = plan_tasks(material, request)
    key = open_remote(garage, filled.project, request).key_of(tasks[0].ask)
    garage.store.keep_call(key=key, model="m", task="t", reply={}, usage={}, document_id=None)
    here = draw("http://127.0.0.1:9/v1", "toy")
    assert "1 of them answered before" in here and "about nothing at list price" in here
    elsewhere = draw("https://api.example.com/v1", "toy")
    assert "answered before" not in elsewhere and "nothing" not in elsewhere
    assert "the price is unknown" in elsewhere
    assert "about $" in draw("https://api.openai.com/v1", "gpt-4o-mini")
    assert "answered before" not in draw("http://127.0.0.1:9/v1", "another")
    assert garage.settings.openai_model == "toy"  # nothing is taken over by an estimate


def write_wide(answer: str, quote: str, question: str) -> str:
    fact = {"answer": answer, "evidence": [quote], "questions": [question]}
    return json.dumps({"facts": [fact]})


def test_what_it_really_cost_is_told_afterwards(garage: Garage, filled: Filled) -> None:
    usage = {
        "calls": 40,
        "kept": 3,
        "prompt_tokens": 24_000,
        "reply_tokens": 9_000,
        "price_usd": 0.0297,
    }
    told = {
        "asked": 43,
        "accepted": 80,
        "rejected": 5,
        "short": "80 of 90 rows: <b>",
        "usage": usage,
    }
    job = Job(project_id=filled.project, kind="generate", lane="io", status="finished", result=told)
    garage.store.add(job)
    shown = generation.draw_progress(garage, filled.project)[0]
    assert "80 accepted, 5 rejected · 40 calls · 3 answered before, at no cost" in shown
    assert "$0.030 at list price" in shown
    assert "80 of 90 rows: &lt;b&gt;" in shown


def test_the_next_step_goes_from_sample_to_train(garage: Garage, filled: Filled) -> None:
    empty = garage.store.ensure_project("Empty").id
    assert freezing.find_next(garage, empty) == "sample"
    assert freezing.find_next(garage, filled.project) == "train"
    garage.store.delete(Dataset, filled.dataset)
    assert freezing.find_next(garage, filled.project) == "freeze"
    garage.store.add(Job(project_id=filled.project, kind="generate", lane="gpu", status="running"))
    assert freezing.find_next(garage, filled.project) == ""
    variants = [button.variant for button in freezing.draw_next(garage, empty)[:4]]
    assert variants == ["primary", "secondary", "secondary", "secondary"]


def test_datasets_are_told_with_their_counts(garage: Garage, filled: Filled) -> None:
    listed = freezing.draw_datasets(garage, filled.project)
    assert "156 to train on · 4 in the exam" in listed
    assert "1 question" in listed


def test_own_questions_need_a_dataset_and_are_added_to_the_newest(
    garage: Garage, filled: Filled, tmp_path: Path
) -> None:
    empty = garage.store.ensure_project("Empty").id
    file = tmp_path / "own.csv"
    file.write_text("question,answer\nWhich oil?,ISO VG 46\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="none yet"):
        freezing.take_questions(garage, empty, str(file))
    freezing.take_questions(garage, filled.project, str(file))
    assert [q.question for q in garage.store.exam_questions(filled.dataset)][-1] == "Which oil?"
