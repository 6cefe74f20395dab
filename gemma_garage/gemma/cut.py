"""Some of a Gemma's layers as a model of their own. Text-only Gemma 3; it trains nothing."""

import copy
from typing import Any


def cut_layers(decoder: Any, start: int, end: int) -> Any:
    """The decoder with layers[start:end] only, sharing all modules with it. A view that does not
    reach the end gives the states as they are, without the final norm."""
    import torch

    view = copy.copy(decoder)
    view._modules = dict(decoder._modules)
    view._modules["layers"] = decoder.layers[start:end]
    view.config = copy.deepcopy(decoder.config)
    view.config.num_hidden_layers = end - start
    view.config.layer_types = decoder.config.layer_types[start:end]
    if end < len(decoder.layers):
        view._modules["norm"] = torch.nn.Identity()
    return view
