"""TrainConfig: bounds, contradictions, and that every field can be shown to a person."""

import pytest
from pydantic import ValidationError

from gemma_garage.errors import ConfigError
from gemma_garage.train.config import GROUPS, TrainConfig, change_config, list_groups, make_config

BASE = {"base_model": "gemma-3-270m-starter"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rank", 0),
        ("rank", 513),
        ("alpha", 0),
        ("dropout", 0.6),
        ("learning_rate", 0.1),
        ("learning_rate", "fast"),
        ("epochs", 0),
        ("batch_size", 257),
        ("max_length_tokens", 31),
        ("warmup_ratio", 0.51),
        ("schedule", "sawtooth"),
        ("method", "rlhf"),
        ("objective", "poems"),
        ("beta", 0),
        ("seed", -1),
        ("save_every_steps", 0),
        ("base_model", ""),
    ],
)
def test_value_out_of_bounds_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"{name} is .*must (be|have)?.*Change {name}"):
        make_config(BASE | {name: value})


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"rank": 8, "alpha": 64}, ("rank", "alpha")),
        ({"train_on_text": False, "text_repeats": 2}, ("train_on_text", "text_repeats")),
        ({"schedule": "constant", "warmup_ratio": 0.1}, ("schedule", "warmup_ratio")),
        ({"stop_early_on": "recall"}, ("stop_early_on", "eval_every_steps")),
        (
            {"batch_size": 256, "accumulation": 256, "max_length_tokens": 1024},
            ("batch_size", "accumulation", "max_length_tokens"),
        ),
        ({"method": "full", "depth_percent": 50}, ("method is full", "depth_percent is 50")),
        ({"lower_layers": "paraphrases", "rank": 8}, ("lower_layers is para", "rank is 8")),
        (
            {"lower_layers": "paraphrases", "target_modules": "mlp"},
            ("lower_layers is paraphrases", "target_modules is mlp"),
        ),
        ({"method": "full", "dropout": 0.1}, ("method is full", "dropout is 0.1")),
        ({"method": "full", "loss": "sampled"}, ("method is full", "loss is sampled")),
        ({"method": "full", "objective": "preferences"}, ("method", "objective")),
        ({"objective": "text", "train_on_text": False}, ("objective is text", "train_on_text")),
        ({"objective": "preferences", "loss": "sampled"}, ("objective", "loss is sampled")),
        ({"objective": "preferences", "text_repeats": 2}, ("objective", "text_repeats is 2")),
        ({"objective": "preferences", "eval_every_steps": 5}, ("objective", "eval_every_steps")),
    ],
)
def test_contradiction_names_all_settings(
    changes: dict[str, object], names: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_config(BASE | changes)
    assert all(name in str(caught.value) for name in names)


def test_unknown_setting_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"no setting lr\..*learning_rate"):
        make_config(BASE | {"lr": 1e-3})


def test_base_model_is_required() -> None:
    with pytest.raises(ConfigError, match="base_model is missing"):
        make_config({})


def test_config_cannot_be_changed_in_place_but_copied() -> None:
    config = make_config(BASE)
    with pytest.raises(ValidationError):
        config.rank = 4  # type: ignore[misc]
    assert change_config(config, rank=32, alpha=32).rank == 32
    with pytest.raises(ConfigError):
        change_config(config, alpha=1000)


def test_every_field_has_title_help_and_survives_json() -> None:
    for name, field in TrainConfig.model_fields.items():
        assert field.title and field.description, name
    config = make_config(BASE | {"epochs": 2.5})
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config


def test_every_field_stands_in_one_group() -> None:
    groups = list_groups()
    assert tuple(groups) == GROUPS and all(groups.values())
    assert sorted(name for names in groups.values() for name in names) == sorted(
        TrainConfig.model_fields
    )
