"""The pieces that a page of HTML is made of, and what can be told of one element of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Block:
    """`kind`: heading, text, list, table, code or quote."""

    kind: str
    text: str
    level: int = 0


def tag_of(element: Any) -> str:
    """The name without its namespace, in lower case; "" for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def read_number(text: str | None, otherwise: int) -> int:
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,6}", text.strip()) else otherwise


def join_blocks(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block.text for block in blocks)
