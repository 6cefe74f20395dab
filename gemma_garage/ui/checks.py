"""What the gates did, what the judge found, where documents contradict one another.

Part of the review. Nothing is rejected here but by a click, and that can be undone like any other.
"""

import gradio as gr
from markupsafe import Markup

from gemma_garage.augment import compare_documents
from gemma_garage.augment.locate import find_evidence, page_at
from gemma_garage.augment.quality.count import count_gates
from gemma_garage.errors import BadInput
from gemma_garage.example_filter import Filter
from gemma_garage.garage import Garage
from gemma_garage.schema import ACTIVE, Chunk, Document, Example, Job
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.format import draw_badge, draw_bar, draw_empty, draw_table, say_count
from gemma_garage.ui.judging import draw_judged
from gemma_garage.ui.passage import draw_reading, own_example
from gemma_garage.ui.pulse import Desk, find_job
from gemma_garage.ui.review import SEND_ID

CONTRADICTS = "contradicts another document"
SHOWN = 50  # pairs
_KEPT = ("accepted", "edited")


def draw_gates(garage: Garage, project_id: int) -> str:
    """Each gate, in the order in which it is asked, with what passed and what it held back."""
    lines = Markup("").join(
        Markup("<li><b>{}</b> <span>{:,} passed</span> <span>{:,} rejected</span> {}</li>").format(
            count.gate,
            count.passed,
            count.rejected,
            Markup('<small class="hint">{}</small>').format(count.meaning),
        )
        for count in count_gates(garage.store, project_id)
    )
    return str(
        Markup('<ol class="gates" aria-label="Gates, as they are asked">{}</ol>').format(lines)
    )


def draw_checks(garage: Garage, project_id: int) -> tuple[str, str]:
    """The judge's work; the contradictions."""
    judged = draw_judged(find_job(garage, project_id, "judge"))
    return str(judged), str(_draw_contradictions(garage, project_id))


def compare(garage: Garage, project_id: int) -> tuple[str, str]:
    """Queue the search for contradictions."""
    compare_documents.submit_contradictions(garage, project_id)
    return draw_checks(garage, project_id)


def settle(garage: Garage, project_id: int, event: gr.EventData) -> tuple[str, str]:
    """A click beside one of two answers: that one is wrong. Its other wordings say it too."""
    example = own_example(garage, project_id, int(event.id))
    if str(event.act) != "wrong":
        raise BadInput(f"There is no action {event.act!r}. Reload the page.")
    alike = [example.id, *(row.id for row in _find_wordings(garage, example))]
    done = garage.store.review_examples(
        project_id, Filter(ids=tuple(alike)), "rejected", CONTRADICTS
    )
    tell(f"{say_count(done.changed, 'Example')} rejected. Undo takes it back.")
    return draw_checks(garage, project_id)


def _find_wordings(garage: Garage, example: Example) -> list[Example]:
    """The other accepted rows of its fact with the same answer."""
    if example.chunk_id is None:
        return []
    document_id = garage.store.get(Chunk, example.chunk_id).document_id
    wanted = Filter(document_id=document_id, statuses=_KEPT)
    rows, _ = garage.store.examples(example.project_id, wanted)
    fact = (example.chunk_id, example.fact, example.answer)
    return [r for r in rows if (r.chunk_id, r.fact, r.answer) == fact and r.id != example.id]


def _draw_contradictions(garage: Garage, project_id: int) -> Markup:
    job = find_job(garage, project_id, compare_documents.KIND)
    if job is None:
        return draw_empty(
            "Where two documents answer the same question differently will be listed here."
        )
    if job.status in ACTIVE:
        return Markup("<p>{} {}</p>{}").format(
            draw_badge(job.status), job.stage or job.title, draw_bar(job.fraction, "Comparing")
        )
    if job.status != "finished":
        return Markup("<p class='problem'>{} {}</p>").format(
            draw_badge(job.status), job.error or "It did not come to its end. Compare again."
        )
    return _draw_pairs(garage, job)


def _draw_pairs(garage: Garage, job: Job) -> Markup:
    pairs = job.result["pairs"]
    rows, _ = garage.store.examples(
        job.project_id or 0,
        Filter(ids=tuple(number for pair in pairs for number in pair["ids"]), statuses=_KEPT),
    )
    by_id = {row.id: row for row in rows}
    still = [pair["ids"] for pair in pairs if all(number in by_id for number in pair["ids"])]
    told = f"{say_count(len(still), 'contradiction')} among {say_count(job.result['rows'], 'row')}"
    if len(still) < len(pairs):
        told += f"; {len(pairs) - len(still):,} settled since"
    if len(still) > SHOWN:
        told += f"; the first {SHOWN} are shown"
    cells = [[_draw_side(garage, by_id[number]) for number in pair] for pair in still[:SHOWN]]
    table = draw_table(("One", "The other"), cells, "Contradictions") if cells else Markup("")
    return Markup("<p class='hint'>{}.</p>{}").format(told, table)


def _draw_side(garage: Garage, row: Example) -> Markup:
    return Markup(
        "<p>{}</p><p><b>{}</b></p><p class='hint source'>{} "
        '<button type="button" class="link" data-act="wrong" data-id="{}">This one is wrong'
        "</button></p>"
    ).format(row.question, row.answer, _draw_place(garage, row), row.id)


def _draw_place(garage: Garage, row: Example) -> Markup:
    if row.chunk_id is None:
        if row.document_id is None:
            return Markup("<span>without a passage</span>")
        name = garage.store.get(Document, row.document_id).name
        return Markup("<span>{}, row {:,}</span>").format(name, row.fact + 1)
    chunk = garage.store.get(Chunk, row.chunk_id)
    document = garage.store.get(Document, chunk.document_id)
    spans, _ = find_evidence(chunk.text, row.evidence, row.answer)
    start, end = (spans[0][0], spans[-1][1]) if spans else (0, 0)
    page = page_at(chunk, start)
    return Markup("<span>{}{}</span> {}").format(
        document.name,
        f", page {page}" if page else "",
        draw_reading(document, "Show in the text", chunk.start + start, chunk.start + end),
    )


def build_checks(desk: Desk) -> None:
    """Lay out the panel, closed at first."""
    project = desk.project
    judged = gr.HTML(elem_id="review-judged")
    with gr.Accordion("Checks: every gate, contradictions", open=False, elem_id="review-checks"):
        gates = gr.HTML(elem_id="review-gates")
        with gr.Row(elem_classes="tools"):
            look = gr.Button(
                "Look for contradictions", size="sm", min_width=180, elem_id="review-compare"
            )
        pairs = gr.HTML(js_on_load=SEND_ID, elem_id="review-contradictions")
    drawn = [judged, pairs]
    desk.listen(look.click, compare, [project], drawn)
    desk.listen(pairs.click, settle, [project], drawn)
    desk.redraw("examples", draw_gates, [project], [gates])
    desk.redraw(("checks", "examples"), draw_checks, [project], drawn)
