"""The tables, typed. Vocabulary of docs/architecture.md; queries are in `store.py`.

Times are UTC, in ISO 8601 text made by `now()`. JSON columns hold plain dicts and lists. Paths
are relative to the home. Nothing here is SQLite-only.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

JobStatus = str  # queued running finished failed stopped interrupted
ACTIVE = ("queued", "running")
RESUMABLE = ("stopped", "failed", "interrupted")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Table(DeclarativeBase):
    """Base of the tables; dict and list columns are JSON."""

    type_annotation_map = {  # noqa: RUF012  (read by SQLAlchemy on the class)
        dict[str, Any]: JSON,
        list[Any]: JSON,
        str: Text,
    }


class Project(Table):
    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created: Mapped[str] = mapped_column(default=now)


class Document(Table):
    """A file that was given. `status`: reading waiting ready failed (waiting: for the user to say
    what the columns of its rows are)."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("project_id", "sha256"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    format: Mapped[str] = mapped_column(String(20))
    size_bytes: Mapped[int]
    path: Mapped[str]
    status: Mapped[str] = mapped_column(String(20), default="reading")
    error: Mapped[str | None]
    pages: Mapped[int] = mapped_column(default=0)
    characters: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str] = mapped_column(default="")  # the archive or address it came from
    cleaning: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was mended, by rule
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # title, author, notes
    created: Mapped[str] = mapped_column(default=now)


