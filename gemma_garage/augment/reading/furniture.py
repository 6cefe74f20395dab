"""Find what a printed page repeats: running headers, footers and page numbers."""

import re
from collections import Counter
from collections.abc import Sequence

from gemma_garage.augment.reading.pdf_lines import Line

EDGE_SHARE = 0.12  # of the page's height, above and below
EDGE_LINES = 3  # at most so many lines of furniture at each end
LARGER = 1.1
Y_STEP = 4.0  # points; the same place on two pages differs by less
PAGE_NUMBER = re.compile(
    r"(page|seite|página|pagina|p\.)?\s*[-–—|·]?\s*(\d{1,4}|[ivxlc]{1,7})\s*[-–—|·]?"
    r"(\s*(/|of|von|de|di)\s*\d{1,4})?",
    re.IGNORECASE,
)


def drop_furniture(
    pages: Sequence[tuple[float, list[Line]]],
) -> list[list[Line]]:
    """The lines of each (page height, lines) without headers, footers and page numbers.

    Dropped is what stands at the same place of the page's upper or lower edge, with the same
    words but for digits, on several pages: on both of two, or on at least three and a quarter
    of more. And a page number alone at the edge. In print larger than the text digits count:
    “Chapter 3” at the top of a page is no furniture.
    """
    sizes = Counter(line.size for _, lines in pages for line in lines for _ in line.words)
    body_size = sizes.most_common(1)[0][0] if sizes else 0.0

    def key_of(line: Line) -> tuple[str, int]:
        text = line.text.casefold()
        if line.size < LARGER * body_size:
            text = re.sub(r"\d+", "#", text)
        return text, round(line.y / Y_STEP)

    seen = Counter(
        key
        for height, lines in pages
        for key in {key_of(line) for line in _edge_lines(height, lines)}
    )
    enough = 2 if len(pages) == 2 else max(3, len(pages) // 4)
    kept = []
    for height, lines in pages:
        dropped = {
            id(line)
            for line in _edge_lines(height, lines)
            if seen[key_of(line)] >= enough or PAGE_NUMBER.fullmatch(line.text)
        }
        kept.append([line for line in lines if id(line) not in dropped])
    return kept


def _edge_lines(height: float, lines: Sequence[Line]) -> list[Line]:
    from_above = sorted(lines, key=lambda line: -line.y)
    upper = [line for line in from_above[:EDGE_LINES] if line.y > height * (1 - EDGE_SHARE)]
    lower = [line for line in from_above[-EDGE_LINES:] if line.y < height * EDGE_SHARE]
    return upper + [line for line in lower if line not in upper]
