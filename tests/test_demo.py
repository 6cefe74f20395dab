"""Which base model the demo takes when nobody asked for one, or the network is not there."""

import pytest

from gemma_garage.demo import choose_base
from gemma_garage.errors import HubError
from gemma_garage.garage import Garage
from gemma_garage.gemma.catalogue import default_base
from gemma_garage.gemma.device import Machine
from gemma_garage.gemma.obtain import SOURCE

GPU = Machine(kind="cuda", name="A card", cores=8, ram_gb=64.0, vram_gb=24.0, bf16=True)


def test_without_the_hub_the_starter_takes_the_place_of_the_default(garage: Garage) -> None:
    best, said = default_base(GPU), list[str]()
    assert not best.is_starter
    assert choose_base(garage, GPU, None, said.append).is_starter  # tests run with HF_HUB_OFFLINE
    (line,) = said
    assert best.title in line and "HF_HUB_OFFLINE is set" in line and "starter" in line


def test_a_default_that_is_here_already_needs_no_hub(garage: Garage) -> None:
    best, said = default_base(GPU), list[str]()
    source = garage.workspace.model(best.id) / SOURCE
    source.parent.mkdir(parents=True)
    source.write_text("{}", "utf-8")
    assert choose_base(garage, GPU, None, said.append) == best
    assert said == []


def test_one_that_was_asked_for_is_never_exchanged(garage: Garage) -> None:
    with pytest.raises(HubError, match="HF_HUB_OFFLINE is set") as refused:
        choose_base(garage, GPU, "gemma-3-270m-it", print)
    assert "starter" not in str(refused.value)
