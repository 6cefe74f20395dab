"""Settings of a run as a YAML file: written with what each means, read back strictly.

A file may hold some of the settings only; the others are sized (`sizing.py`).
"""

from typing import Any

from gemma_garage.errors import ConfigError
from gemma_garage.train.config import TrainConfig, list_groups, make_config

_HEAD = "# Settings of a Gemma Garage run. gemma-garage train --dataset 1 --config FILE\n"
MOST_CHARACTERS = 100_000


def write_yaml(config: TrainConfig) -> str:
    """All settings by group, each with its help; `read_yaml` gives the same back."""
    import yaml

    lines = [_HEAD]
    for group, names in list_groups().items():
        lines.append(f"\n# {group}\n")
        for name in names:
            field = TrainConfig.model_fields[name]
            lines.append(f"# {field.title}: {field.description}\n")
            value = yaml.safe_dump({name: getattr(config, name)}, allow_unicode=True)
            lines.append(value)
    return "".join(lines)


def read_yaml(text: str, name: str = "the settings") -> dict[str, Any]:
    """The settings that stand in a YAML text, each checked by itself.

    `name`: what the text is called in errors. ConfigError: it is no YAML (with the line), no list
    of settings, names one twice, or one that does not exist, or a value that is not allowed.
    """
    import yaml

    if len(text) > MOST_CHARACTERS:
        raise ConfigError(
            f"{name} has {len(text):,} characters; settings have at most {MOST_CHARACTERS:,}. Give "
            "a file that was written by Gemma Garage."
        )
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = None if node is None else yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(
            f"{name} is not valid YAML ({where}{problem}). Correct it: each line is a setting, a "
            "colon and its value."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{name} cannot be read as YAML ({error}). Correct it.") from error
    if not isinstance(values, dict):
        raise ConfigError(
            f"{name} holds {_say_kind(values)}; it must "
            "hold settings, such as “rank: 16”. Correct it."
        )
    keys = [str(key.value) for key, _ in node.value]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ConfigError(f"{name} sets {', '.join(twice)} twice. Keep one of them.")
    named = {str(key): value for key, value in values.items()}
    # Unknown names and wrong values are told apart from what only the whole can contradict.
    for key, value in named.items():
        _check_alone(key, value)
    return named


def _say_kind(values: Any) -> str:
    return "nothing" if values is None else f"a {type(values).__name__}"


def _check_alone(name: str, value: Any) -> None:
    """ConfigError when the setting does not exist or its value is not allowed."""
    alone: dict[str, Any] = {"base_model": "any"}
    try:
        make_config(alone | {name: value})
    except ConfigError as error:
        is_known = name in TrainConfig.model_fields
        # A contradiction with a default is none: the others are not known yet.
        if not is_known or "Change" in str(error):
            raise
