"""What a well-behaved remote model writes about the passage it was shown."""

import json
import re


def write_facts(prompt: str, wordings: int = 3) -> str:
    """One fact for each "The X is Y." sentence of the passage in the prompt, as JSON text."""
    passage = prompt.partition("<passage>")[2].partition("</passage>")[0]
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
        for thing, value in re.findall(r"The ([\w ]+?) is ([^.]+)\.", passage)
    ]
    return json.dumps({"facts": facts})
