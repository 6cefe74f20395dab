"""A passage with its evidence marked."""

from collections.abc import Sequence

from markupsafe import Markup

from gemma_garage.augment.locate import Span, find_evidence


def mark_spans(text: str, spans: Sequence[Span], kind: str) -> Markup:
    """`text` with these spans marked; everything in it is escaped."""
    parts, at = Markup(""), 0
    for start, end in spans:
        parts += Markup('{}<mark class="{}">{}</mark>').format(
            text[at:start], kind, text[start:end]
        )
        at = end
    return parts + text[at:]


def mark_evidence(text: str, evidence: str, answer: str = "") -> Markup:
    """The passage with its proving words marked, or the answer where those are not found."""
    return mark_spans(text, *find_evidence(text, evidence, answer))
