"""Find what a printed page repeats: running headers, footers and page numbers."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from gemma_garage.augment.reading.cleaning import Cleaning
from gemma_garage.augment.reading.pdf_lines import Line

EDGE_SHARE = 0.12  # of the page's height, above and below
EDGE_LINES = 3  # at most so many lines of furniture at each end
LARGER = 1.1
RUN_PAGES = 5  # so many pages of a chapter have its title at their edge
Y_STEP = 4.0  # points; the same place on two pages differs by less
PAGE_NUMBER = re.compile(
    r"(page|seite|página|pagina|p\.)?\s*[-–—|·]?\s*(\d{1,4}|[ivxlc]{1,7})\s*[-–—|·]?"
    r"(\s*(/|of|von|de|di)\s*\d{1,4})?",
    re.IGNORECASE,
)


def drop_furniture(
    pages: Sequence[tuple[float, list[Line]]], cleaning: Cleaning | None = None
) -> list[list[Line]]:
    """The lines of each (page height, lines) without headers, footers and page numbers.

    Dropped is what stands at the same place of the page's upper or lower edge, with the same
    words but for digits, on several pages: on both of two, or on at least three and a quarter
    of more; the outermost line also where it runs on through a chapter. And a page number alone
    at the edge. In print larger than the text digits count: “Chapter 3” at the top of a page is
    no furniture. `cleaning` is told what was dropped.
    """
    sizes = Counter(line.size for _, lines in pages for line in lines for _ in line.words)
    body_size = sizes.most_common(1)[0][0] if sizes else 0.0

    def key_of(line: Line) -> tuple[str, int]:
        text = line.text.casefold()
        if line.size < LARGER * body_size:
            text = re.sub(r"\d+", "#", text)
        return text, round(line.y / Y_STEP)

    edges = [_edge_lines(height, lines) for height, lines in pages]
    seen: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    outer: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for number, lines in enumerate(edges):
        for key in {key_of(line) for line in lines}:
            seen[key].append(number)
        for line in _find_outermost(lines):
            outer[key_of(line)].append(number)
    enough = 2 if len(pages) == 2 else max(3, len(pages) // 4)
    repeated = {key for key, numbers in seen.items() if len(numbers) >= enough}
    repeated |= {key for key, numbers in outer.items() if _runs_on(numbers)}
    kept = []
    for number, ((_, lines), edge) in enumerate(zip(pages, edges, strict=True), start=1):
        note = (cleaning or Cleaning()).at(number)
        dropped = set()
        for line in edge:
            if PAGE_NUMBER.fullmatch(line.text):
                note("page_numbers", line.text, "")
            elif key_of(line) in repeated:
                note("headers_footers", line.text, "")
            else:
                continue
            dropped.add(id(line))
        kept.append([line for line in lines if id(line) not in dropped])
    return kept


def _find_outermost(lines: Sequence[Line]) -> list[Line]:
    """The first and the last of a page's edge lines, but for rows of a table."""
    if not lines:
        return []
    ends = [max(lines, key=lambda line: line.y), min(lines, key=lambda line: line.y)]
    return [line for line in ends if len(line.cells) == 1]


def _runs_on(numbers: Sequence[int]) -> bool:
    """Whether these pages hold a run of neighbours, or of every other page."""
    run = 1
    for before, number in pairwise(numbers):
        run = run + 1 if number - before <= 2 else 1
        if run >= RUN_PAGES:
            return True
    return False


def _edge_lines(height: float, lines: Sequence[Line]) -> list[Line]:
    from_above = sorted(lines, key=lambda line: -line.y)
    upper = [line for line in from_above[:EDGE_LINES] if line.y > height * (1 - EDGE_SHARE)]
    lower = [line for line in from_above[-EDGE_LINES:] if line.y < height * EDGE_SHARE]
    return upper + [line for line in lower if line not in upper]
