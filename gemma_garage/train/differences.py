"""What differs between the settings of several runs: only the fields that are not all alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from gemma_garage.train.config import TrainConfig


def list_differences(configs: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Any]]]:
    """(field, its value in each config), in the order of `TrainConfig`; unknown fields come last.

    A field that an older run did not know counts as its default of today.
    """
    known = list(TrainConfig.model_fields)
    others = sorted({name for config in configs for name in config} - set(known))
    rows = []
    for name in known + others:
        field = TrainConfig.model_fields.get(name)
        default = field.get_default() if field else None
        values = [config.get(name, default) for config in configs]
        if any(value != values[0] for value in values):
            rows.append((name, values))
    return rows
