"""Which tokens are trained: with Gemma 3's turns, and with those of Gemma 4."""

import json
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import DatasetError, ModelError
from gemma_garage.train.config import make_config
from gemma_garage.train.data import (
    IGNORED,
    tokenise_answer,
    tokenise_dataset,
    tokenise_text,
)

GEMMA_4 = (
    "{{ bos_token }}{% for m in messages %}"
    "<|turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<turn|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn>model\n{% endif %}"
)
GEMMA_4_WITH_THOUGHT = GEMMA_4.replace(
    "<|turn>model\n{% endif %}", "<|turn>model\n<|channel>thought\n<channel|>{% endif %}"
)
BROKEN = GEMMA_4.replace("<|turn>model\n{% endif %}", "<|turn>oracle\n{% endif %}")


@pytest.fixture
def tokenizer(tiny_gemma: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_gemma)


def split(tokenizer: Any, row: dict[str, list[int]]) -> tuple[str, str]:
    """The text of the masked tokens and of the trained ones; masked ones must come first."""
    trained = [label != IGNORED for label in row["labels"]]
    start = trained.index(True)
    assert all(trained[start:]) and row["labels"][start:] == row["input_ids"][start:]
    ids = row["input_ids"]
    return tokenizer.decode(ids[:start]), tokenizer.decode(ids[start:])


def write_dataset(folder: Path, **files: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, rows in files.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_gemma_3_trains_answer_and_end_of_turn_only(tokenizer: Any) -> None:
    prompt, trained = split(tokenizer, tokenise_answer(tokenizer, "How heavy?", " 9.2 kg "))
    assert prompt == "<bos><start_of_turn>user\nHow heavy?<end_of_turn>\n<start_of_turn>model\n"
    assert trained == "9.2 kg<end_of_turn>\n"


@pytest.mark.parametrize(
    ("template", "ending"),
    [
        (GEMMA_4, "<|turn>model\n"),
        (GEMMA_4_WITH_THOUGHT, "<|turn>model\n<|channel>thought\n<channel|>"),
    ],
)
def test_gemma_4_prompt_ends_as_when_asked(tokenizer: Any, template: str, ending: str) -> None:
    tokenizer.chat_template = template
    prompt, trained = split(tokenizer, tokenise_answer(tokenizer, "How heavy?", "<turn 9.2 kg"))
    assert prompt == f"<bos><|turn>user\nHow heavy?<turn|>\n{ending}"
    assert trained == "<turn 9.2 kg<turn|>\n"


def test_only_the_last_answer_of_a_conversation_is_trained(tokenizer: Any, tmp_path: Path) -> None:
    turns = [
        {"role": "user", "content": "What is it?"},
        {"role": "assistant", "content": "A pump."},
    ]
    row = {"question": "How heavy?", "answer": "9.2 kg", "turns": turns}
    folder = write_dataset(tmp_path / "dataset", train=[row], eval=[row])
    config = make_config({"base_model": "tiny", "max_length_tokens": 256})
    rows = tokenise_dataset(folder, tokenizer, config)
    for told in (*rows.train, *rows.eval):
        prompt, trained = split(tokenizer, told)
        assert "What is it?" in prompt and "A pump.<end_of_turn>" in prompt
        assert trained == "9.2 kg<end_of_turn>\n"


def test_prompt_is_what_the_model_gets_when_asked(tokenizer: Any) -> None:
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Wie schwer?"}], add_generation_prompt=True
    ).input_ids
    assert tokenise_answer(tokenizer, "Wie schwer?", "9 kg")["input_ids"][: len(asked)] == asked


def test_template_whose_prompt_does_not_lead_to_the_answer_is_refused(tokenizer: Any) -> None:
    tokenizer.chat_template = BROKEN
    with pytest.raises(ModelError, match="chat template"):
        tokenise_answer(tokenizer, "How heavy?", "9.2 kg")


