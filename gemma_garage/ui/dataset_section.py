"""The Data tab's last section: freeze, look at a version, take it away. Layout and wiring only."""

from typing import Any

import gradio as gr

from gemma_garage.augment.held_back import MIN_PASSAGES, SUGGESTED_SHARE
from gemma_garage.augment.hub_readme import LICENCES
from gemma_garage.ui import freezing, versions
from gemma_garage.ui.format import draw_heading
from gemma_garage.ui.pulse import Desk


def build_dataset_section(desk: Desk) -> tuple[gr.Button, gr.Button, gr.UploadButton]:
    """Lay out the section; gives what the tab's one primary button needs: Freeze, Train, and the
    button for own questions."""
    project = desk.project
    gr.HTML(draw_heading(4, "Dataset", "frozen, with an exam that training never sees"))
    hold_back = gr.Checkbox(
        value=False,
        label="Hold back whole passages to see what it makes of unseen text",
        info=f"{SUGGESTED_SHARE:.0%} of the passages are then not learned, and the exam asks about "
        f"them. Leave it off to teach everything you have (it needs {MIN_PASSAGES} passages).",
        elem_id="data-hold-back",
    )
    with gr.Row(elem_classes="tools"):
        freeze = gr.Button("Freeze dataset", elem_id="data-freeze", min_width=140)
        questions = gr.UploadButton(
            "Add exam questions of your own (CSV, JSONL)",
            file_types=[".csv", ".jsonl"],
            visible=False,
            min_width=200,
        )
        to_train = gr.Button("Train →", visible=False, elem_id="data-to-train", min_width=120)
    datasets = gr.HTML(elem_id="data-datasets")
    # Custom values: another tab's choice must not break the listeners of this one.
    version = gr.Dropdown([], label="Look at", elem_id="data-version", allow_custom_value=True)
    card = gr.HTML(elem_id="data-card")
    diff = gr.HTML(elem_id="data-diff")
    downloads = gr.HTML(elem_id="data-downloads")
    send, work = _build_push(desk, version)

    desk.listen(
        freeze.click, freezing.freeze_dataset, [project, hold_back], [datasets], shows_work=True
    )
    desk.listen(
        questions.upload, freezing.take_questions, [project, questions], [datasets], shows_work=True
    )
    desk.redraw("datasets", freezing.draw_datasets, [project], [datasets])
    desk.redraw("datasets", versions.draw_versions, [project], [version])
    looked_at = [card, diff, downloads, send]
    desk.listen(version.change, versions.draw_look, [project, version], looked_at, quick=True)
    desk.redraw("exports", versions.draw_publishing, [project], [work])
    to_train.click(
        lambda: gr.Tabs(selected="train"), outputs=desk.tabs, queue=False, api_visibility="private"
    )
    return freeze, to_train, questions


def _build_push(desk: Desk, version: Any) -> tuple[gr.Button, gr.HTML]:
    with gr.Accordion("Push to the Hugging Face Hub", open=False, elem_id="data-push"):
        gr.HTML(
            "<p class='hint'>Questions, answers, the sentences of your documents that prove them "
            "and the documents' names will be there for whoever may see the repository.</p>"
        )
        with gr.Row():
            name = gr.Textbox(
                label="Repository",
                placeholder="pump-manual-questions",
                max_lines=1,
                elem_id="data-push-name",
            )
            licence = gr.Dropdown(
                list(LICENCES),
                value=None,
                allow_custom_value=True,
                label="Licence",
                info="What others may do with it; name your own if it is none of these.",
                elem_id="data-push-licence",
            )
            token = gr.Textbox(
                label="Token with write access",
                type="password",
                max_lines=1,
                placeholder="set in the environment" if desk.garage.settings.hub_token else "",
                info="Kept in memory only.",
                elem_id="data-push-token",
            )
        with gr.Row():
            private = gr.Checkbox(value=True, label="Private: only you can see it")
            update = gr.Checkbox(value=False, label="Update the repository if it exists already")
        send = gr.Button("Push dataset", interactive=False, elem_id="data-push-send")
        work = gr.HTML(elem_id="data-push-work")
    wishes = [desk.project, version, name, licence, private, update, token]
    desk.listen(send.click, versions.publish, wishes, [token, work])
    return send, work
