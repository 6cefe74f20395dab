"""Settings go into YAML and come back; what cannot be read says why."""

import pytest
import yaml

from gemma_garage.errors import ConfigError
from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.train.settings_file import read_yaml, write_yaml


def test_all_settings_come_back_as_they_were() -> None:
    config = make_config(
        {
            "base_model": "gemma-3-4b-it",
            "method": "qlora",
            "learning_rate": 3e-5,
            "epochs": 2.5,
            "probe_prompt": "Wie heiß: # wird „es“?\nUnd wann?",
            "train_on_text": False,
        }
    )
    text = write_yaml(config)
    assert make_config(read_yaml(text)) == config
    assert yaml.safe_load(text) == config.model_dump()


def test_each_setting_stands_under_its_help() -> None:
    text = write_yaml(make_config({"base_model": "b"}))
    for name, field in TrainConfig.model_fields.items():
        assert f"# {field.title}: {field.description}\n{name}:" in text


def test_some_settings_are_enough_and_numbers_may_be_written_as_people_do() -> None:
    values = read_yaml("learning_rate: 1e-4  # as in Python\nrank: 8\nmethod: full\n")
    config = make_config({"base_model": "b"} | values)
    assert (config.learning_rate, config.rank, config.method) == (1e-4, 8, "full")
    assert read_yaml("alpha: 512") == {"alpha": 512}  # too much only for the default rank


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rank: 8\n  alpha: 4: 5", r"run\.yaml is not valid YAML \(line 2: "),
        ("rank: [8", r"not valid YAML \(line \d"),
        ("", "holds nothing"),
        ("- rank\n- 8", "holds a list"),
        ("rank 8", "holds a str"),
        ("rank: 8\nrank: 16", "sets rank twice"),
        ("lr: 1e-4", r"There is no setting lr\. The settings are: base_model, method"),
        ("rank: 9000", r"rank is 9000; it must be .*512"),
        ("schedule: sawtooth", "schedule is 'sawtooth'"),
        ("rank: !!python/object/apply:os.system ['true']", "not valid YAML"),
        ("x" * 200_000, "200,000 characters"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_yaml(text, "run.yaml")
