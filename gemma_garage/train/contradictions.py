"""Settings that cannot both be meant: each pair is refused by name, with what to change.

It looks at a config alone; whether it suits a base, a machine or a dataset is asked elsewhere
(`ready.py`, `fit.py`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gemma_garage.errors import ConfigError
from gemma_garage.gemma.paraphrases import RANK

if TYPE_CHECKING:
    from gemma_garage.train.config import TrainConfig

_PARAPHRASES_NEED = (("method", "lora"), ("target_modules", "all-linear"))
LARGEST_STEP_TOKENS = 1_048_576  # 2^20 padded tokens before one update: past this it is a typo


def refuse_contradictions(config: "TrainConfig") -> None:
    """Raise ConfigError for the first pair of settings that exclude each other."""
    _refuse_method(config)
    _refuse_objective(config)
    if config.alpha > 4 * config.rank:
        raise ConfigError(
            f"alpha is {config.alpha} and rank is {config.rank}: the adapter would be scaled by "
            f"{config.alpha / config.rank:g}, and at most 4 is stable. Lower alpha to "
            f"{4 * config.rank} or raise rank."
        )
    if config.lower_layers == "paraphrases":
        _refuse_paraphrases(config)
    if config.text_repeats > 1 and not config.train_on_text:
        raise ConfigError(
            f"text_repeats is {config.text_repeats} but train_on_text is off. Switch "
            "train_on_text on, or set text_repeats to 1."
        )
    if config.warmup_ratio > 0 and config.schedule == "constant":
        raise ConfigError(
            f"warmup_ratio is {config.warmup_ratio:g} but schedule is constant, which has no "
            "warm-up. Set warmup_ratio to 0, or schedule to linear."
        )
    if config.stop_early_on != "never" and config.eval_every_steps == 0:
        raise ConfigError(
            f"stop_early_on is {config.stop_early_on} but eval_every_steps is 0, so nothing is "
            "measured before the end. Set eval_every_steps to 20 or so, or stop_early_on to "
            "never."
        )
    tokens = config.batch_size * config.accumulation * config.max_length_tokens
    if tokens > LARGEST_STEP_TOKENS:
        raise ConfigError(
            f"batch_size {config.batch_size} × accumulation {config.accumulation} × "
            f"max_length_tokens {config.max_length_tokens} is {tokens:,} tokens per update; at "
            f"most {LARGEST_STEP_TOKENS:,} are allowed. Lower one of the three."
        )


def _refuse_method(config: "TrainConfig") -> None:
    if config.method != "full":
        return
    for name, allowed, why in (
        ("depth_percent", 100, "full trains every layer"),
        ("dropout", 0.0, "there is no adapter whose inputs could be dropped"),
        ("loss", "exact", "the sampled loss needs a vocabulary that stays as it is"),
    ):
        value = getattr(config, name)
        if value != allowed:
            raise ConfigError(
                f"method is full and {name} is {value}: {why}. Set {name} to {allowed}, or "
                "method to lora."
            )
    if config.objective == "preferences":
        raise ConfigError(
            "method is full and objective is preferences: answers are weighed against the "
            "base, which full does not keep. Set method to lora, or objective to answers."
        )


def takes_paraphrases(values: Mapping[str, Any]) -> bool:
    """Whether lower_layers may be paraphrases beside these settings."""
    rank = values["rank"]
    return (
        isinstance(rank, int)
        and rank >= RANK
        and all(values[name] == allowed for name, allowed in _PARAPHRASES_NEED)
    )


def _refuse_paraphrases(config: "TrainConfig") -> None:
    if config.rank < RANK:
        raise ConfigError(
            f"lower_layers is paraphrases and rank is {config.rank}: these weights have rank "
            f"{RANK}. Raise rank to {RANK} or more, or set lower_layers to base."
        )
    for name, allowed in _PARAPHRASES_NEED:
        value = getattr(config, name)
        if value != allowed:
            raise ConfigError(
                f"lower_layers is paraphrases and {name} is {value}: these weights are an adapter "
                f"of every matrix. Set {name} to {allowed}, or lower_layers to base."
            )


def _refuse_objective(config: "TrainConfig") -> None:
    if config.objective == "text" and not config.train_on_text:
        raise ConfigError(
            "objective is text but train_on_text is off: nothing would be left to train on. "
            "Switch train_on_text on, or set objective to answers."
        )
    if config.objective != "preferences":
        return
    for name, allowed, why in (
        ("loss", "exact", "two whole answers are weighed against each other"),
        ("text_repeats", 1, "no text is read"),
        ("eval_every_steps", 0, "there are no held-out rows"),
    ):
        value = getattr(config, name)
        if value != allowed:
            raise ConfigError(
                f"objective is preferences and {name} is {value}: {why}. Set {name} to "
                f"{allowed}, or objective to answers."
            )
