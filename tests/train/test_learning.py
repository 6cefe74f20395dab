"""A training that does nothing ends with the cause, not with an adapter that does nothing."""

from typing import Any

import pytest

from gemma_garage.errors import TrainingError
from gemma_garage.train import backends, trainer
from gemma_garage.train.config import TrainConfig
from gemma_garage.train.data import IGNORED, TokenRows
from tests.train.small import Run, configure

ONE_PASS = {"epochs": 1, "save_every_steps": 100}


def _change_model(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    open_model = backends.open_for_training

    def opened(*arguments: Any) -> Any:
        result = open_model(*arguments)
        change(result.model)
        return result

    monkeypatch.setattr(trainer, "open_for_training", opened)


def test_what_was_looked_at_is_told(run: Run) -> None:
    seen: list[dict[str, Any]] = []
    run("well", configure(**ONE_PASS), events=seen.append)
    notes = [event["note"] for event in seen if event["stage"] == "checked"]
    # At first B is zero, so A gets no gradient; then all 14 of both.
    assert notes[0] == "gradients reach 28 of 28 matrices"
    assert notes[-1].startswith("the adapter moves the logits by up to ")


def test_a_frozen_adapter_is_told_before_the_first_step(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _change_model(monkeypatch, lambda model: model.requires_grad_(False))
    with pytest.raises(TrainingError, match="0 of the model's weights can be trained"):
        run("frozen", configure(**ONE_PASS))


def test_an_adapter_that_no_gradient_reaches(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def detach(model: Any) -> None:
        import torch

        model.requires_grad_(False)
        # Something that can be trained and is part of no answer, and something that keeps the
        # backward pass possible without being trained by it.
        model.beside = torch.nn.Parameter(torch.ones(4))
        causal = model.get_base_model()
        causal.get_decoder().norm.register_forward_hook(
            lambda module, inputs, output: output.detach().requires_grad_()
        )

    _change_model(monkeypatch, detach)
    with pytest.raises(TrainingError, match="no gradient has reached any of the 1 trained"):
        run("beside", configure(**ONE_PASS))


def test_a_learning_rate_of_zero(run: Run) -> None:
    values = configure(**ONE_PASS).model_dump() | {"learning_rate": 0.0}
    with pytest.raises(
        TrainingError, match=r"none of the 28 .* has moved. The learning rate is 0;"
    ):
        run("still", TrainConfig.model_construct(**values))


def test_an_adapter_that_changes_no_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from gemma_garage.train import learning

    monkeypatch.setattr(learning, "measure_effect", lambda model, ids: 0.0)
    with pytest.raises(TrainingError, match="the same with and without the adapter"):
        run("useless", configure(**ONE_PASS))


def test_the_effect_is_measured_on_the_logits(tiny_gemma: Any) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from gemma_garage.train.learning import measure_effect

    base = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    assert measure_effect(base, [2, 7, 8]) is None
    model = get_peft_model(base, LoraConfig(r=4, target_modules=["q_proj"])).train()
    assert measure_effect(model, [2, 7, 8]) == 0  # B is zero at the start
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    effect = measure_effect(model, [2, 7, 8])
    assert effect is not None and effect > 0
    assert model.get_base_model().training


def test_all_labels_masked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenise = trainer.tokenise_dataset

    def mask(*arguments: Any) -> TokenRows:
        rows = tokenise(*arguments)
        for row in rows.train:
            row["labels"] = [IGNORED] * len(row["labels"])
        return rows

    monkeypatch.setattr(trainer, "tokenise_dataset", mask)
    with pytest.raises(TrainingError, match="0 tokens to learn from; at least 1"):
        run("masked", configure(**ONE_PASS))
