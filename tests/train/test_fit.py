"""What a run takes is reckoned by its parts, and the batch follows the memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.shape import read_shape
from gemma_garage.train import fit
from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.train.fit import count_trained_weights, estimate_need, fit_batch
from gemma_garage.train.pace import estimate_pace, is_same_pace
from gemma_garage.train.rows import RowSizes

GPU = Machine("cuda", "NVIDIA H100", 16, 128.0, 80.0, True)
ROWS = RowSizes(rows=200, tokens=12_000, trained=4_000, longest=256, words=1_000)
SMALL = read_shape(find_base("gemma-3-270m-it"), None)
LARGE = read_shape(find_base("gemma-3-4b-it"), None)


@pytest.fixture(autouse=True)
def transformers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "choose_backend", lambda machine: "transformers")


def configure(**changes: Any) -> TrainConfig:
    return make_config(
        {"base_model": "gemma-3-4b-it", "batch_size": 8, "accumulation": 1} | changes
    )


def test_shape_is_read_from_the_config_of_the_base(tiny_gemma: Path) -> None:
    shape = read_shape(find_base("gemma-3-270m-it"), tiny_gemma)
    assert (shape.layers, shape.width, shape.inner, shape.is_guess) == (2, 32, 64, False)
    assert read_shape(find_base("gemma-4-31B-it"), None).is_guess
    assert not LARGE.is_guess


def test_trained_weights_are_those_that_peft_makes(tiny_gemma: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_gemma, dtype=torch.float32)
    read = read_shape(find_base("gemma-3-270m-it"), tiny_gemma)
    shape = replace(read, parameters=model.num_parameters())
    config = configure(rank=8, alpha=8)
    # All but the norms, which are a few hundred weights.
    assert count_trained_weights(configure(method="full"), shape) == pytest.approx(
        model.num_parameters(), rel=0.05
    )
    lora = LoraConfig(task_type="CAUSAL_LM", r=8, target_modules=list(shape.matrices))
    peft = get_peft_model(model, lora)
    assert count_trained_weights(config, shape) == peft.get_nb_trainable_parameters()[0]


def test_methods_take_memory_in_their_order() -> None:
    four_bit, lora, full = (
        estimate_need(configure(method=method), LARGE, GPU, ROWS).memory_gb
        for method in ("qlora", "lora", "full")
    )
    assert four_bit < lora < full
    # Sixteen bytes a weight: 4.3 billion of them do not go into 60 GB.
    assert full > 3 * lora and full > 60


def test_more_rows_longer_rows_and_pairs_take_more() -> None:
    usual = estimate_need(configure(), LARGE, GPU, ROWS).memory_gb
    fewer = estimate_need(configure(batch_size=1, accumulation=8), LARGE, GPU, ROWS).memory_gb
    pairs = estimate_need(configure(objective="preferences"), LARGE, GPU, ROWS).memory_gb
    assert fewer < usual < pairs


@pytest.mark.parametrize(("vram_gb", "batch"), [(80.0, 8), (24.0, 4), (9.5, 1), (2.0, 1)])
def test_the_largest_batch_that_fits_is_taken_and_the_product_kept(
    vram_gb: float, batch: int
) -> None:
    machine = Machine("cuda", "some GPU", 8, 64.0, vram_gb, True)
    rows = RowSizes(rows=200, tokens=200_000, trained=9_000, longest=4_096, words=1_000)
    config = configure(batch_size=2, accumulation=4, max_length_tokens=4_096)
    fitted = fit_batch(config, LARGE, machine, rows)
    assert fitted.batch_size * fitted.accumulation == 8
    if batch in (1, 8):
        assert fitted.batch_size == batch
    need = estimate_need(fitted, LARGE, machine, rows)
    assert need.fits or fitted.batch_size == 1
    if fitted.batch_size < 8:
        changes = {"batch_size": 2 * fitted.batch_size, "accumulation": fitted.accumulation // 2}
        larger = config.model_copy(update=changes)
        assert not estimate_need(larger, LARGE, machine, rows).fits


def test_disk_is_for_the_result_and_the_checkpoints() -> None:
    adapter = estimate_need(configure(), LARGE, GPU, ROWS)
    whole = estimate_need(configure(method="full"), LARGE, GPU, ROWS)
    assert 0.1 < adapter.disk_gb < 5
    # Weights and two moments in fp32, thrice, and the result in bf16.
    assert whole.disk_gb == pytest.approx(4.3 * (3 * 12 + 2), rel=0.2)


def test_an_earlier_run_tells_the_time_better_than_reckoning() -> None:
    config = configure(epochs=3)
    reckoned = estimate_pace(config, LARGE, GPU, ROWS)
    measured = estimate_pace(config, LARGE, GPU, ROWS, {"tokens_per_second": 100.0})
    assert (reckoned.measured, measured.measured) == (False, True)
    assert measured.seconds == pytest.approx(3 * ROWS.tokens / 100, abs=30)
    assert measured.steps == 75
    assert estimate_pace(configure(epochs=6), LARGE, GPU, ROWS).seconds > reckoned.seconds
    whole = estimate_pace(configure(epochs=3, method="full"), LARGE, GPU, ROWS)
    assert whole.seconds >= reckoned.seconds


def test_only_a_run_of_the_same_kind_tells_the_time() -> None:
    stored = configure(epochs=1).model_dump(mode="json")
    assert is_same_pace(configure(epochs=9), stored)
    assert not is_same_pace(configure(depth_percent=50), stored)
    assert not is_same_pace(configure(objective="text"), stored)
    del stored["objective"]  # a run of an older version
    assert is_same_pace(configure(), stored)
