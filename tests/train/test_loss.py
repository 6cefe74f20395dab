"""Our loss is the plain cross entropy, to the last digits, and so is its gradient."""

from pathlib import Path
from typing import Any

import pytest

from gemma_garage.train import loss as ours


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
    value, count = measure_loss(model.get_base_model(), batch)
    gradients = torch.autograd.grad(value, trained)

    assert count == int((batch["labels"][:, 1:] != -100).sum())
    assert value.item() == pytest.approx(plain.item(), rel=1e-5)
    for ours_, plain_ in zip(gradients, plain_gradients, strict=True):
        torch.testing.assert_close(ours_, plain_, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("softcap", [None, 3.0])
def test_a_trained_head_gets_its_gradient_too(
    tiny_gemma: Path, batch: dict[str, Any], softcap: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    monkeypatch.setattr(ours, "CHUNK_TOKENS", 4)
    model = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    model.config.final_logit_softcapping = softcap
    weights = list(model.parameters())  # the head is the embedding: both ways in count
    plain = torch.autograd.grad(model(**batch).loss, weights)
    value, _ = measure_loss(model, batch)
    for ours_, plain_ in zip(torch.autograd.grad(value, weights), plain, strict=True):
        torch.testing.assert_close(ours_, plain_, rtol=1e-4, atol=1e-6)


def measure_loss(causal: Any, batch: dict[str, Any]) -> tuple[Any, int]:
    hidden = causal.get_decoder()(
        input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
    ).last_hidden_state
    states, targets = ours.pick_labelled(hidden, batch["labels"])
    return ours.sum_exact_loss(causal, states, targets) / len(targets), len(targets)


def test_sampled_loss_estimates_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over many draws its mean comes near the exact loss; a draw of the whole rest is exact."""
    import torch

    torch.manual_seed(0)
    weight = torch.randn(5000, 16) / 4
    states, targets = torch.randn(40, 16), torch.randint(0, 30, (40,))
    exact = torch.nn.functional.cross_entropy(states @ weight.t(), targets, reduction="sum")
    causal = FakeCausal(weight)
    monkeypatch.setattr(ours, "DRAWN_TOKENS", 500)
    assert ours.SampledVocabulary.fits(causal, set(range(30)))
    assert not ours.SampledVocabulary.fits(causal, set(range(2000)))
    sampled = ours.SampledVocabulary(causal, set(range(30)))
    draws = [sampled.sum_loss(states, targets).item() for _ in range(30)]
    assert sum(draws) / 30 == pytest.approx(exact.item(), rel=0.01)
    assert max(draws) != min(draws)


class FakeCausal:
    """A head and a config, all that the sampled loss looks at."""

    def __init__(self, weight: Any) -> None:
        import torch

        self.embeddings = torch.nn.Embedding.from_pretrained(weight)
        self.config = self

    def get_text_config(self) -> Any:
        return type("Config", (), {"final_logit_softcapping": None})()

    def get_output_embeddings(self) -> Any:
        return self.embeddings


def test_cut_model_gives_the_same_states_and_runs_the_lower_half_once(
    tiny_gemma: Path, batch: dict[str, Any]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from gemma_garage.train.depth import RowMemory, count_untrained_layers

    model = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32).eval()
    first = count_untrained_layers(model, 50)
    assert (first, count_untrained_layers(model, 100), count_untrained_layers(model, 5)) == (
        1,
        0,
        1,
    )
    ids, mask = batch["input_ids"], batch["attention_mask"]
    with torch.no_grad():
        whole = model.get_decoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        memory = RowMemory(model, first, remember=True)
        before = memory.run(ids, mask, [0, 1, 2])
        calls = []
        model.get_decoder().layers[0].register_forward_hook(lambda *_: calls.append(1))
        again = memory.run(ids[[2, 0]], mask[[2, 0]], [2, 0])
    kept = mask.bool()
    torch.testing.assert_close(before[kept], whole[kept])
    torch.testing.assert_close(again[kept[[2, 0]]], whole[[2, 0]][kept[[2, 0]]])
    assert not calls and len(model.get_decoder().layers) == 2
