"""A Gemma cut in two: untrained lower layers, whose result per row is remembered, and upper ones.

With adapters in the upper layers only, what the lower layers make of a row never changes, so they
run once per row instead of once per epoch. The two halves are views on the model's own layers:
nothing is copied, patched or moved. Text-only Gemma 3; others train without a cut.
"""

from typing import Any

from gemma_garage.gemma.cut import cut_layers

LARGEST_MEMORY_BYTES = 2_000_000_000


class RowMemory:
    """Hidden states of padded batches, with what the lower layers gave remembered per row.

    `first`: the number of the first layer that is trained. `remember`: keep the lower results;
    else the lower layers run each time, without a gradient.
    """

    def __init__(self, causal: Any, first: int, *, remember: bool) -> None:
        decoder = causal.get_decoder()
        self.lower = cut_layers(decoder, 0, first)
        self.upper = cut_layers(decoder, first, len(decoder.layers))
        self.remember = remember
        self.known: dict[int, Any] = {}

    def run(self, input_ids: Any, attention_mask: Any, row_numbers: list[int]) -> Any:
        """Last hidden states (rows, tokens, width), normed. Rows are padded on the right;
        `row_numbers` tell the same row again."""
        import torch

        if all(number in self.known for number in row_numbers):
            rows = [self.known[number] for number in row_numbers]
            middle = torch.stack(
                [
                    torch.nn.functional.pad(row, (0, 0, 0, input_ids.shape[1] - len(row)))
                    for row in rows
                ]
            )
        else:
            with torch.no_grad():
                middle = self.lower(
                    input_ids=input_ids, attention_mask=attention_mask, use_cache=False
                ).last_hidden_state
            if self.remember:
                lengths = attention_mask.sum(dim=1).tolist()
                for number, states, length in zip(row_numbers, middle, lengths, strict=True):
                    self.known[number] = states[:length].clone()
        return self.upper(
            inputs_embeds=middle, attention_mask=attention_mask, use_cache=False
        ).last_hidden_state


def count_untrained_layers(causal: Any, depth_percent: int) -> int:
    """How many lower layers get no adapter; at least one layer is trained."""
    layers = int(causal.config.get_text_config().num_hidden_layers)
    return layers - max(1, round(layers * depth_percent / 100))


def can_cut(causal: Any) -> bool:
    """Whether the layers need nothing but the states of the layer below (Gemma 3n and 4 do)."""
    return bool(causal.config.model_type == "gemma3_text")


def fits_memory(causal: Any, tokens: int) -> bool:
    """Whether the lower layers' results for this many tokens may be remembered."""
    weight = causal.get_output_embeddings().weight
    return tokens * int(weight.shape[1]) * int(weight.element_size()) <= LARGEST_MEMORY_BYTES
