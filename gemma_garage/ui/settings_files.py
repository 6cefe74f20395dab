"""Settings out of the page and into it: as YAML, from a run, and as a script that needs only TRL.

Downloads are links that hold the text themselves: nothing is written on the server for them.
"""

import base64
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from gemma_garage.errors import BadInput
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import find_base
from gemma_garage.train.config import change_config
from gemma_garage.train.script import FILE, write_script
from gemma_garage.train.settings_file import MOST_CHARACTERS, read_yaml, write_yaml
from gemma_garage.ui.estimate import SETTINGS, read_settings
from gemma_garage.ui.feedback import tell
from gemma_garage.ui.pulse import Desk
from gemma_garage.ui.training import own_run

YAML_FILE = "run.yaml"


def show_yaml(_: Garage, base_id: str, *settings: Any) -> tuple[str, str]:
    """The settings as they stand as YAML, and the link to keep them."""
    text = write_yaml(read_settings(base_id, settings))
    return text, draw_download(YAML_FILE, text)


def use_yaml(_: Garage, text: str, base_id: str, *settings: Any) -> tuple[Any, ...]:
    """The base and the settings of the text; what it does not name stays. ConfigError."""
    named = read_yaml(text, "the text")
    base = find_base(str(named.get("base_model", base_id)))
    config = change_config(read_settings(base_id, settings), **(named | {"base_model": base.id}))
    said = config.model_dump()
    tell(f"{len(named)} settings are taken over.")
    return (base.id, *(said[name] for name in SETTINGS))


def use_run(
    garage: Garage, project_id: int, run_id: int | None, base_id: str, *settings: Any
) -> tuple[Any, ...]:
    """The base and the settings of a Run, to change and start anew; the chosen Dataset stays."""
    run = own_run(garage, project_id, run_id)
    base = find_base(run.base_model)
    named = {name: value for name, value in run.config.items() if name in SETTINGS}
    config = change_config(read_settings(base_id, settings), **(named | {"base_model": base.id}))
    said = config.model_dump()
    tell(f"The settings of run {run.number} stand above, under Advanced. Change them, then Start.")
    return (base.id, *(said[name] for name in SETTINGS))


def open_yaml(_: Garage, file: str | None) -> str:
    """The text of an uploaded file; the copy on the server goes. BadInput."""
    if not file:
        raise BadInput("No file was given. Choose a YAML file with settings.")
    path = Path(file)
    try:
        if path.stat().st_size > 4 * MOST_CHARACTERS:
            raise BadInput(
                f"“{path.name}” has {path.stat().st_size:,} bytes; a file of settings has a few "
                "thousand. Choose another."
            )
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"“{path.name}” is no text in UTF-8. Choose a YAML file.") from error
    finally:
        path.unlink(missing_ok=True)


def show_script(_: Garage, base_id: str, *settings: Any) -> tuple[str, str]:
    """The plain TRL script of the settings as they stand, and the link to keep it."""
    text = write_script(read_settings(base_id, settings))
    return text, draw_download(FILE, text)


def draw_download(name: str, text: str) -> str:
    """A link that holds the file."""
    held = base64.b64encode(text.encode()).decode()
    return str(
        Markup(
            '<a class="download" download="{}" href="data:text/plain;base64,{}">Download {}</a>'
        ).format(name, held, name)
    )


def build_files(desk: Desk, base: gr.Dropdown, controls: list[Any]) -> Any:
    """Lay out and wire both panels; gives the event after which settings were taken over."""
    with gr.Accordion("Settings as a file (YAML)", open=False, elem_id="train-yaml"):
        text = gr.Textbox(
            lines=10,
            max_lines=24,
            label="Settings",
            info="Paste settings here, or show those above",
            elem_id="train-yaml-text",
            elem_classes="mono",
            max_length=MOST_CHARACTERS,
        )
        with gr.Row(elem_classes="tools"):
            show = gr.Button("Show the settings above", size="sm", elem_id="train-yaml-show")
            use = gr.Button("Use these settings", size="sm", elem_id="train-yaml-use")
            opened = gr.UploadButton(
                "Open a file…", size="sm", file_types=[".yaml", ".yml"], elem_id="train-yaml-open"
            )
            link = gr.HTML(elem_id="train-yaml-link")
    with gr.Accordion("As a plain TRL script", open=False, elem_id="train-script") as panel:
        script_link = gr.HTML(elem_id="train-script-link")
        script = gr.Code(
            language="python", interactive=False, label="Script", max_lines=24, lines=8
        )
    given = [base, *controls]
    desk.listen(show.click, show_yaml, given, [text, link])
    desk.listen(opened.upload, open_yaml, [opened], [text])
    taken = desk.listen(use.click, use_yaml, [text, *given], given)
    desk.listen(panel.expand, show_script, given, [script, script_link])
    return taken
