"""Train, compare, train … in one process: is the memory given back each time?

The way of the app: a queued Run, a Comparison of base and adapter, then the memory is asked back
as the next run would. A part of `gpu_training.py`, which starts it in a process of its own.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

CYCLES = 10
MOST_GROWTH = 0.05  # of the memory in use after the first cycle
QUESTION = "What is the pump for?"


def read_memory() -> dict[str, float]:
    """MB in use: of the GPU as NVML and torch tell it, else of this process."""
    import torch

    from gemma_garage.gemma.device import read_usage

    usage = read_usage()
    if usage.vram_used_gb is None or not torch.cuda.is_available():
        return {"used_mb": usage.process_ram_gb * 1024}
    allocated = torch.cuda.memory_allocated() / 2**20
    return {"used_mb": usage.vram_used_gb * 1024, "torch_mb": allocated}


def run_cycles(
    model: Path, write_dataset: Callable[[Path], Any], config: Any, home: Path, cycles: int
) -> dict[str, Any]:
    """The memory in use after each training, each Comparison and each release."""
    from gemma_garage.garage import open_garage
    from gemma_garage.gemma.starter import STARTER_ID
    from gemma_garage.infer.answerers import BASE_NAME
    from gemma_garage.infer.compare import compare
    from gemma_garage.infer.request import Drawing, Request
    from gemma_garage.schema import Dataset, Run
    from gemma_garage.settings import read_settings
    from gemma_garage.train.run import KIND, register

    garage = open_garage(read_settings({}, home=home))
    link = garage.workspace.model(STARTER_ID)
    link.symlink_to(model.resolve())
    write_dataset(garage.workspace.dataset(1))
    project = garage.store.projects()[0].id
    row = Dataset(
        project_id=project, version=1, path="datasets/1", counts={"train": 80}, fingerprint="f" * 64
    )
    dataset = garage.store.add(row).id
    register(garage)
    garage.jobs.start()
    found: list[dict[str, Any]] = [{"cycle": 0, "released": read_memory()}]
    try:
        for number in range(1, cycles + 1):
            run = Run(project_id=project, dataset_id=dataset, number=number, base_model=STARTER_ID)
            run.config = config.model_dump(mode="json")
            run_id = garage.store.add(run).id
            job_id = garage.jobs.submit(KIND, f"Run {number}", {"run_id": run_id}, project)
            job = garage.jobs.wait(job_id, timeout_s=600)
            if job.status != "finished":
                raise RuntimeError(f"run {number} is {job.status}: {job.error}")
            trained = read_memory()
            names = (BASE_NAME, f"run-{run_id}")
            request = Request(project, names, QUESTION, drawing=Drawing(max_new_tokens=24))
            base, tuned = list(compare(garage, request))[-1]
            loaded = read_memory()
            garage.occupancy.release()
            found.append({"cycle": number, "trained": trained, "loaded": loaded})
            found[-1] |= {"released": read_memory(), "base": base.text, "tuned": tuned.text}
            print(json.dumps(found[-1]), flush=True)
    finally:
        garage.close()
    used = [entry["released"]["used_mb"] for entry in found[1:]]
    growth = max(used) / used[0] - 1
    return {"cycles": found, "growth": growth, "grew": growth > MOST_GROWTH}
