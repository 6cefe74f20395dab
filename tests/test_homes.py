"""The other homes (Space, Docker, Colab): what of them can be checked without being there."""

import ast
import json
import logging
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import app
from gemma_garage.server import check_address
from gemma_garage.settings import read_settings

ROOT = Path(__file__).parents[1]
# A Space adds gradio[mcp], whose own bound on pydantic is lower than our pin.
FREE_IN_A_SPACE = {"pydantic"}


def read_lines(name: str) -> list[str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines()]
    return [line for line in lines if line]


def read_project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def read_pins() -> dict[str, str]:
    pins = [Requirement(line) for line in read_lines("constraints.txt")]
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}


def test_a_space_installs_what_the_package_needs_as_pinned() -> None:
    project, pins = read_project(), read_pins()
    needed = project["dependencies"] + project["optional-dependencies"]["starter"]
    wanted = {}
    for requirement in map(Requirement, needed):
        name = canonicalize_name(requirement.name)
        free = name in FREE_IN_A_SPACE
        wanted[name] = str(requirement.specifier) if free else pins[name]
    listed = {
        canonicalize_name(requirement.name): str(requirement.specifier)
        for requirement in map(Requirement, read_lines("requirements.txt"))
    }
    assert listed == wanted, (
        "bring requirements.txt in line with pyproject.toml and constraints.txt"
    )


def test_the_pins_lie_within_the_ranges() -> None:
    project, pins = read_project(), read_pins()
    extras = project["optional-dependencies"]
    for requirement in map(
        Requirement, project["dependencies"] + extras["gpu"] + extras["starter"]
    ):
        version = pins[canonicalize_name(requirement.name)].removeprefix("==")
        assert requirement.specifier.contains(version), requirement


def test_the_space_names_this_gradio_and_this_entry() -> None:
    front = (ROOT / "README.md").read_text("utf-8").split("---")[1]
    fields = dict(re.findall(r"^(\w+): *(.*)$", front, re.MULTILINE))
    assert fields["sdk"] == "gradio"
    assert f"=={fields['sdk_version']}" == read_pins()["gradio"]
    assert (ROOT / fields["app_file"]).is_file()
    assert fields["license"] == "apache-2.0"


def test_no_home_names_a_package_registry() -> None:
    names = [
        "requirements.txt",
        "constraints.txt",
        "Dockerfile",
        "notebooks/gemma_garage_colab.ipynb",
    ]
    for name in names:
        text = (ROOT / name).read_text("utf-8")
        for address in re.findall(r"https?://[^\s\"']+", text):
            assert address.startswith(("https://github.com/", "http://127.0.0.1")), (name, address)


def test_the_image_is_built_from_files_that_are_there_and_let_in() -> None:
    copied = []
    for line in read_lines("Dockerfile"):
        if line.startswith("COPY "):
            copied += line.split()[1:-1]
    assert {"pyproject.toml", "constraints.txt", "gemma_garage"} <= set(copied)
    let_in = {line[1:] for line in read_lines(".dockerignore") if line.startswith("!")}
    for name in copied:
        assert (ROOT / name).exists(), name
        assert name in let_in, name
    for name in (read_project()["readme"], *read_project()["license-files"]):
        assert name in copied, name


def test_the_image_does_not_start_open_to_the_network() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    environment = dict(re.findall(r"(GEMMA_GARAGE_\w+)=(\S+)", text.split("ENV ", 1)[1]))
    settings = read_settings(environment)
    assert (settings.host, settings.port) == ("0.0.0.0", 7860)
    assert "PASSWORD" not in " ".join(environment)
    with pytest.raises(Exception, match="Set GEMMA_GARAGE_PASSWORD"):
        check_address(settings)
    assert re.search(r"^USER garage$", text, re.MULTILINE)


def test_the_notebook_is_one_and_its_cells_are_python() -> None:
    notebook = json.loads((ROOT / "notebooks/gemma_garage_colab.ipynb").read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[\w-]{1,64}", name) for name in ids)
    sources = []
    for cell in notebook["cells"]:
        assert cell["cell_type"] in ("markdown", "code")
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            sources.append("".join(cell["source"]))
            ast.parse(sources[-1])
    whole = "\n".join(sources)
    assert "constraints.txt" in whole and "serve_kernel_port_as_iframe" in whole
    assert "starter,gpu" in whole
    [install] = [source for source in sources if "REPOSITORY" in source]
    with pytest.raises(SystemExit, match="into REPOSITORY"):
        exec(install, {"Path": Path})  # before anything is fetched


def test_app_is_a_few_lines() -> None:
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) <= 40


def test_a_space_without_a_password_gets_a_random_one(caplog: pytest.LogCaptureFixture) -> None:
    settings = read_settings({"SPACE_ID": "me/garage", "GEMMA_GARAGE_HOST": "127.0.0.1"})
    assert (settings.host, settings.port) == ("0.0.0.0", 7860)
    with caplog.at_level(logging.WARNING):
        locked = app.lock_space(settings)
    check_address(locked)
    assert locked.password is not None and locked.password in caplog.text
    assert app.lock_space(settings).password != locked.password
    own = read_settings({"SPACE_ID": "me/garage", "GEMMA_GARAGE_PASSWORD": "my own one"})
    assert app.lock_space(own).password == "my own one"
    assert app.lock_space(read_settings({})).password is None


def test_app_says_what_is_wrong_and_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("GEMMA_GARAGE_HOST", "0.0.0.0")
    monkeypatch.delenv("GEMMA_GARAGE_PASSWORD", raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert app.main() == 1
    assert "Set GEMMA_GARAGE_PASSWORD" in caplog.text
