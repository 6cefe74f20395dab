"""`TrainConfig`: each hyperparameter once, with its default, bounds, title and help.

The page's controls, the command line's options and the documentation are made from these fields;
`group` says beside which others a field is shown.
This module does not choose values for a machine or a dataset (`sizing.py`) and trains nothing.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from gemma_garage.errors import ConfigError
from gemma_garage.train.contradictions import refuse_contradictions, takes_paraphrases

Method = Literal["lora", "qlora", "full"]
Objective = Literal["answers", "text", "preferences"]
TargetModules = Literal["all-linear", "attention", "mlp"]
Schedule = Literal["linear", "cosine", "constant"]
Loss = Literal["exact", "sampled"]
LowerLayers = Literal["base", "paraphrases"]
StopOn = Literal["never", "eval_loss", "recall"]
Tracker = Literal["none", "trackio", "wandb", "mlflow"]

ATTENTION_MODULES = ("q_proj", "k_proj", "v_proj", "o_proj")
MLP_MODULES = ("gate_proj", "up_proj", "down_proj")
MODULE_NAMES: dict[TargetModules, tuple[str, ...]] = {
    "all-linear": ATTENTION_MODULES + MLP_MODULES,
    "attention": ATTENTION_MODULES,
    "mlp": MLP_MODULES,
}
WHAT, ADAPTER, STEPS, ROWS, MEANWHILE = GROUPS = (
    "What and how",
    "The adapter",
    "The steps",
    "The rows",
    "While it runs",
)


def _group(name: str) -> dict[str, JsonValue]:
    return {"group": name}


class TrainConfig(BaseModel):
    """All that decides a Run besides its Dataset and its machine.

    Build it with `make_config`, which turns pydantic's complaints into `ConfigError`. The
    defaults are those of a mid-sized Gemma on a GPU; `sizing.size_config` knows better ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_model: str = Field(
        min_length=1,
        title="Base model",
        description="The Gemma to start from: an id of the catalogue or of the Hugging Face Hub.",
        json_schema_extra=_group(WHAT),
    )
    method: Method = Field(
        default="lora",
        title="How to train",
        description="lora: small added matrices, the base stays as it is. qlora: the same on a "
        "base held in 4 bits; needs an NVIDIA GPU, about a third of the memory. full: every weight "
        "of the language model moves; the result is a whole model, and memory is several times "
        "that of lora.",
        json_schema_extra=_group(WHAT),
    )
    objective: Objective = Field(
        default="answers",
        title="What to learn from",
        description="answers: the answers to the dataset's questions. text: the documents' own "
        "text and nothing else (continued pretraining). preferences: the better of two answers "
        "to the same question (DPO); the dataset needs preference rows.",
        json_schema_extra=_group(WHAT),
    )
    beta: float = Field(
        default=0.1,
        gt=0.0,
        le=10.0,
        title="Faithfulness to the base (beta)",
        description="Only for preferences. Higher: it stays nearer to what the base says.",
        json_schema_extra=_group(WHAT),
    )
    rank: int = Field(
        default=16,
        ge=1,
        le=512,
        title="Capacity (LoRA rank)",
        description="How much new knowledge the adapter can hold. Small models need more: 64 for "
        "270M, 8 to 16 from 4B on.",
        json_schema_extra=_group(ADAPTER),
    )
    alpha: int = Field(
        default=16,
        ge=1,
        le=1024,
        title="Strength (LoRA alpha)",
        description="The adapter's output is scaled by alpha / rank. Equal to the rank is usual.",
        json_schema_extra=_group(ADAPTER),
    )
    dropout: float = Field(
        default=0.0,
        ge=0.0,
        le=0.5,
        title="Forgetting on purpose (LoRA dropout)",
        description="Share of the adapter's inputs dropped in training. 0 learns facts best.",
        json_schema_extra=_group(ADAPTER),
    )
    target_modules: TargetModules = Field(
        default="all-linear",
        title="Where to learn (target modules)",
        description="Which matrices of each layer get an adapter. Facts need the MLP ones.",
        json_schema_extra=_group(ADAPTER),
    )
    depth_percent: int = Field(
        default=100,
        ge=5,
        le=100,
        title="How deep to learn (share of layers)",
        description="Only this share of the layers, counted from the answer's side, gets an "
        "adapter. Half is almost twice as fast on a processor.",
        json_schema_extra=_group(ADAPTER),
    )
    lower_layers: LowerLayers = Field(
        default="base",
        title="What the lower layers begin as",
        description="base: as the base has them. paraphrases: with the adapter that ships for the "
        "starter, which brings different wordings of a question together, so that what was learnt "
        "from one is found from another; where the depth leaves them untrained they stay so.",
        json_schema_extra=_group(ADAPTER),
    )
    loss: Loss = Field(
        default="exact",
        title="How the loss is computed",
        description="exact: over the whole vocabulary. sampled: over the words of the data and "
        "some thousands drawn at random; much faster on a processor, not used by Unsloth.",
        json_schema_extra=_group(WHAT),
    )
    learning_rate: float = Field(
        default=2e-4,
        ge=1e-6,
        le=1e-2,
        title="Step size (learning rate)",
        description="How far each update goes. Too high: the loss jumps. Too low: nothing is "
        "learned. 1e-3 for 270M, 2e-4 for 4B and larger.",
        json_schema_extra=_group(STEPS),
    )
    epochs: float = Field(
        default=3.0,
        gt=0.0,
        le=100.0,
        title="Passes over the data (epochs)",
        description="How many times every row is seen.",
        json_schema_extra=_group(STEPS),
    )
    batch_size: int = Field(
        default=2,
        ge=1,
        le=256,
        title="Rows at a time (batch size)",
        description="Rows held in memory together. Lower it when memory runs out.",
        json_schema_extra=_group(STEPS),
    )
    accumulation: int = Field(
        default=4,
        ge=1,
        le=256,
        title="Batches per update (gradient accumulation)",
        description="Batches added up before the weights move. Batch size times this is what "
        "the learning rate sees.",
        json_schema_extra=_group(STEPS),
    )
    max_length_tokens: int = Field(
        default=1024,
        ge=32,
        le=32_768,
        title="Longest row, in tokens",
        description="Longer questions with answers are left out and counted; longer texts are "
        "split into pieces.",
        json_schema_extra=_group(ROWS),
    )
    warmup_ratio: float = Field(
        default=0.05,
        ge=0.0,
        le=0.5,
        title="Gentle start (warm-up)",
        description="Share of all steps in which the step size rises from zero.",
        json_schema_extra=_group(STEPS),
    )
    weight_decay: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        title="Pull towards zero (weight decay)",
        description="Shrinks the adapter a little at each update.",
        json_schema_extra=_group(STEPS),
    )
    schedule: Schedule = Field(
        default="linear",
        title="Step size over time (schedule)",
        description="linear and cosine end at zero, constant does not.",
        json_schema_extra=_group(STEPS),
    )
    max_grad_norm: float = Field(
        default=1.0,
        gt=0.0,
        le=100.0,
        title="Largest jump (gradient clipping)",
        description="Gradients longer than this are shortened to it.",
        json_schema_extra=_group(STEPS),
    )
    seed: int = Field(
        default=3407,
        ge=0,
        le=2**32 - 1,
        title="Seed",
        description="The same seed, data, settings and machine give the same run.",
        json_schema_extra=_group(STEPS),
    )
    train_on_text: bool = Field(
        default=True,
        title="Also read the documents",
        description="Trains on the documents' own sentences as plain text beside the questions; "
        "more facts stick.",
        json_schema_extra=_group(ROWS),
    )
    text_repeats: int = Field(
        default=1,
        ge=1,
        le=20,
        title="Readings per pass (text repeats)",
        description="How often each passage of text comes in one pass over the data.",
        json_schema_extra=_group(ROWS),
    )
    save_every_steps: int = Field(
        default=50,
        ge=1,
        le=100_000,
        title="Checkpoint every … updates",
        description="After a crash the run goes on from the last checkpoint.",
        json_schema_extra=_group(MEANWHILE),
    )
    eval_every_steps: int = Field(
        default=0,
        ge=0,
        le=100_000,
        title="Measure held-out loss every … updates",
        description="On the dataset's eval rows. 0: only at the end.",
        json_schema_extra=_group(MEANWHILE),
    )
    stop_early_on: StopOn = Field(
        default="never",
        title="Stop when it no longer helps (early stopping)",
        description="eval_loss: when the held-out loss no longer falls. recall: when it no longer "
        "answers more of the held-out questions. The exam decides nothing. The best state is kept.",
    )
    patience: int = Field(
        default=3,
        ge=1,
        le=100,
        title="How long to hope (patience)",
        description="Measurements without a better one before it stops early.",
    )
    probe_prompt: str = Field(
        default="",
        max_length=2_000,
        title="Question to watch",
        description="Asked again and again while it trains, so that one sees it learn. Empty: the "
        "first question of the training rows.",
    )
    probe_every_steps: int = Field(
        default=50,
        ge=0,
        le=100_000,
        title="Ask it every … updates",
        description="An answer takes a second or two on a processor. 0: never.",
    )
    checkpoints_gb: float = Field(
        default=10.0,
        ge=0.01,
        le=10_000.0,
        title="Disk for checkpoints, in GB",
        description="Beyond it the oldest go. The best and the newest always stay.",
    )
    examine_after: bool = Field(
        default=True,
        title="Run the exam afterwards",
        description="Asks the base and what was trained the same questions, and says what changed.",
        json_schema_extra=_group(MEANWHILE),
    )
    report_to: Tracker = Field(
        default="none",
        title="Report elsewhere too",
        description="trackio, wandb or mlflow get the run's numbers and settings, by the "
        "package's own configuration. none: nothing leaves this machine.",
    )

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        refuse_contradictions(self)
        return self


