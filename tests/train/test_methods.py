"""Full training, text alone and preferences on a tiny random Gemma; what each leaves loads."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.train.backends import free_language_model
from gemma_garage.train.checkpoints import last_checkpoint
from gemma_garage.train.config import TrainConfig
from tests.train.small import Run, stop_after
from tests.train.small import configure as configure_small


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    files = {
        "train": [{"question": f"Code of box {n}", "answer": f"B{n * 7}"} for n in range(16)],
        "text": [{"text": f"The code of box {n} is B{n * 7}."} for n in range(8)],
        "preferences": [
            {"prompt": f"Code of box {n}", "chosen": f"B{n * 7}", "rejected": "No idea."}
            for n in range(16)
        ],
    }
    for name, rows in files.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def configure(**changes: Any) -> TrainConfig:
    return configure_small(
        **({"learning_rate": 5e-3, "dropout": 0.0, "save_every_steps": 5} | changes)
    )


def losses_of(events: list[dict[str, Any]]) -> list[float]:
    return [event["loss"] for event in events if "loss" in event]


def test_full_leaves_a_whole_model_in_which_every_weight_moved(
    run: Run, tiny_gemma: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    seen: list[dict[str, Any]] = []
    result = run("full", configure(method="full"), events=seen.append)
    assert result.adapter == tmp_path / "full" / "model"
    losses = losses_of(seen)
    assert sum(losses[-3:]) < 0.9 * sum(losses[:3])
    base = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    tuned = AutoModelForCausalLM.from_pretrained(result.adapter, dtype=torch.float32)
    assert AutoTokenizer.from_pretrained(result.adapter).chat_template
    before, after = base.state_dict(), tuned.state_dict()
    still = [name for name, value in before.items() if torch.equal(value, after[name])]
    assert before.keys() == after.keys() and not still


def test_full_leaves_what_sees_and_hears_as_it_is() -> None:
    import torch

    class Tree(torch.nn.Module):
        def __init__(self, **parts: torch.nn.Module) -> None:
            super().__init__()
            for name, part in parts.items():
                self.add_module(name, part)

    def leaf() -> torch.nn.Module:
        return torch.nn.Linear(2, 2)

    towers = Tree(language_model=leaf(), vision_tower=leaf(), embed_audio=leaf())
    seeing = free_language_model(Tree(model=towers, lm_head=leaf()))
    moved = {name for name, weight in seeing.named_parameters() if weight.requires_grad}
    assert {name.rpartition(".")[0] for name in moved} == {"model.language_model", "lm_head"}
    plain = free_language_model(Tree(model=leaf(), lm_head=leaf()))
    assert all(weight.requires_grad for weight in plain.parameters())


def test_full_that_was_stopped_goes_on_as_if_nothing_had_happened(run: Run, tmp_path: Path) -> None:
    from safetensors.torch import load_file
    from torch.testing import assert_close

    config = configure(method="full")
    whole = run("whole", config)
    stopped = run("broken", config, should_stop=stop_after(8))
    assert stopped.stopped and not (tmp_path / "broken" / "model").exists()
    resumed = run("broken", config, resume_from=last_checkpoint(tmp_path / "broken"))
    assert resumed.loss == pytest.approx(whole.loss, abs=1e-3)
    assert whole.adapter and resumed.adapter
    for name, value in load_file(whole.adapter / "model.safetensors").items():
        assert_close(load_file(resumed.adapter / "model.safetensors")[name], value)


def test_text_alone_is_trained_without_the_questions(run: Run) -> None:
    seen: list[dict[str, Any]] = []
    result = run("text", configure(objective="text"), events=seen.append)
    told = next(event for event in seen if event["stage"] == "tokenised")
    assert (told["train_rows"], result.steps) == (8, 6)
    losses = losses_of(seen)
    assert losses[-1] < losses[0]


def test_preferences_move_the_model_towards_the_better_answer(
    run: Run, tiny_gemma: Path, dataset: Path, tmp_path: Path
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    seen: list[dict[str, Any]] = []
    config = configure(objective="preferences", learning_rate=1e-2)
    result = run("preferences", config, events=seen.append)
    losses = losses_of(seen)
    # Before the first step tuned and base say the same, so nothing is preferred: log 2.
    assert losses[0] == pytest.approx(math.log(2), abs=1e-3) and losses[-1] < 0.7 * losses[0]
    assert result.adapter is not None and not (result.adapter / "ref").exists()
    checkpoint = last_checkpoint(tmp_path / "preferences")
    assert checkpoint is not None and not (checkpoint / "ref").exists()

    from gemma_garage.train.data import read_rows, tokenise_preference

    base = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(tiny_gemma)
    row = tokenise_preference(tokenizer, read_rows(dataset / "preferences.jsonl")[3])

    def weigh(model: Any) -> float:
        scores = []
        for name in ("chosen_ids", "rejected_ids"):
            ids = torch.tensor([row["prompt_ids"] + row[name]])
            with torch.no_grad():
                logits = model(ids).logits[0, len(row["prompt_ids"]) - 1 : -1]
            picked = logits.log_softmax(-1).gather(-1, torch.tensor(row[name])[:, None])
            scores.append(float(picked.sum()))
        return scores[0] - scores[1]

    before = weigh(base)
    assert weigh(PeftModel.from_pretrained(base, result.adapter)) > before + 1


def test_preferences_that_were_stopped_go_on(run: Run, tmp_path: Path) -> None:
    config = configure(objective="preferences")
    whole = run("whole", config)
    run("broken", config, should_stop=stop_after(7))
    resumed = run("broken", config, resume_from=last_checkpoint(tmp_path / "broken"))
    assert resumed.loss == pytest.approx(whole.loss, abs=1e-3)
