"""A project as it is after some work: documents, Examples, a Dataset, Runs, an exam, Exports.

The texts of the user are hostile on purpose: a name, a question and an answer that would be tags.
"""

import json
from dataclasses import dataclass

from gemma_garage.garage import Garage
from gemma_garage.infer.subjects import mark
from gemma_garage.schema import (
    Chunk,
    Comparison,
    Dataset,
    Document,
    Example,
    ExamQuestion,
    ExamResult,
    Export,
    Job,
    Run,
    now,
)

EVIL = "<img src=x onerror=\"document.title='pwned'\"> ${1+1} {{this}}"
SENTENCE = "The X200 pump requires an oil change after every 500 hours of operation."
PASSAGE = SENTENCE.replace(" after ", "\nafter ") + " " + EVIL + " Keep the pump dry."


@dataclass(frozen=True)
class Filled:
    """Ids of what `fill_project` made."""

    project: int
    documents: list[int]
    examples: list[int]
    dataset: int
    run: int
    job: int
    export: int


def fill_project(
    garage: Garage, name: str = "Pump manuals", *, run_status: str = "finished", examples: int = 60
) -> Filled:
    """Rows and the few files that the page reads; nothing is trained."""
    store = garage.store
    project = store.ensure_project(name).id
    documents = []
    for number, (title, status, error) in enumerate(
        [
            ("manual.pdf", "ready", None),
            (f"{EVIL}.pdf", "ready", None),
            ("scan.pdf", "failed", f"{EVIL} is encrypted. Type its password."),
        ]
    ):
        documents.append(
            store.add(
                Document(
                    project_id=project,
                    name=title,
                    sha256=f"{project:032d}{number:032d}",
                    format="pdf",
                    size_bytes=4_300_000,
                    path=f"documents/{number}/original.pdf",
                    status=status,
                    error=error,
                )
            ).id
        )
    for document_id in documents[:2]:
        chunks = [
            Chunk(
                document_id=document_id,
                number=number,
                text=PASSAGE,
                heading=EVIL,
                start=0,
                end=len(PASSAGE),
                page=number + 1,
                tokens=60,
            )
            for number in range(10)
        ]
        store.finish_document(document_id, chunks, pages=10, characters=6_000)
    rows = [
        Example(
            project_id=project,
            chunk_id=chunk.id,
            question=EVIL if number == 0 else f"How often is the oil changed ({number})?",
            answer=EVIL if number == 0 else "every 500 hours",
            evidence=SENTENCE,
            fact=number,
            status="rejected" if number % 5 == 1 else "accepted",
            reason="vague" if number % 5 == 1 else "",
        )
        for number, chunk in zip(range(examples), list(store.chunks(project)) * 99, strict=False)
    ]
    store.add_examples(rows)
    dataset = store.add(
        Dataset(
            project_id=project,
            version=1,
            path="datasets/1",
            counts={"train": 156, "eval": 0, "text": 20, "exam": 4},
            fingerprint="0" * 64,
        )
    ).id
    folder = garage.workspace.dataset(1)
    folder.mkdir(parents=True, exist_ok=True)
    asked = [{"question": f"{EVIL} {number}?", "answer": f"{number} h"} for number in range(156)]
    texts = [{"text": f"Pump {number} runs. {EVIL}"} for number in range(20)]
    for name, lines in (("train", asked), ("text", texts)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    kinds = ("paraphrase", "paraphrase", "paraphrase", "paraphrase", "own")
    store.add_exam_questions(
        [
            ExamQuestion(
                dataset_id=dataset,
                kind=kind,
                question=EVIL if number == 0 else f"When is the oil renewed ({number})?",
                answer="every 500 hours",
            )
            for number, kind in enumerate(kinds)
        ]
    )
    number = store.next_run_number(project)
    job = store.add(
        Job(
            project_id=project,
            kind="train",
            lane="gpu",
            title=f"Training run {number}",
            status=run_status,
            stage="training: step 30 of 60, 40 s left",
            fraction=0.5,
            started=now(),
        )
    ).id
    run = store.add(
        Run(
            project_id=project,
            dataset_id=dataset,
            job_id=job,
            number=number,
            base_model="gemma-3-270m-starter",
            config={"rank": 64, "learning_rate": 1e-3, "epochs": 6.0},
            result={"seconds": 241.0} if run_status == "finished" else {},
            adapter=f"runs/{number}/adapter" if run_status == "finished" else None,
        )
    ).id
    store.update(Job, job, payload={"run_id": run})
    for step in range(1, 31):
        values = {"loss": 3.0 / step, "tokens_per_second": 62.0, "eta_s": 40.0, "total": 60}
        store.record_metric(run, step, values)
    entry = {"at": now(), "level": "info", "stage": "training", "message": EVIL}
    log = garage.workspace.run(run) / "log.jsonl"
    log.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    if run_status == "finished":
        for index, question in enumerate(store.exam_questions(dataset)):
            store.record_exam_results(
                [
                    ExamResult(
                        run_id=run,
                        question_id=question.id,
                        subject=subject,
                        answer=EVIL if index == 0 else "every 500 hours",
                        correct=subject == "tuned" and index != 0,
                    )
                    for subject in ("base", "tuned")
                ]
            )
    column = {
        "text": EVIL,
        "first_token_s": 0.4,
        "tokens_per_second": 14.0,
        "tokens": 9,
        "done": True,
    }
    store.add(Comparison(project_id=project, run_id=run, prompt=EVIL, columns=[column, column]))
    export = store.add(
        Export(run_id=run, kind="adapter", path="exports/1/a.zip", size_bytes=15_300_000)
    ).id
    store.add(Export(run_id=run, kind="hub", url="javascript:alert(1)"))
    ids = [row.id for row in store.examples(project)[0]]
    return Filled(project, documents, ids, dataset, run, job, export)


def add_sums(garage: Garage, filled: Filled) -> None:
    """Two sums in words. Base keeps no form, the checkpoint keeps it once, tuned has the right form
    twice and the right number once; the base with the passage is asked the first only."""
    garage.store.add_exam_questions(
        [
            ExamQuestion(
                dataset_id=filled.dataset, kind="reasoning", question=question, answer=answer
            )
            for question, answer in (("Two and two?", "#### 4"), ("Three and four?", "#### 7"))
        ]
    )
    answers = {
        "base": ("It is 4", "It is 7"),
        "passage": ("#### 5",),
        "step-20": ("#### 4", "It is 7"),
        "tuned": ("#### 4", "#### 8"),
    }
    asked = garage.store.exam_questions(filled.dataset)[-2:]
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=filled.run,
                question_id=question.id,
                subject=subject,
                answer=text,
                correct=mark(question, text),
            )
            for subject, texts in answers.items()
            for question, text in zip(asked, texts, strict=False)
        ]
    )
