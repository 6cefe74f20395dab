"""The exam of a Run: every question of its Dataset, asked of all subjects alike, and graded.

Same prompts (the tokenizer's turns, the question as the user's turn, nothing else; the subject
`passage` has the right passage before it), greedy, the same room for each answer. Answers are
stored batch by batch, so a stopped or killed exam goes on where it was. It trains nothing.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gemma_garage.errors import DatasetError
from gemma_garage.garage import Garage
from gemma_garage.gemma.decode import generate
from gemma_garage.gemma.turns import encode_prompt, fingerprint_prompt
from gemma_garage.infer.answerers import find_trained_run
from gemma_garage.infer.exam_result import (
    BASE_SUBJECT,
    CHECKPOINT,
    PASSAGE_SUBJECT,
    SUBJECTS,
    TUNED_SUBJECT,
    ExamRow,
    ExamSummary,
    exam_table,
    summarise_exam,
)
from gemma_garage.infer.fingerprint import fingerprint_weights
from gemma_garage.infer.general import add_general
from gemma_garage.infer.kinds import REASONING
from gemma_garage.infer.session import Session, open_session
from gemma_garage.infer.subjects import (
    USUAL_SUBJECTS,
    check_subjects,
    find_checkpoint,
    find_passages,
    mark,
    write_question,
)
from gemma_garage.jobs import Progress
from gemma_garage.schema import ACTIVE, ExamQuestion, ExamResult, Run

__all__ = [
    "ExamRow",
    "ExamSummary",
    "exam_table",
    "examine",
    "register",
    "submit_exam",
    "submit_usual_exam",
    "summarise_exam",
]

KIND, LANE = "exam", "gpu"
LEAST_NEW_TOKENS, MOST_NEW_TOKENS = 32, 256
TOO_LONG = "(Not asked: with room for an answer it is longer than this model's context.)"
REASONING_TOKENS = 384  # a solution step by step
_CPU_BATCH, _GPU_BATCH = 16, 64
_LOAD_SHARE = 0.1  # of the progress bar
log = logging.getLogger(__name__)


def submit_usual_exam(garage: Garage, run_id: int) -> int:
    """Queue the exam that follows a training: the everyday questions too, asked of base, tuned and
    base with the right passage. Raises as `submit_exam`."""
    run = find_trained_run(garage.store, run_id)
    _require_questions(garage, run)
    add_general(garage, run.dataset_id)
    return submit_exam(garage, run_id, USUAL_SUBJECTS)


def submit_exam(garage: Garage, run_id: int, subjects: Sequence[str] = SUBJECTS) -> int:
    """Queue the exam of a Run and give the Job's id; one that waits or runs already is given.

    Questions with an answer are not asked again (greedy answers do not change), but graded anew.
    Raises BadInput when the Run has no adapter or not that checkpoint, DatasetError when there is
    nothing to ask.
    """
    run = find_trained_run(garage.store, run_id)
    _require_questions(garage, run)
    wanted = check_subjects(garage, run, subjects)
    newest = max(question.id for question in garage.store.exam_questions(run.dataset_id))
    for job in garage.store.jobs(kind=KIND, statuses=ACTIVE):
        asked = job.payload.get("subjects", SUBJECTS)
        # One that runs has read its questions: those added since are for another.
        asks_all = job.status == "queued" or newest <= job.payload.get("newest", 0)
        if job.payload.get("run_id") == run_id and set(wanted) <= set(asked) and asks_all:
            return job.id
    payload = {"run_id": run_id, "subjects": wanted, "newest": newest}
    title = f"Exam of run {run.number}"
    # The lane is named: this process may be one that only asks another to work.
    return garage.jobs.submit(KIND, title, payload, run.project_id, lane=LANE)


def register(garage: Garage) -> None:
    """Make this module the one behind Jobs of kind "exam"."""

    def work(progress: Progress, payload: dict[str, Any]) -> dict[str, Any]:
        subjects = payload.get("subjects", SUBJECTS)  # a Job of an earlier version has none
        return examine(garage, int(payload["run_id"]), progress, subjects)

    garage.jobs.register(KIND, LANE, work)


def examine(
    garage: Garage, run_id: int, progress: Progress, subjects: Sequence[str] = SUBJECTS
) -> dict[str, Any]:
    """Ask what has no answer yet, grade everything, and give the scores.

    Raises Stopped, Busy, DatasetError, ModelError, MachineError; all answers until then are kept.
    """
    store = garage.store
    run = find_trained_run(store, run_id)
    questions = _require_questions(garage, run)
    subjects = check_subjects(garage, run, subjects)
    owner = f"exam of run {run.number}"
    with open_session(
        garage,
        run_id,
        owner,
        report=lambda share, stage: progress.report(share * _LOAD_SHARE, stage),
        should_stop=lambda: progress.stop_requested,
    ) as session:
        progress.report(_LOAD_SHARE, "Reading the questions")
        key = _describe(session)
        _forget_if_other(garage, run, key)
        copied = _copy_base_answers(garage, run, key, questions)
        _regrade(garage, run)
        asked = _ask_all(garage, session, run, questions, subjects, progress)
    summary = summarise_exam(store, run_id)
    result: dict[str, Any] = {"asked": asked, "copied": copied}
    if summary is not None:
        result |= {
            subject: {"correct": score.correct, "total": score.total}
            for subject, score in ((BASE_SUBJECT, summary.base), (TUNED_SUBJECT, summary.tuned))
        }
    return result


def _require_questions(garage: Garage, run: Run) -> Sequence[ExamQuestion]:
    questions = garage.store.exam_questions(run.dataset_id)
    if not questions:
        raise DatasetError(
            f"The dataset of run {run.number} has no exam questions, and at least 1 is needed. "
            "Freeze a dataset with an exam, or add questions of your own."
        )
    return questions


def _ask_all(
    garage: Garage,
    session: Session,
    run: Run,
    questions: Sequence[ExamQuestion],
    subjects: Sequence[str],
    progress: Progress,
) -> int:
    """Ask every subject in batches, each batch stored when it is answered. How many were asked."""
    answered = _list_answered(garage, run.id)
    batch_size = _GPU_BATCH if session.machine.kind == "cuda" else _CPU_BATCH
    prompts = _write_prompts(garage, session, run, questions, subjects)
    rooms = {row.id: _size_answer(session, row) for row in questions}
    total, asked = len(prompts), 0
    done = sum(key in answered for key in prompts)
    # Answers of like length together, all subjects in turn: a stop leaves comparable parts.
    ordered = sorted(questions, key=lambda row: (rooms[row.id], len(row.question), row.id))
    for first in range(0, len(ordered), batch_size):
        for subject in subjects:
            batch = [
                row
                for row in ordered[first : first + batch_size]
                if (row.id, subject) in prompts and (row.id, subject) not in answered
            ]
            for room in sorted({rooms[row.id] for row in batch}):
                progress.check()
                progress.report(
                    _LOAD_SHARE + (1 - _LOAD_SHARE) * done / total,
                    f"Asking {_name_subject(subject)}: {done} of {total} answers",
                )
                part = [row for row in batch if rooms[row.id] == room]
                fitting = [
                    row
                    for row in part
                    if len(prompts[row.id, subject]) + room <= session.context_tokens
                ]
                ids = [prompts[row.id, subject] for row in fitting]
                with _take_subject(garage, session, subject) as model:
                    texts = _answer(session, model, ids, room, progress) if ids else []
                _keep(garage, run.id, subject, fitting, texts)
                _keep_too_long(garage, run.id, subject, [r for r in part if r not in fitting])
                done, asked = done + len(part), asked + len(part)
    return asked


def _write_prompts(
    garage: Garage,
    session: Session,
    run: Run,
    questions: Sequence[ExamQuestion],
    subjects: Sequence[str],
) -> dict[tuple[int, str], list[int]]:
    """Token ids by question and subject; what a subject is not asked is not in."""
    passages = find_passages(garage, run, questions) if PASSAGE_SUBJECT in subjects else {}
    prompts = {}
    for row in questions:
        for subject in subjects:
            text = write_question(row, subject, passages)
            if text is not None:
                prompts[row.id, subject] = encode_prompt(session.tokenizer, text)
    return prompts


@contextmanager
def _take_subject(garage: Garage, session: Session, subject: str) -> Iterator[Any]:
    if subject in (BASE_SUBJECT, PASSAGE_SUBJECT):
        chosen = session.base()
    elif subject.startswith(CHECKPOINT):
        chosen = session.checkpoint(find_checkpoint(garage, session.run_id, subject))
    else:
        chosen = session.tuned()
    with chosen as model:
        yield model


def _answer(
    session: Session, model: Any, prompts: list[list[int]], room: int, progress: Progress
) -> list[str]:
    answers = generate(
        model,
        prompts,
        stop_ids=session.stop_ids,
        pad_id=session.pad_id,
        max_new_tokens=room,
        should_stop=lambda: progress.stop_requested,
    )
    return [
        str(session.tokenizer.decode(answer.ids, skip_special_tokens=True)) for answer in answers
    ]


def _keep(
    garage: Garage,
    run_id: int,
    subject: str,
    questions: Sequence[ExamQuestion],
    texts: Sequence[str],
) -> None:
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=run_id,
                question_id=row.id,
                subject=subject,
                answer=text.strip(),
                correct=mark(row, text),
            )
            for row, text in zip(questions, texts, strict=True)
        ]
    )


def _keep_too_long(
    garage: Garage, run_id: int, subject: str, questions: Sequence[ExamQuestion]
) -> None:
    """One question beyond the model's context must not cost the others their exam."""
    garage.store.record_exam_results(
        [
            ExamResult(
                run_id=run_id, question_id=row.id, subject=subject, answer=TOO_LONG, correct=False
            )
            for row in questions
        ]
    )


