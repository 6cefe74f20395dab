"""Other trackers beside our own: trackio, Weights & Biases, MLflow, through the trainer's own
reporting. Only the one that was asked for, only where its package is installed.

Where they write and under which account is decided by their own configuration, not here.
"""

from importlib.util import find_spec
from typing import Any

from gemma_garage.errors import ConfigError
from gemma_garage.train.config import TrainConfig

PROJECT = "gemma-garage"


def require_tracker(config: TrainConfig) -> None:
    """Raise ConfigError when the tracker that is asked for is not installed."""
    if config.report_to != "none" and find_spec(config.report_to) is None:
        raise ConfigError(
            f"report_to is {config.report_to}, and that package is not installed. Install it "
            f"(pip install {config.report_to}), or set report_to to none."
        )


def choose_reporting(config: TrainConfig, run_name: str) -> dict[str, Any]:
    """The trainer's settings for it; `none` sends nothing anywhere."""
    if config.report_to == "none":
        return {"report_to": "none"}
    return {
        "report_to": [config.report_to],
        "run_name": run_name,
        "project": PROJECT,
        "trackio_static_space_id": False,  # it stays on this machine
    }