class Chunk(Table):
    """A span of a Document's extracted text: text[start:end], under `heading` (path " > ").

    `page`: the one it starts on; `breaks`: offsets in `text` at which another page begins.
    `asked`: what a generator was asked of it, by task ("why", "why:2"), with how many good rows
    came. `spoiled`: tasks that gave no usable reply, with the reason; they are asked again.
    """

    __tablename__ = "chunks"
    __table_args__ = (UniqueConstraint("document_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str]
    heading: Mapped[str] = mapped_column(default="")
    start: Mapped[int]
    end: Mapped[int]
    page: Mapped[int | None]
    breaks: Mapped[list[Any]] = mapped_column(default=list)
    tokens: Mapped[int]
    asked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    spoiled: Mapped[dict[str, Any]] = mapped_column(default=dict)


EXAMPLES_IN_ORDER = ("project_id", "chunk_id", "document_id", "fact", "id")
EXAMPLES_FILTERED = ("status", "reason", "kind", "origin", "score")
_EXAMPLES_NARROWED = ("status", "reason", "kind", "origin", "chunk_id", "document_id")


class Example(Table):
    """A question with its answer and the sentence that proves it.

    `status`: generated accepted edited rejected (edited counts as accepted). `fact`: Examples
    with the same chunk and fact are wordings of one fact. `origin`: the generator that wrote it,
    or the file it was imported from; then `document_id` is that file and `fact` the row in it.
    `turns`: earlier turns of the conversation, as chat messages. `worse`: an answer that `answer`
    is preferred to, or "".
    `score`: how sure the gates are of it, 0 to 1; None where none gave a figure.
    The first four indexes carry all that a Filter asks for, so that no row is opened that is not
    shown.
    """

    __tablename__ = "examples"
    __table_args__ = (
        Index("examples_by_project", "project_id", "status", "reason", "kind", "origin"),
        Index("examples_in_order", *EXAMPLES_IN_ORDER, *EXAMPLES_FILTERED),
        Index("examples_by_score", "project_id", "score", "id", *_EXAMPLES_NARROWED),
        Index("examples_by_age", "project_id", "id", *_EXAMPLES_NARROWED, "score"),
        Index("examples_by_document", "document_id", "fact"),
        Index("examples_by_chunk", "chunk_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    chunk_id: Mapped[int | None] = mapped_column(ForeignKey("chunks.id", ondelete="CASCADE"))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    question: Mapped[str]
    answer: Mapped[str]
    evidence: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(String(30), default="factual")
    fact: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str] = mapped_column(String(100), default="local")
    status: Mapped[str] = mapped_column(String(20), default="generated")
    reason: Mapped[str] = mapped_column(String(60), default="")
    scores: Mapped[dict[str, Any]] = mapped_column(default=dict)  # by gate
    score: Mapped[float | None]
    turns: Mapped[list[Any]] = mapped_column(default=list)
    worse: Mapped[str] = mapped_column(default="")
    before: Mapped[list[Any]] = mapped_column(default=list)  # earlier wordings, oldest first
    created: Mapped[str] = mapped_column(default=now)


class ExampleText(Table):
    """Question, answer and evidence of an Example as the search sees them; kept by `records.py`.

    A table of its own, because a search reads it from end to end and the Examples are four times
    as large.
    """

    __tablename__ = "example_texts"
    example_id: Mapped[int] = mapped_column(
        ForeignKey("examples.id", ondelete="CASCADE"), primary_key=True
    )
    folded: Mapped[str]


class Review(Table):
    """One action on Examples that can be taken back.

    `rows`: what they were before, as a list of {"ids": [...], "values": {column: value}}.
    `count`: how many Examples it changed.
    """

    __tablename__ = "reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(30))  # accepted rejected edited restored
    count: Mapped[int]
    rows: Mapped[list[Any]] = mapped_column(default=list)
    undone: Mapped[bool] = mapped_column(default=False)
    created: Mapped[str] = mapped_column(default=now)


class Call(Table):
    """The answer to a paid or slow request, kept so that it is never made twice.

    `key`: sha256 of model, prompt version, passage and task. `document_id`: with which Document it
    is forgotten. `job_id`: the Job that paid for it.
    """

    __tablename__ = "calls"
    __table_args__ = (Index("calls_by_job", "job_id"),)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    model: Mapped[str] = mapped_column(String(200))
    task: Mapped[str] = mapped_column(String(30))
    reply: Mapped[dict[str, Any]] = mapped_column(default=dict)
    usage: Mapped[dict[str, Any]] = mapped_column(default=dict)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    job_id: Mapped[int | None]
    created: Mapped[str] = mapped_column(default=now)


class Dataset(Table):
    """Frozen, versioned rows; the files lie in `path` (see workspace.py)."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("project_id", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    version: Mapped[int]
    path: Mapped[str]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # train eval text exam …
    fingerprint: Mapped[str] = mapped_column(String(64))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how it was frozen
    created: Mapped[str] = mapped_column(default=now)


class ExamQuestion(Table):
    """A question of a Dataset's exam. `kind`: paraphrase unseen unanswerable general own."""

    __tablename__ = "exam_questions"
    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    question: Mapped[str]
    answer: Mapped[str]
    evidence: Mapped[str] = mapped_column(default="")
    chunk_id: Mapped[int | None]


class Run(Table):
    """One training; its Job carries status and progress."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
    number: Mapped[int]
    base_model: Mapped[str] = mapped_column(String(200))
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    estimate: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # memory, disk, time: see plan.py
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)  # steps, losses, speed, versions
    adapter: Mapped[str | None]  # path; set last, so its existence proves the adapter is whole
    created: Mapped[str] = mapped_column(default=now)


class Metric(Table):
    """What training reported at one step; one row per run and step, a repeated step replaces."""

    __tablename__ = "metrics"
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[str] = mapped_column(default=now)


class Reading(Table):
    """How busy the machine was at one moment of a Run: processor, memory, GPU."""

    __tablename__ = "readings"
    __table_args__ = (Index("readings_by_run", "run_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    step: Mapped[int]
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[str] = mapped_column(default=now)


class ExamResult(Table):
    """One model's answer to one exam question. `subject`: base or tuned."""

    __tablename__ = "exam_results"
    __table_args__ = (UniqueConstraint("run_id", "question_id", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(ForeignKey("exam_questions.id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(20))
    answer: Mapped[str]
    correct: Mapped[bool]


class ExamOpinion(Table):
    """What a judge model said of two answers to one exam question.

    Its Job says whose answers and by which rubric. `wording`: of the question and the answers that
    were judged (`opinion_records.Pair`). `given` and `swapped`: the Opinion with the answers in
    their order and with the sides exchanged; both are told in the order of the Pair.
    """

    __tablename__ = "exam_opinions"
    __table_args__ = (UniqueConstraint("job_id", "question_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(ForeignKey("exam_questions.id", ondelete="CASCADE"))
    judge: Mapped[str] = mapped_column(String(200))
    wording: Mapped[str] = mapped_column(String(16))
    given: Mapped[dict[str, Any]] = mapped_column(default=dict)
    swapped: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Comparison(Table):
    """One prompt answered side by side; `columns`: one dict for each who answered.

    `run_id`: the first Run among them. `conversation_id`: the Comparison that began the
    conversation this goes on with, or None. `settings`: how it was asked (system prompt, sampling,
    schema, blind).
    """

    __tablename__ = "comparisons"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    prompt: Mapped[str]
    columns: Mapped[list[Any]] = mapped_column(default=list)
    conversation_id: Mapped[int | None]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[str] = mapped_column(default=now)


class Vote(Table):
    """What a person thought of two columns of a Comparison.

    `left` and `right`: who answered, as they stood on the page. `choice`: left right tie both-bad.
    `blind`: who is who was hidden until then. `example_id`: the preference that was made of it.
    """

    __tablename__ = "votes"
    __table_args__ = (Index("votes_by_project", "project_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    comparison_id: Mapped[int] = mapped_column(
        ForeignKey("comparisons.id", ondelete="CASCADE"), unique=True
    )
    left: Mapped[str] = mapped_column(String(60))
    right: Mapped[str] = mapped_column(String(60))
    choice: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(default="")
    blind: Mapped[bool] = mapped_column(default=False)
    example_id: Mapped[int | None]
    created: Mapped[str] = mapped_column(default=now)


class BatchRow(Table):
    """One row of a file that is asked as a whole; its Job has the settings.

    `number`: its place in the file, from 1. `turns`: what was said before the prompt. `problem`:
    why it cannot be asked, or "". `answers`: by who answered, with its scores; empty until asked.
    """

    __tablename__ = "batch_rows"
    __table_args__ = (UniqueConstraint("job_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    number: Mapped[int]
    prompt: Mapped[str]
    turns: Mapped[list[Any]] = mapped_column(default=list)
    reference: Mapped[str] = mapped_column(default="")
    problem: Mapped[str] = mapped_column(default="")
    is_answered: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Export(Table):
    """Something taken away. `kind`: adapter hub; `path` a file under the home or `url`."""

    __tablename__ = "exports"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))
    path: Mapped[str | None]
    url: Mapped[str | None]
    size_bytes: Mapped[int] = mapped_column(default=0)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created: Mapped[str] = mapped_column(default=now)


class Job(Table):
    """Any background work. `heartbeat` tells a live job from a dead one.

    `place`: its turn in the queue, lowest first. `wish`: what the user asked of it, from this or
    another process: "" (nothing), "pause" or "stop".
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_by_status", "status"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))  # ingest generate train exam export push
    lane: Mapped[str] = mapped_column(String(10))  # gpu io
    status: Mapped[JobStatus] = mapped_column(String(20), default="queued")
    title: Mapped[str] = mapped_column(default="")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    stage: Mapped[str] = mapped_column(default="")
    fraction: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[str | None]
    created: Mapped[str] = mapped_column(default=now)
    started: Mapped[str | None]
    heartbeat: Mapped[str | None]
    finished: Mapped[str | None]
    place: Mapped[int] = mapped_column(default=0)
    wish: Mapped[str] = mapped_column(String(10), default="")


class Change(Table):
    """One row: a counter that every write to the store moves; the page polls it."""

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    counter: Mapped[int] = mapped_column(default=0)
