"""The form for rows that wait, and the Hub's row, as the page calls them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from gemma_garage.augment import ingest
from gemma_garage.errors import BadInput, ConfigError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.schema import Document
from gemma_garage.ui import importing, sources
from tests.fakes.fake_hub import DATASETS, FakeRepo, use_fake_hub
from tests.ui.filled import EVIL

PROJECT = 1
OUTPUTS = 9 + len(importing.FIELDS)


@pytest.fixture
def waiting(garage: Garage, tmp_path: Path) -> Iterator[Document]:
    """A file of an unknown shape whose rows wait."""
    ingest.register(garage)
    garage.jobs.start()
    rows = [{"left": f"Is it {EVIL}?", "right": "yes"}, {"left": "And this?", "right": ""}]
    path = tmp_path / "odd.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    outcome = ingest.ingest_files(garage, PROJECT, [path])[0]
    garage.jobs.wait(outcome.job_id or 0, timeout_s=60)
    yield garage.store.get(Document, outcome.document_id)


def columns(**chosen: str) -> list[str]:
    return [chosen.get(name, "") for name in importing.FIELDS]


def is_untouched(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"__type__"}


def test_nothing_waits_nothing_is_shown(garage: Garage) -> None:
    drawn = importing.draw_panel(garage, PROJECT, 7)
    assert len(drawn) == OUTPUTS
    assert isinstance(drawn[0], gr.Column) and not drawn[0].visible
    assert drawn[1] is None and all(map(is_untouched, drawn[2:]))


def test_the_form_is_filled_with_the_guess_and_left_alone_afterwards(
    garage: Garage, waiting: Document
) -> None:
    drawn = importing.draw_panel(garage, PROJECT, None)
    assert len(drawn) == OUTPUTS
    assert (drawn[0].visible, drawn[1], drawn[3]) == (True, waiting.id, "pair")
    assert "2 rows · of no known shape" in drawn[2]
    fields = dict(zip(importing.FIELDS, drawn[7 : 7 + len(importing.FIELDS)], strict=True))
    assert (fields["question"].value, fields["answer"].value) == ("left", "right")
    assert [value for _, value in fields["text"].choices] == ["", "left", "right"]
    assert "<mark>yes&lt;end_of_turn&gt;" in drawn[-1] and "<img" not in drawn[-1]
    assert "Row 2: question or answer is missing" in drawn[-1]
    assert all(map(is_untouched, importing.draw_panel(garage, PROJECT, waiting.id)))
    listed = sources.draw_documents(garage, PROJECT)
    assert "your turn" in listed and 'data-act="again"' not in listed


def test_the_preview_follows_the_choice(garage: Garage, waiting: Document) -> None:
    turned = importing.show_preview(
        garage, PROJECT, waiting.id, "pair", *columns(question="right", answer="left")
    )
    assert "user\nyes" in turned
    missing = importing.show_preview(garage, PROJECT, waiting.id, "turns", *columns(text="left"))
    assert "No column is chosen yet" in missing
    *rows, system, mode, preview = importing.choose_kind(
        garage, PROJECT, waiting.id, "text", *columns(text="left", question="right")
    )
    assert [row.visible for row in rows] == [False, False, True]
    assert (system.visible, mode.visible) == (False, False)
    assert "split into passages" in preview


def test_the_choice_imports_the_rows_and_closes_the_form(garage: Garage, waiting: Document) -> None:
    with pytest.raises(ConfigError, match="column of the answer too"):
        importing.start(garage, PROJECT, waiting.id, "pair", "as-is", *columns(question="left"))
    chosen = columns(question="left", answer="right", text="left")
    listed, panel, *_ = importing.start(garage, PROJECT, waiting.id, "pair", "both", *chosen)
    assert not panel.visible and "odd.jsonl" in listed
    job = garage.store.jobs(kind="import", limit=1)[0]
    assert garage.jobs.wait(job.id, timeout_s=60).result["accepted"] == 1
    assert "2 rows: 1 accepted, 1 rejected, 1 passage" in sources.draw_documents(garage, PROJECT)
    with pytest.raises(BadInput, match="waits for no choice"):
        importing.start(garage, PROJECT, waiting.id, "pair", "both", *chosen)


def test_rows_of_another_project_are_not_shown(garage: Garage, waiting: Document) -> None:
    other = garage.store.ensure_project("Other").id
    with pytest.raises(NotFound, match="another project"):
        importing.show_preview(garage, other, waiting.id, "pair", *columns(text="left"))
    with pytest.raises(NotFound, match="another project"):
        importing.start(garage, other, waiting.id, "text", "both", *columns(text="left"))
    assert not importing.draw_panel(garage, other, None)[0].visible


def test_a_dataset_is_looked_up_and_fetched(garage: Garage) -> None:
    ingest.register(garage)
    garage.jobs.start()
    line = json.dumps({"question": "q", "answer": "a"}).encode()
    with use_fake_hub() as fake:
        fake.repos[f"{DATASETS}ada/pumps"] = FakeRepo(
            files={"train.jsonl": line, "fr/test.jsonl": line}, card={"license": EVIL}
        )
        row, about, config, split, parts = importing.look_up_dataset(garage, "ada/pumps")
        assert row.visible and "2 configs" in about and "<img" not in about
        assert (config.value, split.value) == ("default", "train")
        assert importing.choose_config(garage, parts, "fr").value == "test"
        listed = importing.take_dataset(garage, PROJECT, "ada/pumps", "fr", "test", 10.0)
        assert "ada/pumps (fr, test)" in listed
        garage.jobs.wait(garage.store.jobs(kind="import", limit=1)[0].id, timeout_s=60)
        with pytest.raises(ConfigError, match="0 rows"):
            importing.take_dataset(garage, PROJECT, "ada/pumps", "fr", "test", None)
    assert "recognised as question/answer" in importing.draw_panel(garage, PROJECT, None)[2]
    with pytest.raises(BadInput, match="No dataset was named"):
        importing.look_up_dataset(garage, " ")
