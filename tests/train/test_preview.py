"""What will be trained on is shown as it is trained."""

import json
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.train.config import make_config
from gemma_garage.train.data import tokenise_dataset
from gemma_garage.train.preview import preview_dataset


@pytest.fixture
def tokenizer(tiny_gemma: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_gemma)


def write(folder: Path, **files: list[dict[str, Any]]) -> Path:
    for name, rows in files.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_answer_and_text_are_told_apart_and_counted(tokenizer: Any, tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        train=[{"question": f"How heavy is {n}?", "answer": f"{n} kg"} for n in range(6)],
        text=[{"text": "It weighs 9.2 kg. " * 9}],
    )
    config = make_config({"base_model": "t", "max_length_tokens": 100})
    preview = preview_dataset(folder, tokenizer, config)
    rows = tokenise_dataset(folder, tokenizer, config)
    first, middle, last = preview.shown
    assert [row.kind for row in preview.shown] == ["answer", "answer", "text"]
    assert first.spans == [
        ("<bos><start_of_turn>user\nHow heavy is 0?<end_of_turn>\n<start_of_turn>model\n", False),
        ("0 kg<end_of_turn>\n", True),
    ]
    assert middle != first and [trained for _, trained in last.spans] == [True]
    assert (preview.rows, preview.pieces, preview.too_long) == (8, 2, 0)
    assert (preview.tokens, preview.trained_tokens) == (rows.tokens, rows.trained_tokens)
    assert preview.longest_tokens == max(len(row["input_ids"]) for row in rows.train) <= 100


def test_only_the_last_answer_of_a_conversation_is_shown_as_trained(
    tokenizer: Any, tmp_path: Path
) -> None:
    turns = [
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "A pump."},
    ]
    folder = write(tmp_path, train=[{"question": "Heavy?", "answer": "9 kg", "turns": turns}])
    (row,) = preview_dataset(folder, tokenizer, make_config({"base_model": "t"})).shown
    assert "A pump.<end_of_turn>" in row.spans[0][0]
    assert row.spans[1] == ("9 kg<end_of_turn>\n", True)


def test_preference_shows_both_answers(tokenizer: Any, tmp_path: Path) -> None:
    rows = [{"prompt": "Heavy?", "chosen": "9 kg", "rejected": "Very."}]
    config = make_config({"base_model": "t", "objective": "preferences"})
    (row,) = preview_dataset(write(tmp_path, preferences=rows), tokenizer, config).shown
    assert row.worse is not None
    assert (row.spans[1][0], row.worse[1][0]) == ("9 kg<end_of_turn>\n", "Very.<end_of_turn>\n")
