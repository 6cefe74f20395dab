"""Before Start: the estimate follows the settings, rows are shown, settings travel."""

import base64
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from gemma_garage.errors import BadInput, ConfigError, NotFound
from gemma_garage.garage import Garage
from gemma_garage.gemma.starter import STARTER_ID
from gemma_garage.schema import Run
from gemma_garage.ui import estimate, settings_files, trained_rows, training
from tests.ui.filled import Filled, fill_project


@pytest.fixture
def filled(garage: Garage) -> Filled:
    return fill_project(garage)


def size(garage: Garage, filled: Filled, **wishes: str) -> list[Any]:
    _, _, *values = training.size_settings(
        garage, filled.project, STARTER_ID, filled.dataset, "balanced", **wishes
    )
    return values


def change(values: list[Any], **changes: Any) -> list[Any]:
    named = dict(zip(estimate.SETTINGS, values, strict=True)) | changes
    return [named[name] for name in estimate.SETTINGS]


def read_memory(line: str) -> float:
    found = re.search(r"about ([\d.]+) of", line)
    assert found, line
    return float(found.group(1))


def test_the_estimate_follows_the_settings(garage: Garage, filled: Filled) -> None:
    asked = (garage, filled.project, STARTER_ID, filled.dataset)
    sized = size(garage, filled)
    usual = estimate.draw_estimate(*asked, *sized)
    full = estimate.draw_estimate(*asked, *size(garage, filled, method="full"))
    assert read_memory(full) > 2 * read_memory(usual)
    assert "reckoned" in usual and "8 at a time" in usual and "Gemma Terms of Use" in usual
    longer = estimate.draw_estimate(*asked, *change(sized, epochs=100.0))
    assert "2,200 updates" in longer


def test_what_is_wrong_with_the_settings_stands_in_place_of_the_estimate(
    garage: Garage, filled: Filled
) -> None:
    values = change(size(garage, filled), rank=8.0, alpha=512.0)
    line = estimate.draw_estimate(garage, filled.project, STARTER_ID, filled.dataset, *values)
    assert 'class="problem"' in line and "alpha is 512 and rank is 8" in line
    assert "freeze one" in estimate.draw_estimate(garage, filled.project, STARTER_ID, None, *values)


def test_another_objective_or_method_sizes_anew(garage: Garage, filled: Filled) -> None:
    named = dict(zip(estimate.SETTINGS, size(garage, filled, method="full"), strict=True))
    assert (named["method"], named["learning_rate"]) == ("full", 5e-5)
    named = dict(zip(estimate.SETTINGS, size(garage, filled, objective="text"), strict=True))
    assert named["objective"] == "text"
    with pytest.raises(ConfigError, match="method is full and objective is preferences"):
        size(garage, filled, method="full", objective="preferences")


def test_another_projects_dataset_is_refused(garage: Garage, filled: Filled) -> None:
    other = garage.store.ensure_project("Other").id
    values = size(garage, filled)
    for draw in (estimate.draw_estimate, trained_rows.draw_rows):
        with pytest.raises(NotFound, match="another project"):
            draw(garage, other, STARTER_ID, filled.dataset, *values)


def test_rows_are_shown_as_trained_and_hostile_text_stays_text(
    garage: Garage, filled: Filled, tiny_gemma: Path
) -> None:
    values = size(garage, filled)
    asked = (garage, filled.project, STARTER_ID, filled.dataset)
    assert "not on this machine yet" in trained_rows.draw_rows(*asked, *values)
    shutil.copytree(tiny_gemma, garage.workspace.model(STARTER_ID))
    drawn = trained_rows.draw_rows(*asked, *values)
    assert "176 rows in one pass" in drawn and "left out" not in drawn
    assert '<mark class="trained">0 h&lt;end_of_turn&gt;' in drawn
    assert "&lt;start_of_turn&gt;user" in drawn and "<img" not in drawn
    assert drawn.count('class="trained-row"') == 3
    short = trained_rows.draw_rows(*asked, *change(values, max_length_tokens=80.0))
    assert "rows are left out, longer than 80 tokens" in short
    same = trained_rows.draw_rows(garage, filled.project, "gemma-3-1b-it", filled.dataset, *values)
    assert "starter" in same


def test_settings_go_out_as_yaml_and_come_back(garage: Garage, filled: Filled) -> None:
    values = change(size(garage, filled), rank=48.0, alpha=48.0)
    text, link = settings_files.show_yaml(garage, STARTER_ID, *values)
    assert yaml.safe_load(text)["rank"] == 48
    held = re.search(r"base64,([^\"]+)", link)
    assert held and base64.b64decode(held.group(1)).decode() == text
    assert 'download="run.yaml"' in link
    plain = size(garage, filled)
    base, *taken = settings_files.use_yaml(garage, text, "gemma-3-1b-it", *plain)
    assert base == STARTER_ID and change(taken) == [*map(_whole, values)]
    _, *taken = settings_files.use_yaml(garage, "epochs: 2", STARTER_ID, *plain)
    assert taken == change(plain, epochs=2.0)
    with pytest.raises(ConfigError, match="no setting lr"):
        settings_files.use_yaml(garage, "lr: 1", STARTER_ID, *plain)


def test_the_settings_of_a_run_come_back_to_be_changed(garage: Garage, filled: Filled) -> None:
    plain = size(garage, filled)
    run = garage.store.get(Run, filled.run)
    garage.store.update(Run, run.id, config={**run.config, "rank": 40, "epochs": 2.5})
    base, *taken = settings_files.use_run(
        garage, filled.project, filled.run, "gemma-3-1b-it", *plain
    )
    said = dict(zip(estimate.SETTINGS, taken, strict=True))
    assert base == run.base_model
    assert (said["rank"], said["epochs"]) == (40, 2.5)
    with pytest.raises(NotFound):
        settings_files.use_run(garage, filled.project + 99, filled.run, base, *plain)


def _whole(value: Any) -> Any:
    is_whole = isinstance(value, float) and value == 48
    return int(value) if is_whole else value


def test_a_file_of_settings_is_read_and_its_copy_goes(garage: Garage, tmp_path: Path) -> None:
    for name, content, message in (
        ("run.yaml", b"rank: 8", None),
        ("bad.yaml", b"\xff\xfe\x00", "no text in UTF-8"),
        ("big.yaml", b"x" * 500_000, "500,000 bytes"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        if message is None:
            assert settings_files.open_yaml(garage, str(path)) == "rank: 8"
        else:
            with pytest.raises(BadInput, match=message):
                settings_files.open_yaml(garage, str(path))
        assert not path.exists()


def test_the_script_of_the_settings_is_shown(garage: Garage, filled: Filled) -> None:
    script, link = settings_files.show_script(garage, STARTER_ID, *size(garage, filled))
    compile(script, "train_plain.py", "exec")
    assert "SFTTrainer" in script and 'download="train_plain.py"' in link


def test_what_was_measured_stands_beside_the_estimate(garage: Garage, filled: Filled) -> None:
    run = garage.store.get(Run, filled.run)
    assert estimate.say_held(run) == ""
    garage.store.update(
        Run,
        run.id,
        estimate={"memory_gb": 1.9, "seconds": 100},
        result={"peak_memory_gb": 1.8, "seconds": 120.0},
    )
    said = estimate.say_held(garage.store.get(Run, run.id))
    assert "1.8 GB at most (estimated 1.9)" in said and "estimated 2 min" in said