def make_config(values: Mapping[str, Any]) -> TrainConfig:
    """The TrainConfig of these values. ConfigError: a field is unknown, missing or out of bounds
    (the message names it with the value and what is allowed), or two contradict each other."""
    try:
        return TrainConfig.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(_word_complaints(error)) from error


def change_config(config: TrainConfig, **changes: Any) -> TrainConfig:
    """A copy with some fields changed, checked again. ConfigError as `make_config`.

    What the lower layers begin as was chosen for the other settings: where it cannot go with a
    changed one it becomes base, unless it is among `changes` itself."""
    values = config.model_dump() | changes
    if "lower_layers" not in changes and not takes_paraphrases(values):
        values["lower_layers"] = "base"
    return make_config(values)


def list_groups() -> dict[str, list[str]]:
    """The fields by group, both in the order they are shown; one without a group comes last."""
    groups: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, field in TrainConfig.model_fields.items():
        extra = field.json_schema_extra
        group = extra.get("group") if isinstance(extra, dict) else None
        groups[str(group or MEANWHILE)].append(name)
    return groups


def _word_complaints(error: ValidationError) -> str:
    parts = []
    for complaint in error.errors():
        name = ".".join(str(part) for part in complaint["loc"])
        if complaint["type"] == "extra_forbidden":
            known = ", ".join(TrainConfig.model_fields)
            parts.append(f"There is no setting {name}. The settings are: {known}.")
        elif complaint["type"] == "missing":
            parts.append(f"The setting {name} is missing. Give it a value.")
        else:
            wanted = complaint["msg"].removeprefix("Input should be ")
            parts.append(f"{name} is {complaint['input']!r}; it must be {wanted}. Change {name}.")
    return " ".join(parts)
