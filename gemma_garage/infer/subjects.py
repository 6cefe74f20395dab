"""Who is asked in an exam, and in which words: base, base with the right passage, tuned, a
checkpoint. It loads nothing and asks nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gemma_garage.alike import sums
from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.infer.exam_result import (
    BASE_SUBJECT,
    CHECKPOINT,
    PASSAGE_SUBJECT,
    SUBJECTS,
    TUNED_SUBJECT,
)
from gemma_garage.infer.grade import grade
from gemma_garage.infer.kinds import REASONING
from gemma_garage.schema import ExamQuestion, Run

USUAL_SUBJECTS = (*SUBJECTS, PASSAGE_SUBJECT)
_ADAPTER = "adapter_config.json"


def list_checkpoints(garage: Garage, run: Run) -> list[str]:
    """The subjects `step-<n>` that the Run's checkpoints give, by step."""
    folders = (garage.workspace.run(run.id) / "checkpoints").glob("checkpoint-*")
    steps = [
        int(number)
        for folder in folders
        if (number := folder.name.removeprefix("checkpoint-")).isdigit()
        and (folder / _ADAPTER).is_file()
        and (folder / "seal.json").is_file()  # written last
    ]
    return [f"{CHECKPOINT}{step}" for step in sorted(steps)]


def check_subjects(garage: Garage, run: Run, wanted: Sequence[str]) -> list[str]:
    """The subjects in the order of asking, each once. BadInput: there is none of that name."""
    known = [BASE_SUBJECT, PASSAGE_SUBJECT, *list_checkpoints(garage, run), TUNED_SUBJECT]
    for subject in wanted:
        if subject not in known:
            raise BadInput(
                f"Run {run.number} has no “{subject}” to examine; there are {', '.join(known)}."
            )
    return [subject for subject in known if subject in wanted]


def find_checkpoint(garage: Garage, run_id: int, subject: str) -> Path:
    """The folder of the adapter that `step-<n>` names."""
    step = subject.removeprefix(CHECKPOINT)
    return garage.workspace.run(run_id) / "checkpoints" / f"checkpoint-{step}"


def find_passages(garage: Garage, run: Run, questions: Sequence[ExamQuestion]) -> dict[int, str]:
    """By question the passage it was made from; those without one are not in."""
    texts = {chunk.id: chunk.text for chunk in garage.store.chunks(run.project_id)}
    return {row.id: texts[row.chunk_id] for row in questions if row.chunk_id in texts}


def write_question(question: ExamQuestion, subject: str, passages: Mapping[int, str]) -> str | None:
    """What this subject is asked; None: it is not asked this question."""
    if subject != PASSAGE_SUBJECT:
        is_sum = question.kind == REASONING
        return sums.write_prompt(question.question) if is_sum else question.question
    passage = passages.get(question.id)
    if passage is None:
        return None
    return (
        f"{passage.strip()}\n\nAnswer from the text above, as briefly as you can. If it does not "
        f"say, say so.\n\n{question.question}"
    )


def mark(question: ExamQuestion, answer: str) -> bool:
    """Whether the answer passes: by the last number for a sum, else by `grade`."""
    if question.kind == REASONING:
        return sums.passes_leniently(answer, question.answer)
    return grade(answer, question.answer, question.question)
