"""An exam to take away: every answer as CSV, and one HTML file that a person can read.

The HTML carries its style and asks nothing of any server; all that came from documents, users and
models is escaped in it.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from gemma_garage.alike.sums import passes_leniently, passes_strictly
from gemma_garage.exam_leaks import find_leaks
from gemma_garage.exam_score import say_result
from gemma_garage.garage import Garage
from gemma_garage.infer.exam_result import (
    BASE_SUBJECT,
    PASSAGE_SUBJECT,
    TUNED_SUBJECT,
    ExamRow,
    count_reasoning,
    count_subject,
    exam_table,
    list_subjects,
)
from gemma_garage.infer.judge.findings import (
    Finding,
    list_differences,
    list_opinions,
    read_findings,
    say_differences,
    say_finding,
)
from gemma_garage.infer.judge.pairs import name_side
from gemma_garage.infer.kinds import REASONING, TITLES
from gemma_garage.infer.overlap import token_f1
from gemma_garage.infer.refusal import abstains
from gemma_garage.infer.verdict import judge_checkpoints, judge_run
from gemma_garage.schema import Dataset, Run

NAMES = {
    BASE_SUBJECT: "Base",
    PASSAGE_SUBJECT: "Base with the passage",
    TUNED_SUBJECT: "Tuned",
}
# What a spreadsheet would run; a plain number such as -5 stays one.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*\s?%?")
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
color: #1c1917; background: #fff } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-top: 1px solid #d6d3d1;
overflow-wrap: anywhere } .verdict { font-size: 1.25rem } .right { color: #0f766e }
.wrong { color: #b91c1c } pre { white-space: pre-wrap } small { color: #57534e }
@media (prefers-color-scheme: dark) { body { color: #e7e5e4; background: #171614 }
.right { color: #2dd4bf } .wrong { color: #fca5a5 } small { color: #a8a29e } }
"""


def name_subject(subject: str) -> str:
    return NAMES.get(subject, f"Checkpoint at {subject.replace('-', ' ')}")


def write_csv(garage: Garage, run_id: int) -> str:
    """One line for each answer. Raises NotFound."""
    store = garage.store
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    head = (
        "run kind question expected subject answer right strict lenient f1 declined leak evidence"
    ).split()
    findings = read_findings(store, run_id)
    for finding in findings:  # what a judge calls the answer, and which of the two it prefers
        head += [f"judged_against_{finding.against}", f"better_against_{finding.against}"]
    opinions = [list_opinions(finding) for finding in findings]
    writer.writerow(head)
    run = store.get(Run, run_id)
    leaks = find_leaks(garage, run.dataset_id)
    rows = exam_table(store, run_id)
    subjects = list_subjects(rows)
    for row in rows:
        for subject in (name for name in subjects if name in row.answers):
            answer = row.answers[subject]
            cells = [row.kind, row.question, row.expected, subject, answer.text]
            measured = [
                int(answer.correct),
                *_mark_reasoning(row, answer.text),
                f"{token_f1(answer.text, row.expected):.3f}",
                int(abstains(answer.text)),
                "not looked at" if leaks is None else leaks.get(row.question_id, ""),
            ]
            told = [escape_cell(cell) for cell in cells]
            judged = [
                word for by in opinions for word in by.get((row.question_id, subject), ("", ""))
            ]
            writer.writerow([run.number, *told, *measured, escape_cell(row.evidence), *judged])
    return out.getvalue()


def write_html(garage: Garage, run_id: int) -> str:
    """The verdict, the scores by kind, and every question with all answers. Raises NotFound."""
    store = garage.store
    run = store.get(Run, run_id)
    dataset = store.get(Dataset, run.dataset_id)
    rows = exam_table(store, run_id)
    return str(
        Markup(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            "<title>Exam of run {number}</title><style>{style}</style></head><body>"
            "<h1>Exam of run {number}</h1><p><small>{base}, dataset version {version}, "
            "{when} UTC</small></p><p class='verdict'>{verdict}</p>{checkpoints}"
            "{leaks}{scores}{judges}{questions}"
            "<p><small>Made with Gemma Garage. Greedy answers, graded by one rule; intervals are "
            "Wilson's at 95 %.</small></p></body></html>"
        ).format(
            number=run.number,
            style=Markup(_STYLE),
            base=run.base_model,
            version=dataset.version,
            when=run.created[:16].replace("T", " "),
            verdict=judge_run(rows).text or "Not all questions are answered yet.",
            checkpoints=Markup("").join(
                Markup("<p>{}: {}</p>").format(name_subject(subject), found.text)
                for subject, found in judge_checkpoints(rows).items()
            ),
            leaks=_draw_leaks(rows, find_leaks(garage, run.dataset_id)),
            scores=_draw_scores(rows),
            judges=Markup("").join(map(_draw_finding, read_findings(store, run_id))),
            questions=_draw_questions(rows),
        )
    )


