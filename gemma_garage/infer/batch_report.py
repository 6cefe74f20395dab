"""The answers of a batch to take away, as CSV or JSONL, a row for each of the file; the totals."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from gemma_garage.infer.report import escape_cell
from gemma_garage.schema import BatchRow, Job
from gemma_garage.store import Store

PAGE = 500


def sum_batch(store: Store, job: Job) -> list[dict[str, Any]]:
    """How each who was asked did over the answered rows, in the order of the columns: `right` of
    `graded`, mean `f1` (None without references), `valid` of `checked` against the schema."""
    given: dict[str, list[Mapping[str, Any]]] = {name: [] for name in job.payload["names"]}
    for row in _walk(store, job.id):
        for name, answer in row.answers.items():
            given[name].append(answer)
    totals = []
    for name, answers in given.items():
        graded = [bool(answer["matches"]) for answer in answers if answer["matches"] is not None]
        shares = [float(answer["f1"]) for answer in answers if answer["f1"] is not None]
        valid = [not answer["problems"] for answer in answers if answer["problems"] is not None]
        totals.append(
            {
                "title": job.payload["titles"][name],
                "right": sum(graded),
                "graded": len(graded),
                "f1": round(sum(shares) / len(shares), 4) if shares else None,
                "valid": sum(valid),
                "checked": len(valid),
            }
        )
    return totals


def write_jsonl(store: Store, job: Job) -> Iterator[str]:
    """A JSON object a line."""
    for row in _walk(store, job.id):
        told: dict[str, Any] = {"number": row.number, "prompt": row.prompt}
        if row.turns:
            told["turns"] = row.turns
        if row.reference:
            told["reference"] = row.reference
        if row.problem:
            told["problem"] = row.problem
        yield json.dumps({**told, "answers": row.answers}, ensure_ascii=False) + "\n"


def write_csv(store: Store, job: Job) -> Iterator[str]:
    """Comma-separated, with a header; what a spreadsheet would run is put in quotes."""
    titles = job.payload["titles"]
    names = job.payload["names"]
    scores = ("matches", "f1", "problems")
    head = ["number", "prompt", "reference", "problem"]
    for name in names:
        head += [titles[name], *(f"{titles[name]} {score}" for score in scores)]
    yield _line(head)
    for row in _walk(store, job.id):
        cells: list[Any] = [row.number, row.prompt, row.reference, row.problem]
        for name in names:
            answer = row.answers.get(name, {})
            cells.append(answer.get("text", ""))
            for score in scores:
                value = answer.get(score)
                cells.append("; ".join(value) if isinstance(value, list) else value)
        yield _line(cells)


def _line(cells: list[Any]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(
        escape_cell(cell) if isinstance(cell, str) else cell for cell in cells
    )
    return buffer.getvalue()


def _walk(store: Store, job_id: int) -> Iterator[BatchRow]:
    offset = 0
    while rows := store.batch_rows(job_id, offset, PAGE):
        yield from rows
        offset += len(rows)
