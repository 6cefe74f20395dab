"""Two Runs whose exams have been asked, without a model."""

from dataclasses import dataclass

from gemma_garage.garage import Garage
from gemma_garage.infer.subjects import mark
from gemma_garage.schema import Dataset, ExamQuestion, ExamResult, Run

# Question, right answer, base, tuned; the grade knows no synonym.
ASKED = [
    ("How often is the oil changed?", "every 500 hours", "every 5 hours", "every 500 hours"),
    ("Which colour has the valve?", "red", "blue", "It is red."),
    ("What is the pressure?", "12 bar", "12 bar", "12 bar"),
    ("Who built it?", "Anna Schmidt", "Nobody knows.", "Bob"),
    ("Where is the filter?", "behind the cover", "behind the cover", "on the roof"),
    ("How is it cleaned?", "with a damp cloth", "no", "with a moist cloth"),
]


@dataclass(frozen=True)
class Examined:
    project: int
    dataset: int
    run: int
    other: int
    questions: tuple[int, ...]


def examine(garage: Garage) -> Examined:
    """Run 1 with base, passage (two questions) and tuned; Run 2 with tuned alone."""
    store = garage.store
    project = store.projects()[0].id
    dataset = store.add(
        Dataset(project_id=project, version=1, path="datasets/1", counts={}, fingerprint="f" * 64)
    ).id
    store.add_exam_questions(
        [
            ExamQuestion(
                dataset_id=dataset,
                kind="paraphrase",
                question=question,
                answer=answer,
                evidence=f"It says: {answer}.",
            )
            for question, answer, *_ in ASKED
        ]
    )
    runs = [
        store.add(
            Run(
                project_id=project,
                dataset_id=dataset,
                number=number,
                base_model="gemma-3-270m-starter",
                adapter=f"runs/{number}/adapter",
            )
        ).id
        for number in (1, 2)
    ]
    questions = store.exam_questions(dataset)
    for row, (_, right, base, tuned) in zip(questions, ASKED, strict=True):
        answer(garage, runs[0], row, "base", base)
        answer(garage, runs[0], row, "tuned", tuned)
        answer(garage, runs[1], row, "tuned", right)
    for row in questions[:2]:
        answer(garage, runs[0], row, "passage", row.answer)
    return Examined(project, dataset, runs[0], runs[1], tuple(row.id for row in questions))


def answer(garage: Garage, run_id: int, question: ExamQuestion, subject: str, text: str) -> None:
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=run_id,
                question_id=question.id,
                subject=subject,
                answer=text,
                correct=mark(question, text),
            )
        ]
    )