def measure_subject(rows: Sequence[ExamRow], subject: str) -> tuple[float, int]:
    """Mean token F1 of the subject's answers, and how many of them decline."""
    given = [(row.answers[subject].text, row.expected) for row in rows if subject in row.answers]
    total = sum(token_f1(answer, expected) for answer, expected in given)
    return total / max(1, len(given)), sum(abstains(answer) for answer, _ in given)


def _draw_leaks(rows: Sequence[ExamRow], leaks: Mapping[int, str] | None) -> Markup:
    if leaks is None:
        return Markup("<p>Leak check: the training rows could not be looked at.</p>")
    if not leaks:
        return Markup("<p>Leak check: no question leaks.</p>")
    listed = Markup("").join(
        Markup("<li>{}: {}</li>").format(row.question, leaks[row.question_id])
        for row in rows
        if row.question_id in leaks
    )
    return Markup("<p>Leak check: these count here, but prove little:</p><ul>{}</ul>").format(
        listed
    )


def _draw_scores(rows: Sequence[ExamRow]) -> Markup:
    subjects = list_subjects(rows)
    head = Markup("").join(Markup("<th>{}</th>").format(name_subject(name)) for name in subjects)
    body = Markup("")
    for kind, title in TITLES.items():
        asked = [row for row in rows if row.kind == kind]
        if not asked:
            continue
        cells = Markup("")
        for subject in subjects:
            cells += Markup("<td>{}</td>").format(_say_scores(kind, asked, subject))
        body += Markup("<tr><th>{}</th>{}</tr>").format(title, cells)
    return Markup("<h2>Scores</h2><table><tr><th></th>{}</tr>{}</table>").format(head, body)


def _say_scores(kind: str, rows: Sequence[ExamRow], subject: str) -> Markup | str:
    score = count_subject(rows, subject)
    if not score.total:
        return "–"
    if kind != REASONING:
        return say_result(score)
    strict, lenient = map(say_result, count_reasoning(rows, subject))
    return Markup("strict form {}<br>last number {}").format(strict, lenient)


def _draw_finding(finding: Finding) -> Markup:
    body = Markup("").join(
        Markup("<tr><td>{}</td><td>{}</td><td><b>{}:</b> {}</td><td>{}</td></tr>").format(
            difference["question"],
            difference["expected"],
            name_side(difference["subject"]),
            difference["answer"] or "(nothing)",
            Markup("the grade: {}, the judge: {}<br><small>{}</small>").format(
                "right" if difference["correct"] else "wrong",
                difference["judge"],
                difference["reason"],
            ),
        )
        for difference in list_differences(finding)
    )
    table = Markup(
        "<p>{}</p><table><tr><th>Question</th><th>Right answer</th>"
        "<th>Answer</th><th>Called</th></tr>{}</table>"
    ).format(say_differences(finding), body)
    return Markup(
        "<h2>A judge model beside the grade</h2><p>{}</p><p><small>Each question was put twice, "
        "with the sides exchanged; no grade and no verdict above is changed by it.</small></p>"
        "<details><summary>Its rubric</summary><pre>{}</pre></details>{}"
    ).format(say_finding(finding), finding.rubric, table if body else "")


def _draw_questions(rows: Sequence[ExamRow]) -> Markup:
    subjects = list_subjects(rows)
    head = Markup("").join(Markup("<th>{}</th>").format(name_subject(name)) for name in subjects)
    body = Markup("")
    for row in rows:
        cells = Markup("")
        for subject in subjects:
            answer = row.answers.get(subject)
            if answer is None:
                cells += Markup("<td>–</td>")
                continue
            word = "right" if answer.correct else "wrong"
            cells += Markup('<td><b class="{0}">{0}</b> {1}</td>').format(
                word, answer.text or "(nothing)"
            )
        proof = Markup("<br><small>{}</small>").format(row.evidence) if row.evidence else ""
        body += Markup("<tr><td>{}<br><small>{}</small></td><td>{}{}</td>{}</tr>").format(
            row.question, row.kind, row.expected, proof, cells
        )
    return Markup(
        "<h2>Questions</h2><table><tr><th>Question</th><th>Right answer</th>{}</tr>{}</table>"
    ).format(head, body)


def _mark_reasoning(row: ExamRow, answer: str) -> tuple[int | str, int | str]:
    """The cells `strict` and `lenient`, empty for what is no sum in words."""
    if row.kind != REASONING:
        return "", ""
    return int(passes_strictly(answer, row.expected)), int(passes_leniently(answer, row.expected))


def escape_cell(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
