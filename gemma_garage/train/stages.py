"""What a run goes through, and which part of its Job's progress each stage has."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """`start` and `end`: its part of the whole, from 0 to 1."""

    name: str
    title: str
    start: float
    end: float


STAGES = (
    Stage("preparing", "Preparing data", 0.0, 0.05),
    Stage("formatting", "Formatting", 0.05, 0.06),
    Stage("loading", "Loading the model", 0.06, 0.08),
    Stage("training", "Training", 0.08, 0.98),
    Stage("saving", "Saving", 0.98, 1.0),
)
BY_NAME = {stage.name: stage for stage in STAGES}
# What the trainer's events are called, where a stage has another name or none of its own.
OF_EVENTS = {"tokenising": "formatting", "tokenised": "formatting", "done": "saving"}


def name_stage(event_stage: str) -> str:
    """The stage an event of the trainer belongs to."""
    name = OF_EVENTS.get(event_stage, event_stage)
    return name if name in BY_NAME else "training"


def place_in_whole(name: str, share: float = 0.0) -> float:
    """The Job's progress when this much of a stage is done."""
    stage = BY_NAME[name]
    return stage.start + (stage.end - stage.start) * share


def read_shares(fraction: float) -> list[tuple[Stage, float]]:
    """Of each stage, how much is done when the Job is so far."""
    return [
        (stage, min(max((fraction - stage.start) / (stage.end - stage.start), 0.0), 1.0))
        for stage in STAGES
    ]