def _name_subject(subject: str) -> str:
    return "the base with the passage" if subject == PASSAGE_SUBJECT else subject


def _size_answer(session: Session, question: ExamQuestion) -> int:
    """Room for twice the expected answer and a sentence around it, in steps of 32 tokens."""
    if question.kind == REASONING:
        return REASONING_TOKENS
    expected = len(session.tokenizer(question.answer, add_special_tokens=False)["input_ids"])
    wanted = -(-(2 * expected + 16) // LEAST_NEW_TOKENS) * LEAST_NEW_TOKENS
    return min(max(wanted, LEAST_NEW_TOKENS), MOST_NEW_TOKENS)


def _list_answered(garage: Garage, run_id: int) -> set[tuple[int, str]]:
    return {(row.question_id, row.subject) for row, _ in garage.store.exam_results(run_id)}


def _describe(session: Session) -> str:
    """A short name for all that decides the base's answers: equal names, equal answers."""
    from torch import __version__ as torch_version
    from transformers import __version__ as transformers_version

    model = session.model
    facts = {
        "base_model": session.base_model,
        "weights": fingerprint_weights(session.base_path),
        "prompt": fingerprint_prompt(session.tokenizer),
        "stop": session.stop_ids,
        "room": [LEAST_NEW_TOKENS, MOST_NEW_TOKENS],
        "four_bit": session.four_bit,
        "device": session.machine.kind,
        "dtype": str(next(model.parameters()).dtype),
        "torch": str(torch_version),
        "transformers": str(transformers_version),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _forget_if_other(garage: Garage, run: Run, key: str) -> None:
    """Drop answers that were given under other conditions; they cannot be held side by side."""
    if run.result.get("exam_key") == key:
        return
    if garage.store.forget_exam_results(run.id):
        log.info("run %d: conditions of the exam changed, all is asked again", run.number)
    garage.store.update(Run, run.id, result={**run.result, "exam_key": key})


def _copy_base_answers(
    garage: Garage, run: Run, key: str, questions: Sequence[ExamQuestion]
) -> int:
    """Take the base's answers, with the passage and without, from another Run on the same Dataset
    under the same conditions."""
    answered = _list_answered(garage, run.id)
    known = {row.id for row in questions}
    copies: dict[tuple[int, str], ExamResult] = {}
    for other in garage.store.runs(run.project_id):
        same = other.dataset_id == run.dataset_id and other.result.get("exam_key") == key
        if other.id == run.id or not same:
            continue
        for result, question in garage.store.exam_results(other.id):
            place = (question.id, result.subject)
            if (
                result.subject in (BASE_SUBJECT, PASSAGE_SUBJECT)
                and question.id in known
                and place not in answered
                and place not in copies
            ):
                copies[place] = ExamResult(
                    run_id=run.id,
                    question_id=question.id,
                    subject=result.subject,
                    answer=result.answer,
                    correct=result.correct,
                )
    if copies:
        garage.store.record_exam_results(list(copies.values()))
    return len(copies)


def _regrade(garage: Garage, run: Run) -> None:
    """Grade stored answers as today's rule does; only what differs is written."""
    changed = [
        ExamResult(
            run_id=run.id,
            question_id=question.id,
            subject=result.subject,
            answer=result.answer,
            correct=not result.correct,
        )
        for result, question in garage.store.exam_results(run.id)
        if result.answer != TOO_LONG and mark(question, result.answer) != result.correct
    ]
    if changed:
        garage.store.record_exam_results(changed)
