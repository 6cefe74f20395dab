"""Sized defaults follow the base, the machine and the amount of data."""

import pytest

from gemma_garage.errors import ConfigError, NotFound
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.train.config import change_config
from gemma_garage.train.sizing import (
    EFFORTS,
    FEWER,
    MANY_ROWS,
    MOST_EPOCHS,
    SIZES,
    SOME_ROWS,
    TABLE,
    Effort,
    count_rows,
    size_config,
)

PROCESSOR = Machine("cpu", "test", 2, 16.0, 0.0, False)
SMALL_GPU = Machine("cuda", "T4", 4, 32.0, 15.0, False)
LARGE_GPU = Machine("cuda", "H100", 16, 128.0, 80.0, True)


def test_small_model_gets_more_capacity_and_larger_steps() -> None:
    small = size_config(STARTER_ID, PROCESSOR, rows=200)
    large = size_config("gemma-3-4b-it", LARGE_GPU, rows=200)
    assert small.rank >= 4 * large.rank and small.learning_rate >= 4 * large.learning_rate
    assert small.epochs > large.epochs


def test_processor_trains_the_upper_half_with_the_sampled_loss_a_gpu_does_not() -> None:
    on_processor = size_config(STARTER_ID, PROCESSOR, rows=200)
    on_gpu = size_config(STARTER_ID, LARGE_GPU, rows=200)
    assert (on_processor.depth_percent, on_processor.loss) == (50, "sampled")
    assert (on_gpu.depth_percent, on_gpu.loss) == (100, "exact")
    assert (on_processor.lower_layers, on_gpu.lower_layers) == ("paraphrases", "base")
    larger = size_config("gemma-3-1b-it", PROCESSOR, rows=200)
    full = size_config(STARTER_ID, PROCESSOR, rows=200, method="full")
    assert larger.lower_layers == full.lower_layers == "base"


def test_four_bits_where_sixteen_do_not_fit() -> None:
    assert size_config("gemma-3-4b-it", LARGE_GPU, rows=200).method == "lora"
    assert size_config("gemma-3-12b-it", SMALL_GPU, rows=200).method == "qlora"
    assert size_config(STARTER_ID, PROCESSOR, rows=200).method == "lora"


def test_effort_and_amount_of_data_decide_the_epochs() -> None:
    quick, balanced, thorough = (
        size_config(STARTER_ID, PROCESSOR, rows=200, effort=effort).epochs
        for effort in ("quick", "balanced", "thorough")
    )
    assert quick < balanced < thorough
    assert size_config(STARTER_ID, PROCESSOR, rows=10 * MANY_ROWS).epochs < balanced / 5


@pytest.mark.parametrize("effort", ["quick", "balanced", "thorough"])
def test_a_few_facts_are_seen_often_enough_to_leave_a_trace(effort: Effort) -> None:
    few = size_config(STARTER_ID, PROCESSOR, rows=90, effort=effort)
    some, many = (
        size_config(STARTER_ID, PROCESSOR, rows=rows, effort=effort) for rows in (SOME_ROWS, 1_000)
    )
    sized, pace = TABLE["small", "answers"], EFFORTS.index(effort)
    assert few.epochs * 90 / few.batch_size == pytest.approx(sized.least_steps[pace], rel=0.01)
    assert some.epochs == sized.epochs[pace]
    assert many.epochs == pytest.approx(sized.epochs[pace] * FEWER, abs=0.01)
    assert size_config(STARTER_ID, PROCESSOR, rows=1, effort=effort).epochs == MOST_EPOCHS


def test_unknown_base_is_refused() -> None:
    with pytest.raises(NotFound):
        size_config("gemma-5-900b", PROCESSOR, rows=200)


def test_every_size_method_and_objective_that_can_be_meant_has_a_line() -> None:
    for base in ("gemma-3-270m-it", "gemma-3-1b-it", "gemma-3-4b-it"):
        for method in ("lora", "qlora", "full"):
            for objective in ("answers", "text", "preferences"):
                if (method, objective) == ("full", "preferences"):
                    continue
                config = size_config(base, LARGE_GPU, 200, method=method, objective=objective)
                assert (config.method, config.objective) == (method, objective)
    assert len(TABLE) == len(SIZES) * 5
    with pytest.raises(ConfigError, match="method is full and objective is preferences"):
        size_config(STARTER_ID, PROCESSOR, 200, method="full", objective="preferences")


def test_whole_models_and_preferences_take_smaller_steps() -> None:
    for size, _ in SIZES:
        usual = TABLE[size, "answers"].learning_rate
        assert TABLE[size, "answers, full"].learning_rate < usual / 5
        assert TABLE[size, "preferences"].learning_rate < usual / 5


def test_full_on_a_processor_trains_all_layers_exactly() -> None:
    config = size_config(STARTER_ID, PROCESSOR, 200, method="full")
    assert (config.depth_percent, config.loss) == (100, "exact")


def test_rows_of_a_pass_are_those_of_the_objective() -> None:
    counts = {"train": 40, "cues": 10, "text": 7, "preferences": 5, "exam": 9}
    assert count_rows(counts) == 57
    assert (count_rows(counts, "text"), count_rows(counts, "preferences")) == (7, 5)


def test_what_the_lower_layers_begin_as_yields_to_what_is_asked_for() -> None:
    sized = size_config(STARTER_ID, PROCESSOR, rows=200)
    assert change_config(sized, epochs=2).lower_layers == "paraphrases"
    assert change_config(sized, rank=8, alpha=8).lower_layers == "base"
    assert change_config(sized, target_modules="mlp").lower_layers == "base"
    with pytest.raises(ConfigError, match="lower_layers is paraphrases and rank is 8"):
        change_config(sized, rank=8, alpha=8, lower_layers="paraphrases")
    with pytest.raises(ConfigError, match="rank"):
        change_config(sized, rank="many")