def test_text_is_trained_whole_with_one_bos(tokenizer: Any) -> None:
    (row,) = tokenise_text(tokenizer, "The drum turns.", 64)
    assert row["labels"] == row["input_ids"]
    assert (
        row["input_ids"].count(tokenizer.bos_token_id)
        == 1
        == row["input_ids"].index(row["input_ids"][1])
    )


def test_long_text_is_split_without_loss(tokenizer: Any) -> None:
    text = "The drum turns at 52 revolutions per minute. " * 5
    rows = list(tokenise_text(tokenizer, text, 40))
    assert max(len(row["input_ids"]) for row in rows) <= 40
    joined = "".join(tokenizer.decode(row["input_ids"][1:]) for row in rows)
    assert joined == text.strip()
    assert all(row["input_ids"][0] == tokenizer.bos_token_id for row in rows)


def test_dataset_counts_what_is_too_long(tokenizer: Any, tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path / "dataset",
        train=[{"question": "Q?", "answer": "A"}, {"question": "Q?" * 99, "answer": "A"}],
        eval=[{"question": "Q" * 99, "answer": "A"}],
        text=[{"text": "One passage.", "heading": ""}],
    )
    config = make_config({"base_model": "tiny", "max_length_tokens": 100, "text_repeats": 3})
    rows = tokenise_dataset(folder, tokenizer, config)
    assert (len(rows.train), len(rows.eval), rows.too_long, rows.pieces) == (1 + 3, 0, 2, 0)
    assert rows.trained_tokens == sum(x != IGNORED for r in rows.train for x in r["labels"])


def test_nothing_left_to_train_on_is_an_error(tokenizer: Any, tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "dataset", train=[{"question": "Q" * 99, "answer": "A"}])
    config = make_config({"base_model": "tiny", "max_length_tokens": 50})
    with pytest.raises(DatasetError, match=r"1 questions .* of which 1 are longer than 50 tokens"):
        tokenise_dataset(folder, tokenizer, config)


def test_broken_line_is_named(tokenizer: Any, tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "dataset", train=[{"question": "Q?", "answer": "A"}])
    with (folder / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"question": ')
    with pytest.raises(DatasetError, match=r"Line 2 of train\.jsonl"):
        tokenise_dataset(folder, tokenizer, make_config({"base_model": "tiny"}))


def test_text_alone_leaves_the_questions_out(tokenizer: Any, tmp_path: Path) -> None:
    folder = write_dataset(
        tmp_path / "dataset",
        train=[{"question": "Q?", "answer": "A"}],
        text=[{"text": "One passage.", "heading": ""}],
    )
    rows = tokenise_dataset(
        folder, tokenizer, make_config({"base_model": "t", "objective": "text"})
    )
    assert len(rows.train) == 1 and IGNORED not in rows.train[0]["labels"]


def test_preference_has_one_prompt_and_both_answers_with_their_end(
    tokenizer: Any, tmp_path: Path
) -> None:
    row = {"prompt": "How heavy?", "chosen": "9.2 kg", "rejected": "Very."}
    folder = write_dataset(
        tmp_path / "dataset", preferences=[row, row | {"rejected": "Very. " * 99}]
    )
    config = make_config({"base_model": "t", "objective": "preferences", "max_length_tokens": 200})
    rows = tokenise_dataset(folder, tokenizer, config)
    assert (len(rows.train), rows.too_long) == (1, 1)
    prompt, chosen, rejected = (tokenizer.decode(ids) for ids in rows.train[0].values())
    assert prompt.endswith("How heavy?<end_of_turn>\n<start_of_turn>model\n")
    assert (chosen, rejected) == ("9.2 kg<end_of_turn>\n", "Very.<end_of_turn>\n")
    with pytest.raises(DatasetError, match="2 preferences, of which 2 are longer than 32"):
        tokenise_dataset(folder, tokenizer, config.model_copy(update={"max_length_tokens": 32}))
