"""A Gemma 3 small enough to train in a second: random weights, the real architecture.

The tokenizer knows every byte and Gemma's special tokens, so any text can be encoded; it has the
turn format of Gemma 3 that the package ships.
"""

from pathlib import Path

SPECIALS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]


def write_tiny_gemma(folder: Path, *, seed: int = 0) -> Path:
    """Write config, weights, tokenizer and generation config into `folder` and return it."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig, PreTrainedTokenizerFast

    import gemma_garage.gemma

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*SPECIALS, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos> $B", special_tokens=[("<bos>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
    )
    template = Path(gemma_garage.gemma.__path__[0]) / "gemma3.jinja"
    fast.chat_template = template.read_text(encoding="utf-8")
    fast.save_pretrained(folder)

    torch.manual_seed(seed)
    config = Gemma3TextConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=512,
        sliding_window=16,
        layer_types=["sliding_attention", "full_attention"],
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    model = Gemma3ForCausalLM(config)
    model.generation_config.eos_token_id = [1, 5]
    model.save_pretrained(folder)
    return folder


def write_tiny_adapter(base: Path, folder: Path) -> Path:
    """Write an adapter with random weights for the tiny Gemma of `base` and return its folder."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    config = LoraConfig(r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    (folder / "words.txt").write_text("weight\nprice\n", encoding="utf-8")
    return folder


def write_tiny_paraphrases(base: Path, path: Path) -> Path:
    """Write random weights as `gemma/paraphrases.py` has them, for the tiny Gemma's lower layer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM

    torch.manual_seed(2)
    config = LoraConfig(
        r=16,
        lora_alpha=16,
        target_modules=[f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")],
        layers_to_transform=[0],
        layers_pattern="layers",
        init_lora_weights=False,
    )
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    weights = {
        name.replace(".default.", "."): weight.detach().bfloat16().contiguous()
        for name, weight in model.named_parameters()
        if "lora_" in name
    }
    save_file(weights | {"mean": torch.zeros(32), "spread": torch.ones(32)}, path)
    return path
