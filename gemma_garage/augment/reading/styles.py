"""What the names of paragraph styles tell, and which short lines are headings without one."""

import re

STYLE_LEVEL = re.compile(r"heading (\d)", re.IGNORECASE)
CONTENTS_STYLE = re.compile(r"toc( heading| ?\d)|table of figures", re.IGNORECASE)
BOLD_HEADING_CHARACTERS = 80


def may_be_heading(text: str) -> bool:
    """Whether a bold line of its own may be one, where an author used no heading styles."""
    return len(text) <= BOLD_HEADING_CHARACTERS and not text.endswith((".", ",", ";", ":"))
