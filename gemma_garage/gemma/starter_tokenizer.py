"""Build Gemma 3's tokenizer from the vocabulary that a GGUF file carries.

A GGUF file of a SentencePiece model holds tokens, scores and types, but no merges. They follow
from the vocabulary: every way to cut a token into two tokens is a merge, and merges of the token
with the higher score come first. It loads no weights and reads no file.

Method: byte-pair encoding as SentencePiece applies it (Kudo and Richardson, 2018, arXiv
1808.06226), in the terms of the `tokenizers` library.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4
_SPACE = "▁"
PAD_ID, EOS_ID, BOS_ID, UNKNOWN_ID = 0, 1, 2, 3
START_OF_TURN_ID, END_OF_TURN_ID = 105, 106
STOP_IDS = (EOS_ID, END_OF_TURN_ID)


def read_turn_template() -> str:
    """Return the Jinja template of Gemma 3's turns; a system text goes into the first user turn."""
    return (Path(__file__).parent / "gemma3.jinja").read_text(encoding="utf-8").rstrip("\n")


def derive_merges(
    tokens: Sequence[str], scores: Sequence[float], types: Sequence[int]
) -> list[tuple[str, str]]:
    """Return all merges of the vocabulary, first to apply first; about 3 s for 262,144 tokens."""
    ids = {token: index for index, token in enumerate(tokens)}
    ranked: list[tuple[float, int, int, str, str]] = []
    for index, token in enumerate(tokens):
        if types[index] != _NORMAL:
            continue
        for cut in range(1, len(token)):
            left = ids.get(token[:cut])
            if left is None:
                continue
            right = ids.get(token[cut:])
            if right is not None:
                ranked.append((-scores[index], left, right, token[:cut], token[cut:]))
    ranked.sort(key=lambda merge: merge[:3])
    return [(left, right) for _, _, _, left, right in ranked]


def build_tokenizer(tokens: Sequence[str], scores: Sequence[float], types: Sequence[int]) -> Any:
    """Build a `PreTrainedTokenizerFast` that puts `<bos>` in front and knows Gemma's turns."""
    from tokenizers import AddedToken, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(
        BPE(
            vocab={token: index for index, token in enumerate(tokens)},
            merges=derive_merges(tokens, scores, types),
            byte_fallback=True,
            fuse_unk=True,
            unk_token=tokens[UNKNOWN_ID],
        )
    )
    raw.normalizer = normalizers.Replace(" ", _SPACE)
    raw.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    raw.decoder = decoders.Sequence(
        [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    raw.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", BOS_ID)]
    )
    raw.add_tokens(
        [
            AddedToken(token, normalized=False, special=kind == _CONTROL)
            for token, kind in zip(tokens, types, strict=True)
            if kind in (_CONTROL, _USER_DEFINED)
        ]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token=tokens[BOS_ID],
        eos_token=tokens[EOS_ID],
        pad_token=tokens[PAD_ID],
        unk_token=tokens[UNKNOWN_ID],
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=32_768,
    )
    tokenizer.chat_template = read_turn_template()
    return tokenizer
