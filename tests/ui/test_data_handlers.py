"""Sources, generation and freezing, as the page calls them."""

from pathlib import Path

import gradio as gr
import pytest

from gemma_garage.augment import generate, ingest
from gemma_garage.errors import BadInput, DatasetError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Dataset, Document, Job
from gemma_garage.ui import freezing, generation, sources, terms
from tests.ui.filled import Filled, fill_project

WISHES = (4, 0, "", "")
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
    garage: Garage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(sources, "warn", warnings.append)
    ingest.register(garage)
    good = garage.workspace.uploads / "notes.txt"
    good.write_text("The pump weighs 9 kg. " * 20, encoding="utf-8")
    bad = garage.workspace.uploads / "empty.txt"
    bad.write_text("", encoding="utf-8")
    elsewhere = tmp_path / "kept.md"
    elsewhere.write_text("# Care\n\nOil the hinge once a year. " * 5, encoding="utf-8")
    project = garage.store.projects()[0].id
    cleared, listed = sources.take_files(garage, project, [str(good), str(bad), str(elsewhere)], "")
    assert cleared is None
    assert [row.name for row in garage.store.documents(project)] == ["notes.txt", "kept.md"]
    assert len(warnings) == 1
    assert warnings[0].startswith("empty.txt: ")
    assert not good.exists()
    assert elsewhere.exists()
    assert "notes.txt" in listed


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
    *_, leaving, told, tick = generation.choose_generator(garage, "openai", far)
    assert leaving.visible
    assert "<strong>llm.example.com</strong>" in told
    assert tick.value is False
    assert generation.say_destination("openai", "http://127.0.0.1:11434/v1") == ""
    assert generation.say_destination("openai", "localhost:8000") == ""
    assert generation.say_destination("local", "") == ""
    assert "127.0.0.1.evil.com" in generation.say_destination("openai", "127.0.0.1.evil.com/v1")


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
    assert generation.choose_generator(garage, "local", "")[3].visible
    terms.accept(garage, True)
    assert not generation.choose_generator(garage, "local", "")[3].visible
    _, start, stop, resume = generation.start(*call)
    assert (start.visible, stop.visible, resume.visible) == (False, True, False)


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
        generation.start(garage, filled.project, "local", False, *NO_ACCESS, 99, 0, "", "")


def test_the_estimate_counts_what_is_left(garage: Garage, filled: Filled) -> None:
    line = generation.draw_estimate(garage, filled.project, "local", *WISHES)
    assert "nothing leaves this machine" in line or "0 passages" in line
    empty = garage.store.ensure_project("Empty").id
    assert "empty" in generation.draw_estimate(garage, empty, "local", *WISHES)


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
