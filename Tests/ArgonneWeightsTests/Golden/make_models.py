"""Writes a tiny model of each architecture as transformers saves it, with its logits for some tokens:
pip install torch==2.15.0 transformers==5.24.0 safetensors==0.8.0; python make_models.py"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM,
)

TOKENS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 36]
# As in Argonne 2, neither the hidden size nor a head's is a power of two; three query heads share a key/value head.
SHAPE = dict(
    vocab_size=37, hidden_size=30, intermediate_size=44, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1,
    max_position_embeddings=16,
)
MODELS = {
    "llama": LlamaForCausalLM(LlamaConfig(**SHAPE, head_dim=10, rms_norm_eps=1e-6, tie_word_embeddings=True)),
    "qwen2": Qwen2ForCausalLM(Qwen2Config(
        **SHAPE, rope_theta=1000.0, tie_word_embeddings=True, use_sliding_window=True, sliding_window=5, max_window_layers=0)),
    "qwen3": Qwen3ForCausalLM(Qwen3Config(**SHAPE, head_dim=14, rope_theta=1e6, tie_word_embeddings=False)),
    "gpt2": GPT2LMHeadModel(GPT2Config(
        vocab_size=37, n_embd=20, n_layer=2, n_head=2, n_positions=16, activation_function="gelu", tie_word_embeddings=False,
        bos_token_id=0, eos_token_id=1)),
}

for name, model in MODELS.items():
    torch.manual_seed(0)
    folder = Path(__file__).parent / name
    with torch.no_grad():
        # No bias may be zero and no scale one: a weight in the wrong place must show. GELU needs inputs of some size to differ from its
        # approximation.
        for key, parameter in model.named_parameters():
            parameter.normal_(1.0 if parameter.dim() == 1 and not key.endswith("bias") else 0.0, 0.3)
        logits = model.eval()(torch.tensor([TOKENS])).logits[0]
    model.save_pretrained(folder)
    save_file({"tokens": torch.tensor(TOKENS, dtype=torch.int32), "logits": logits.contiguous()}, folder / "logits.safetensors")
    (folder / "generation_config.json").unlink(missing_ok=True)
