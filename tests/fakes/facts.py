"""What a well-behaved remote model writes about the passage it was shown, in each shape."""

import json
import re
from typing import Any

REFUSAL = "The documents do not say."


def write_reply(shape: str, prompt: str, wordings: int = 3) -> str:
    """JSON text in the shape whose list is called `shape`; "facts" where it has no name."""
    writers = {
        "conversations": _write_conversations,
        "gaps": _write_gaps,
        "verdicts": _write_verdicts,
        "rewordings": _write_rewordings,
        "rows": _write_rows,
    }
    return writers[shape](prompt) if shape in writers else write_facts(prompt, wordings)


def write_facts(prompt: str, wordings: int = 3) -> str:
    """One fact for each "The X is Y." sentence of the passage that is not asked about yet."""
    known = prompt.partition("</passage>")[2]
    facts = [
        {
            "answer": value,
            "evidence": f"The {thing} is {value}.",
            "questions": [
                f"What is the {thing}?",
                f"How is the {thing} specified?",
                f"Tell me the {thing}, please.",
                f"Which value belongs to the {thing}?",
            ][:wordings],
        }
        for thing, value in _find_facts(prompt)
        if f"the {thing}?" not in known
    ]
    return json.dumps({"facts": facts})


def _write_conversations(prompt: str) -> str:
    turns = [
        {
            "question": f"What is the {thing}?" if at == 0 else f"And the {thing}?",
            "standalone": f"What is the {thing}?",
            "answer": value,
            "evidence": f"The {thing} is {value}.",
        }
        for at, (thing, value) in enumerate(_find_facts(prompt)[:2])
    ]
    return json.dumps({"conversations": [{"turns": turns}]})


def _write_gaps(prompt: str) -> str:
    things = [thing for thing, _ in _find_facts(prompt)][:1]
    gaps = [
        {"missing": "the colour", "questions": [f"Which colour has the {thing}?"]}
        for thing in things
    ]
    return json.dumps({"language": "en", "refusal": REFUSAL, "gaps": gaps})


def _write_verdicts(prompt: str) -> str:
    """A question is answered when all its words of five letters and more are in the passages."""
    passages, _, asked = prompt.rpartition("<questions>")
    verdicts = []
    for number, question in re.findall(r"(\d+)\. (.+)", asked):
        words = re.findall(r"\w{5,}", question.lower())
        answered = all(word in passages.lower() for word in words if word != "which")
        verdicts.append({"number": int(number), "quote": "", "answered": answered})
    return json.dumps({"verdicts": verdicts})


def _write_rewordings(prompt: str) -> str:
    entries = [
        {"number": int(number), "questions": [f"I would like to know: {question}"]}
        for number, question in re.findall(r"(\d+)\. Question: (.+)", prompt)
    ]
    return json.dumps({"rewordings": entries})


def _write_rows(prompt: str) -> str:
    """As many rows as questions are known, each with a number of its own."""
    known = len(re.findall(r"^- ", prompt, re.MULTILINE))
    rows: list[dict[str, Any]] = [
        {"question": f"How does exercise {known}-{at} begin?", "answer": f"With step {known}-{at}."}
        for at in range(4)
    ]
    return json.dumps({"rows": rows})


def _find_facts(prompt: str) -> list[tuple[str, str]]:
    passage = prompt.partition("<passage>")[2].partition("</passage>")[0]
    return re.findall(r"The ([\w ]+?) is ([^.]+)\.", passage)
