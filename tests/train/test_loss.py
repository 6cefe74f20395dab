"""Our loss is the plain cross entropy, to the last digits, and so is its gradient."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def batch() -> dict[str, Any]:
    """Three rows of unlike length, padded; labels in the middle and at the end."""
    import torch

    dice = torch.Generator().manual_seed(1)
    ids = torch.randint(6, 200, (3, 20), generator=dice)
    mask = torch.ones_like(ids)
    labels = ids.clone()
    labels[:, :8] = -100
    for row, length in enumerate((20, 15, 11)):
        ids[row, length:] = 0
        mask[row, length:] = 0
        labels[row, length:] = -100
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


@pytest.mark.parametrize("softcap", [None, 3.0])
@pytest.mark.parametrize("chunk_tokens", [4, 128])
def test_loss_and_gradients_equal_the_plain_ones(
    tiny_gemma: Path,
    batch: dict[str, Any],
    softcap: float | None,
    chunk_tokens: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from gemma_garage.train import loss as ours

    monkeypatch.setattr(ours, "CHUNK_TOKENS", chunk_tokens)
    base = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    base.config.final_logit_softcapping = softcap
    torch.manual_seed(0)
    lora = LoraConfig(
        task_type="CAUSAL_LM", r=4, target_modules=["q_proj", "up_proj"], init_lora_weights=False
    )
    model = get_peft_model(base, lora)
    trained = [value for value in model.parameters() if value.requires_grad]

    plain = model(**batch).loss
    plain_gradients = torch.autograd.grad(plain, trained)
    value, count = ours.measure_answer_loss(model.get_base_model(), batch)
    gradients = torch.autograd.grad(value, trained)

    assert count == int((batch["labels"][:, 1:] != -100).sum())
    assert value.item() == pytest.approx(plain.item(), rel=1e-5)
    for ours_, plain_ in zip(gradients, plain_gradients, strict=True):
        torch.testing.assert_close(ours_, plain_, rtol=1e-4, atol=1e-7)


def test_sum_is_divided_by_the_items_of_all_batches(
    tiny_gemma: Path, batch: dict[str, Any]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from gemma_garage.train.loss import measure_answer_loss

    model = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    model.requires_grad_(False)
    mean, count = measure_answer_loss(model, batch)
    over_more, _ = measure_answer_loss(model, batch, torch.tensor(count * 4))
    assert float(over_more) == pytest.approx(float(mean) / 4, rel=1e-5)
