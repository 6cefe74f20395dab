"""The everyday questions that ship with Gemma Garage: has the model forgotten what it knew?"""

import json
from importlib import resources

from gemma_garage.exam_leaks import fold_question, read_trained_questions
from gemma_garage.garage import Garage
from gemma_garage.infer.kinds import GENERAL
from gemma_garage.infer.questions import Question
from gemma_garage.schema import Dataset, ExamQuestion


def read_general() -> list[Question]:
    """All of them, in their order."""
    text = (resources.files("gemma_garage.infer") / "general.jsonl").read_text(encoding="utf-8")
    return [Question(**json.loads(line)) for line in text.splitlines()]


def add_general(garage: Garage, dataset_id: int) -> int:
    """Add them to the Dataset's exam, where they are not yet; gives how many are new.

    One that the Dataset trains in the same words is left out: it would show nothing.
    """
    dataset = garage.store.get(Dataset, dataset_id)
    known = {fold_question(row.question) for row in garage.store.exam_questions(dataset.id)}
    known |= read_trained_questions(garage, dataset)
    new = [
        ExamQuestion(
            dataset_id=dataset.id,
            kind=GENERAL,
            question=question.question,
            answer=question.answer,
        )
        for question in read_general()
        if fold_question(question.question) not in known
    ]
    if new:
        garage.store.add_exam_questions(new)
    return len(new)
