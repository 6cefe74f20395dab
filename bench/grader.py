"""How often the grader decides as a person did, on the hand-labelled pairs of the tests.

    python bench/grader.py            print the tables
    python bench/grader.py --write    and put them into docs/exam.md

Takes seconds; needs no model.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from gemma_garage.infer.grade import grade

ROOT = Path(__file__).resolve().parent.parent
PAIRS = ROOT / "tests" / "infer" / "pairs"
PAGE = ROOT / "docs" / "exam.md"
BEGIN, END = "<!-- bench/grader.py: begin -->", "<!-- bench/grader.py: end -->"
Counts = Counter[tuple[str, bool, bool]]  # group, right by hand, passed by the grader


def count_pairs(path: Path) -> tuple[Counts, list[dict[str, str]]]:
    """The confusion counts of a file of pairs, and the pairs that were graded otherwise."""
    counts: Counts = Counter()
    missed = []
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        passed = grade(pair["answer"], pair["expected"], pair["question"])
        counts[pair["group"], pair["right"], passed] += 1
        if passed != pair["right"]:
            missed.append(pair)
    return counts, missed


def find_accuracy(counts: Counts, *groups: str) -> float:
    """The share that is graded as by hand, of these groups or of all."""
    chosen = {key: count for key, count in counts.items() if not groups or key[0] in groups}
    agreed = sum(count for (_, right, passed), count in chosen.items() if right == passed)
    return agreed / sum(chosen.values())


def draw_confusion(counts: Counts) -> str:
    """A Markdown table: one row a group, what is right and wrong by hand, and how it is graded."""
    lines = [
        "| group | pairs | right, passed | right, failed | wrong, failed | wrong, passed "
        "| as by hand |",
        "|---|---|---|---|---|---|---|",
    ]
    groups = list(dict.fromkeys(group for group, _, _ in counts))
    for group in [*groups, None]:
        cells = [
            sum(n for key, n in counts.items() if key[1:] == kind and group in (None, key[0]))
            for kind in ((True, True), (True, False), (False, False), (False, True))
        ]
        share = find_accuracy(counts, *([group] if group else []))
        told = " | ".join(str(cell) for cell in cells)
        lines.append(f"| {group or 'all'} | {sum(cells)} | {told} | {share:.1%} |")
    return "\n".join(lines)


def draw_missed(missed: list[dict[str, str]]) -> str:
    """A Markdown list of the pairs that are graded otherwise than by hand."""
    return "\n".join(
        f"- {pair['question']} Expected “{pair['expected']}”, given “{pair['answer']}”: "
        f"{'right' if pair['right'] else 'wrong'} by hand."
        for pair in missed
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/exam.md")
    options = parser.parse_args()
    counts, missed = count_pairs(PAIRS / "labelled.jsonl")
    fresh, fresh_missed = count_pairs(PAIRS / "fresh.jsonl")
    known, unknown = sum(counts.values()), sum(fresh.values())
    mended, untouched = (f"{find_accuracy(c, 'number', 'unit'):.1%}" for c in (counts, fresh))
    text = "\n\n".join(
        [
            f"{known} pairs that the rules were mended on. Numbers and units: {mended}.",
            draw_confusion(counts),
            f"{unknown} pairs that no rule was mended on. Numbers and units: {untouched}.",
            draw_confusion(fresh),
            "Graded otherwise than by hand:",
            draw_missed([*missed, *fresh_missed]),
        ]
    )
    print(text)
    if options.write:
        page = PAGE.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        _, _, tail = rest.partition(END)
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
