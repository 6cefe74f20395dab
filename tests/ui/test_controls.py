"""Controls are made from the fields, and what they say goes back into the model."""

from typing import Literal

import pytest
from pydantic import BaseModel, Field

from gemma_garage.train.config import TrainConfig, make_config
from gemma_garage.ui.controls import build_controls, list_fields, read_controls


class Wishes(BaseModel):
    """A model with every kind of field that has a control."""

    rank: int = Field(16, ge=1, le=512, title="Capacity", description="how much")
    rate: float = Field(2e-4, gt=0.0, le=1.0, title="Step")
    schedule: Literal["linear", "cosine"] = Field("linear", title="Schedule")
    text: bool = Field(True, title="Text")
    style: str = Field("", title="Style")
    most: int | None = Field(None, ge=1, title="At most")


def test_each_field_gives_a_control_with_its_words_and_bounds() -> None:
    controls = build_controls(Wishes)
    kinds = {name: type(control).__name__ for name, control in controls.items()}
    assert kinds == {
        "rank": "Number",
        "rate": "Number",
        "schedule": "Dropdown",
        "text": "Checkbox",
        "style": "Textbox",
        "most": "Number",
    }
    rank = controls["rank"]
    assert (rank.label, rank.info, rank.value) == ("Capacity", "how much", 16)
    assert (rank.minimum, rank.maximum, rank.precision) == (1, 512, 0)
    most = controls["most"]
    assert (most.value, most.placeholder, most.minimum) == ("", "not set", 0)
    assert "0" not in (most.info or "")
    assert most.get_config()["value"] == ""
    assert [most.preprocess(payload) for payload in ("", None, 0, 12)] == [None, None, 0, 12]


def test_whole_numbers_and_empty_ones_are_read_back() -> None:
    said = read_controls(Wishes, ("rank", "rate", "most"), (8.0, 0.5, 0))
    assert said == {"rank": 8, "rate": 0.5, "most": None}
    assert read_controls(Wishes, ("most",), (12,)) == {"most": 12}
    for empty in (None, ""):
        assert read_controls(Wishes, ("most",), (empty,)) == {"most": None}


def test_all_settings_of_a_run_have_a_control_and_their_defaults_are_a_config() -> None:
    names = list_fields(TrainConfig, leave_out=("base_model",))
    controls = build_controls(TrainConfig, leave_out=("base_model",))
    assert list(controls) == names
    values = read_controls(TrainConfig, names, [controls[name].value for name in names])
    config = make_config({"base_model": "gemma-3-270m-it"} | values)
    assert config == TrainConfig(base_model="gemma-3-270m-it")


def test_a_type_without_a_control_is_refused() -> None:
    class Odd(BaseModel):
        parts: list[int] = Field(default_factory=list)

    with pytest.raises(TypeError, match="parts"):
        build_controls(Odd)
