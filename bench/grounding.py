"""How well the deterministic gates tell right from wrong: precision and recall on planted pairs.

    python bench/grounding.py [--write docs/quality.md] [--missed] [--rows 100000]

The 200 pairs of `bench/planted/pairs.jsonl` were written by hand over 34 passages of different
kinds: right ones, wrong numbers, wrong entities, unsupported answers, duplicates, and questions
that are nearly the same as another but about another number or name, which must be kept. No model
takes part. `--write` puts the tables between the marks of that file; `--missed` lists what came out
otherwise than it should; `--rows` measures the look-up of duplicates in that many questions.
"""

import argparse
import functools
import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemma_garage.alike.tokens import read_numbers
from gemma_garage.augment.drafts import Draft
from gemma_garage.augment.quality import Duplicates, Place, judge_draft
from gemma_garage.augment.quality.meaning import open_meaning
from gemma_garage.augment.quality.names import DAYS, find_codes, read_identifiers
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.settings import read_settings
from gemma_garage.workspace import Workspace

PLANTED = Path(__file__).parent / "planted"
SECOND = "Sixty more pairs, written when the rules stood (`fresh.jsonl`):"
TWINS = (
    "Right pairs whose quote holds several values of one sort (`twins.jsonl`), and each value "
    "replaced by the others:"
)
TWINS_FRESH = "The same with pairs that were written when the gate stood (`twins_fresh.jsonl`):"
THIRD = "Every figure, code and name of the right answers, replaced by others one at a time:"
START, END = "<!-- figures -->", "<!-- /figures -->"
# What each sort of pair should come to, and in which words the table speaks of it.
SORTS = {
    "right": ("kept", "right"),
    "wrong-number": ("rejected", "wrong number, unit, date or limit"),
    "wrong-entity": ("rejected", "wrong name, code or thing"),
    "unsupported": ("rejected", "not in the passage, or its opposite"),
    "duplicate": ("duplicate", "the same question again"),
    "near-duplicate": ("kept", "nearly the same, another number or name"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One planted pair and what the gates made of it: `reason`, or "" where it was kept."""

    id: int
    sort: str
    question: str
    answer: str
    reason: str

    @property
    def is_as_wanted(self) -> bool:
        wanted = SORTS[self.sort][0]
        if wanted == "kept":
            return not self.reason
        return self.reason == "duplicate" if wanted == "duplicate" else bool(self.reason)


def read_lines(name: str) -> list[dict[str, Any]]:
    text = (PLANTED / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def judge_row(row: dict[str, Any], passage: dict[str, Any], **changed: str) -> str:
    """The reason to reject it, or "", with answer or evidence `changed`."""
    texts = {name: row[name] for name in ("question", "answer", "evidence")} | changed
    context = f"{passage['title']}\n{passage['heading']}"
    return judge_draft(Draft(**texts), passage["text"], context=context)


@functools.cache
def judge_planted(name: str = "pairs.jsonl", model: Path | None = None) -> list[Outcome]:
    """Every planted pair of that file through all gates, as generation asks them; compared by
    meaning too where there is the folder of a `model`."""
    meaning = open_meaning(model) if model else None
    passages = {line["id"]: line for line in read_lines("passages.jsonl")}
    places = {passage: number for number, passage in enumerate(passages)}
    outcomes = []
    for row in read_lines(name):
        reason = judge_row(row, passages[row["passage"]])
        if "first" in row:
            first = row["first"]
            before = judge_row(first, passages[first["passage"]])
            if before:
                reason = reason or f"first: {before}"
            seen = Duplicates(meaning=meaning)
            seen.add(first["question"], first["answer"], Place(places[first["passage"]], 1))
            place = Place(places[row["passage"]], 2)
            if not reason and seen.has(row["question"], row["answer"], place):
                reason = "duplicate"
        outcomes.append(Outcome(row["id"], row["sort"], row["question"], row["answer"], reason))
    return outcomes


@dataclass(frozen=True, slots=True)
class Replaced:
    """A right answer of which one figure, code or name was replaced. `by`: where the other one
    comes from; `quote`: whether the quote was falsified in the same way."""

    what: str
    by: str
    quote: bool
    question: str
    answer: str
    reason: str


@functools.cache
def judge_replaced(names: tuple[str, ...] = ("pairs.jsonl", "fresh.jsonl")) -> list[Replaced]:
    """Every right answer of those planted pairs, with each figure, code and name replaced by all
    others of its passage and by some of nowhere."""
    passages = {line["id"]: line for line in read_lines("passages.jsonl")}
    found = []
    for row in (row for name in names for row in read_lines(name)):
        passage = passages[row["passage"]]
        if SORTS[row["sort"]][0] != "kept" or judge_row(row, passage):
            continue
        for what, old, others in find_replacements(row["answer"], passage["text"]):
            for new in others:
                by = "the same quote" if new in row["evidence"] else "elsewhere"
                answer = row["answer"].replace(old, new, 1)
                reason = judge_row(row, passage, answer=answer)
                found.append(Replaced(what, by, False, row["question"], answer, reason))
                evidence = row["evidence"].replace(old, new, 1)
                if by == "elsewhere" and evidence != row["evidence"]:
                    reason = judge_row(row, passage, answer=answer, evidence=evidence)
                    found.append(Replaced(what, by, True, row["question"], answer, reason))
    return found


def find_replacements(answer: str, text: str) -> list[tuple[str, str, list[str]]]:
    """(figure, code or name; as it stands in the answer; what to put in its place)."""
    codes = re.findall(r"\b[A-Za-z]+-?\d+\b", text)
    replacements = []
    for old in set(re.findall(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])", answer)):
        value = old.replace(",", "")
        there = set(re.findall(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])", text)) - {old, value}
        nowhere = {f"{value}7", value[::-1]} - {old, value} if value.isdigit() else {f"{value}7"}
        keep = {new for new in there | nowhere if new[0] != "0" and not is_equal(new, value)}
        replacements.append(("figure", old, sorted(keep)))
    for old in {code for code in codes if code in answer}:
        others = {code for code in codes if find_codes(code) != find_codes(old)}
        replacements.append(("code", old, sorted(others | {f"{old}5", f"X{old}"})))
    names = {name.word for name in read_identifiers(text).names if name.certain} - DAYS
    for old in set(re.findall(r"\b[A-Z][a-z]+\b", answer)) & {n.capitalize() for n in names}:
        others = {name.capitalize() for name in names if name.capitalize() not in answer}
        replacements.append(("name", old, sorted(others | {"Zorvane"})))
    return replacements


def is_equal(one: str, other: str) -> bool:
    """ "7.10" for "7.1" is no other figure."""
    return set(read_numbers(one)) == set(read_numbers(other))


def draw_tables(outcomes: Sequence[Outcome], without_meaning: Sequence[Outcome]) -> str:
    """By sort of pair, and by gate, in Markdown."""
    lines = [draw_sorts(outcomes), ""]
    lines += [
        "| Gate | rejected | rightly | precision | recall |",
        "| --- | --- | --- | --- | --- |",
    ]
    by_gate: dict[str, list[Outcome]] = defaultdict(list)
    for row in outcomes:
        if row.reason:
            by_gate[row.reason].append(row)
    for gate, rows in sorted(by_gate.items(), key=lambda item: -len(item[1])):
        right = sum(SORTS[row.sort][0] != "kept" for row in rows)
        lines.append(f"| {gate} | {len(rows)} | {right} | {right / len(rows):.0%} | |")
    lines.append(_sum_up("all but duplicates", outcomes, "rejected"))
    lines.append(_sum_up("duplicates", outcomes, "duplicate"))
    lines.append(_sum_up("duplicates, by words alone", without_meaning, "duplicate"))
    return "\n".join(lines)


def draw_sorts(outcomes: Sequence[Outcome]) -> str:
    lines = [
        "| Planted | pairs | as it should be | by which gate |",
        "| --- | --- | --- | --- |",
    ]
    for sort, (wanted, title) in SORTS.items():
        rows = [row for row in outcomes if row.sort == sort]
        if not rows:
            continue
        right = sum(row.is_as_wanted for row in rows)
        gates = Counter(row.reason or "kept" for row in rows).most_common()
        told = ", ".join(f"{gate} {count}" for gate, count in gates)
        verb = "kept" if wanted == "kept" else "rejected"
        lines.append(
            f"| {title} | {len(rows)} | {right} {verb} ({right / len(rows):.0%}) | {told} |"
        )
    return "\n".join(lines)


def draw_replaced(replaced: Sequence[Replaced]) -> str:
    lines = [
        "| Replaced in a right answer | by one from | answers | rejected |",
        "| --- | --- | --- | --- |",
    ]
    groups: dict[tuple[str, str], list[Replaced]] = defaultdict(list)
    for row in replaced:
        where = f"{row.by}, the quote falsified too" if row.quote else row.by
        groups[row.what, where].append(row)
    for (what, where), rows in sorted(groups.items()):
        caught = sum(bool(row.reason) for row in rows)
        lines.append(f"| {what} | {where} | {len(rows)} | {caught} ({caught / len(rows):.0%}) |")
    return "\n".join(lines)


def _sum_up(title: str, outcomes: Sequence[Outcome], kind: str) -> str:
    wrong = [row for row in outcomes if SORTS[row.sort][0] == kind]
    if kind == "duplicate":
        caught = [row for row in outcomes if row.reason == "duplicate"]
    else:
        caught = [row for row in outcomes if row.reason and row.reason != "duplicate"]
    right = sum(SORTS[row.sort][0] == kind for row in caught)
    precision = right / len(caught) if caught else 1.0
    return (
        f"| **{title}** | {len(caught)} | {right} | {precision:.0%} | "
        f"{right / len(wrong):.0%} of {len(wrong)} |"
    )


def measure_look_up(rows: int, model: Path | None) -> None:
    """Seconds of processor time to ask about so many different questions and to add each."""
    things = "pump valve filter motor sensor boiler fan belt lamp cable hinge bracket".split()
    asks = "weight width voltage colour price age noise length".split()
    seen = Duplicates(meaning=open_meaning(model) if model else None)
    begin_s = time.process_time()
    last_s, found = begin_s, 0
    for number in range(rows):
        thing, ask = things[number % len(things)], asks[number // 12 % len(asks)]
        question = f"What is the {ask} of {thing} {number // 96} of the plant in hall {number % 7}?"
        found += seen.has(question, f"{number} units", Place(number, 0))
        seen.add(question, f"{number} units", Place(number, 0))
        if (number + 1) % (rows // 4) == 0:
            now_s = time.process_time()
            print(f"{number + 1:>8,} rows, the last quarter {now_s - last_s:.1f} s, {found} found")
            last_s = now_s


def draw_all(model: Path) -> str:
    """All tables, as they stand in the docs. `model`: the folder of the starter."""
    return "\n\n".join(
        (
            draw_tables(judge_planted(model=model), judge_planted()),
            f"{SECOND}\n\n{draw_sorts(judge_planted('fresh.jsonl'))}",
            f"{THIRD}\n\n{draw_replaced(judge_replaced())}",
            *(
                f"{title}\n\n{draw_sorts(judge_planted(name))}\n\n"
                f"{draw_replaced(judge_replaced((name,)))}"
                for title, name in ((TWINS, "twins.jsonl"), (TWINS_FRESH, "twins_fresh.jsonl"))
            ),
        )
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--write", type=Path)
    options.add_argument("--missed", action="store_true")
    options.add_argument("--rows", type=int, default=0)
    home = Workspace(read_settings(os.environ).home)
    options.add_argument("--model", type=Path, default=home.model(STARTER_ID))
    chosen = options.parse_args()
    if open_meaning(chosen.model) is None:
        print(
            f"{chosen.model} holds no starter: nothing can be compared by meaning. Run "
            "`gemma-garage starter`, or name its folder with --model."
        )
        return 1
    tables = draw_all(chosen.model)
    print(tables)
    if chosen.missed:
        for row in (*judge_planted(model=chosen.model), *judge_planted("fresh.jsonl")):
            if not row.is_as_wanted:
                print(row.id, row.sort, "|", row.question, "|", row.answer, "|", row.reason)
        for other in judge_replaced():
            if not other.reason:
                print(other.what, other.by, "|", other.question, "|", other.answer)
    if chosen.write:
        before, _, rest = chosen.write.read_text(encoding="utf-8").partition(START)
        _, _, after = rest.partition(END)
        text = f"{before}{START}\n\n{tables}\n\n{END}{after}"
        chosen.write.write_text(text, encoding="utf-8")
    if chosen.rows:
        measure_look_up(chosen.rows, chosen.model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
