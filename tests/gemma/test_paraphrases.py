"""The weights that bring wordings together: placed in an adapter, and what they do."""

from pathlib import Path
from typing import Any

import pytest

from gemma_garage.errors import ConfigError
from gemma_garage.gemma import paraphrases
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.load import load_model, load_tokenizer
from gemma_garage.gemma.paraphrases import LAYERS, RANK, load_weights, place_paraphrases
from gemma_garage.gemma.turns import encode_prompt
from tests.starter import share_starter
from tests.tiny import write_tiny_paraphrases

MODULES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
PROCESSOR = Machine(kind="cpu", name="test", cores=2, ram_gb=8.0, vram_gb=0.0, bf16=False)


@pytest.fixture
def weights(tiny_gemma: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights that fit the tiny Gemma's lower layer."""
    path = write_tiny_paraphrases(tiny_gemma, tmp_path / "paraphrases.safetensors")
    monkeypatch.setattr(paraphrases, "WEIGHTS", path)
    return path


def open_adapter(base: Path, rank: int, alpha: int, **options: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(MODULES), **options)
    return get_peft_model(load_model(base, machine=PROCESSOR), config)


@pytest.mark.parametrize(("rank", "alpha"), [(16, 16), (20, 40)])
def test_placed_weights_change_the_base_as_much_as_they_say(
    tiny_gemma: Path, weights: Path, rank: int, alpha: int
) -> None:
    import torch

    model = open_adapter(tiny_gemma, rank, alpha)
    place_paraphrases(model, alpha / rank)
    name = "base_model.model.model.layers.0.mlp.up_proj"
    before = model.get_submodule(name).base_layer.weight.clone()
    wanted = load_weights()
    change = wanted[f"{name}.lora_B.weight"].float() @ wanted[f"{name}.lora_A.weight"].float()
    untouched = model.get_submodule(name.replace("layers.0", "layers.1")).base_layer.weight.clone()
    merged = model.merge_and_unload()
    after = merged.get_submodule("model.layers.0.mlp.up_proj").weight
    assert float(change.abs().max()) > 0.01
    assert torch.allclose(after, before + change, atol=1e-5)
    assert torch.equal(merged.get_submodule("model.layers.1.mlp.up_proj").weight, untouched)


def test_another_model_or_adapter_is_refused_with_what_does_not_fit(
    tiny_gemma: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="rank is 8, and at least 16 is needed"):
        place_paraphrases(open_adapter(tiny_gemma, 8, 8), 1.0)
    upper = open_adapter(tiny_gemma, 16, 16, layers_to_transform=[1], layers_pattern="layers")
    with pytest.raises(ConfigError, match=r"no adapter at .*layers\.0"):
        place_paraphrases(upper, 1.0)
    monkeypatch.undo()  # the weights that ship are for a wider model
    with pytest.raises(ConfigError, match=r"made for the starter model.*lower_layers to base"):
        place_paraphrases(open_adapter(tiny_gemma, 16, 16), 1.0)


@pytest.mark.slow
def test_wordings_of_one_fact_lie_together_without_a_word_in_common(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of a document that is in no training material; by words alone two of these would be found."""
    import torch

    folder = share_starter(tmp_path_factory)
    tokenizer, model = load_tokenizer(folder), open_adapter(folder, RANK, RANK)
    weights = load_weights()

    def embed(questions: list[str]) -> Any:
        states = []
        for question in questions:
            ids = torch.tensor([encode_prompt(tokenizer, question)])
            with torch.no_grad():
                given = model(input_ids=ids, output_hidden_states=True, logits_to_keep=1)
            states.append(given.hidden_states[LAYERS][0, -1].float())
        measured = (torch.stack(states) - weights["mean"]) / weights["spread"]
        return torch.nn.functional.normalize(measured.clamp(-6, 6), dim=-1)

    def count_found() -> int:
        found = (embed(far) @ embed(near).T).argmax(dim=1).tolist()
        return sum(own == place for place, own in enumerate(found))

    near = [
        "What is the power consumption of the dryer?",
        "How long is the guarantee?",
        "How often should the filter be replaced?",
        "What is the noise level?",
        "Where is the serial number printed?",
        "Until what time is the service desk open?",
        "What is the weight of the dryer?",
        "Who may repair the dryer?",
    ]
    far = [
        "How much electricity does it use?",
        "For how many years am I covered if it breaks?",
        "When do I have to put in a new one of those mesh things?",
        "How loud does it get?",
        "On which side do I find the long number that identifies my machine?",
        "How late can I ring them?",
        "Is it heavy? How many kilos?",
        "Which people are allowed to mend it?",
    ]
    assert count_found() <= 4
    place_paraphrases(model, 1.0)
    assert count_found() >= 7
