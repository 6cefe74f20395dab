"""A run as a Python script of its own that needs only TRL, PEFT and transformers.

It trains the same rows in the same order with the same settings, so its losses are those of the
run; what it cannot do alike is said in its head.
"""

from importlib import resources
from typing import Any

from gemma_garage.errors import NotFound
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.gemma.load import TEMPLATE
from gemma_garage.gemma.paraphrases import WEIGHTS
from gemma_garage.train.config import MODULE_NAMES, TrainConfig
from gemma_garage.train.data import PREFERENCE_FILE, TEXT_FILE, TRAIN_FILE
from gemma_garage.train.sft import BATCHES_SORTED_TOGETHER

FILE = "train_plain.py"


def write_script(config: TrainConfig, dataset: str = "dataset") -> str:
    """The script's text. `dataset`: the folder it reads where it is given none."""
    from jinja2 import Environment, StrictUndefined

    source = resources.files("gemma_garage.train") / "plain_trl.jinja"
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    values: dict[str, Any] = config.model_dump()
    title, hub_id, template = _describe_base(config.base_model)
    kept = round(config.depth_percent)
    paraphrases = WEIGHTS.name if config.lower_layers == "paraphrases" else ""
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        **values,
        title=f"{title}, {config.method} on {config.objective}",
        file=FILE,
        files=_name_files(config),
        notes=list_differences(config),
        trainer="DPO" if config.objective == "preferences" else "SFT",
        places=repr([hub_id, dataset, "out", *([paraphrases] if paraphrases else [])]),
        paraphrases=paraphrases,
        template=repr(template) if template and config.objective != "text" else "",
        targets=repr(list(MODULE_NAMES[config.target_modules])),
        layers=f"(lambda count: (count - max(1, round(count * {kept} / 100)), count))",
        sorted_together=BATCHES_SORTED_TOGETHER,
    )


def list_differences(config: TrainConfig) -> list[str]:
    """What the script does otherwise than the run, a sentence each."""
    notes = []
    if config.loss == "sampled":
        notes.append(
            "The run's loss is sampled (over some thousand words); TRL has only the exact one, so\n"
            "losses differ a little and each step takes longer."
        )
    if config.depth_percent < 100:
        notes.append(
            "The run computes the lower, untrained layers once for each row; here each pass does."
        )
    if config.dropout > 0:
        notes.append("With dropout the random numbers fall otherwise: losses agree on average.")
    if config.stop_early_on != "never":
        notes.append(f"It does not stop early (stop_early_on is {config.stop_early_on}).")
    notes.append(
        "Held-out rows are not measured, the watched question is not asked, and control tokens\n"
        "that stand in questions or answers are read as such."
    )
    return notes


def _describe_base(base_model: str) -> tuple[str, str, str]:
    """Title, name on the Hub, and the turn format where the base has none."""
    template = TEMPLATE.read_text(encoding="utf-8")
    try:
        base = find_base(base_model)
    except NotFound:
        return base_model, base_model, template
    return base.title, base.open_id, template if base.is_starter else ""


def _name_files(config: TrainConfig) -> str:
    if config.objective == "preferences":
        return PREFERENCE_FILE
    questions = [TRAIN_FILE] if config.objective == "answers" else []
    return " and ".join([*questions, *([TEXT_FILE] if config.train_on_text else [])])
