"""Writes small random models with what PyTorch and transformers make of them, for the tests of models, training and inference.

    python Tests/Golden/models.py [NAME…]  (torch 2.15, transformers 5.24, safetensors; everything on the CPU in float32)

Each folder gets config.json, model.safetensors, and expected.safetensors:
  tokens [2, 24]            input
  logits [2, 24, V]         of all positions
  loss                      mean cross-entropy of tokens 1... from the ones before
  lengths, prompts [4, 24]  prompts of different lengths, padded with zeros on the right
  greedy [4, 16]            what generate(do_sample=False) writes on from each, alone
and llama also:
  gradient.NAME             of that loss
  document [60], strided    a text, and its mean cross-entropy in windows of 24 with stride 8
  losses [10]               of ten AdamW steps on those tokens, before each step
  filtered.N                scores that are left of `scores` by the N-th setting of `settings` [temperature, k, p, min-p, penalty]
"""

import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import (GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
                          Qwen3ForCausalLM)
from transformers.generation import (LogitsProcessorList, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper,
                                     TopKLogitsWarper, TopPLogitsWarper)

HERE = pathlib.Path(__file__).parent
V, T = 259, 24
SHAPE = dict(vocab_size=V, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=64, head_dim=8, rms_norm_eps=1e-6, bos_token_id=256, eos_token_id=257, attn_implementation="eager")
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=True)),
    "llama3": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, rope_parameters=LLAMA3 | dict(rope_theta=500000.0), tie_word_embeddings=False)),
    "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**SHAPE, tie_word_embeddings=True)),
    "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**SHAPE, tie_word_embeddings=False)),
    "gpt": lambda: GPT2LMHeadModel(GPT2Config(
        vocab_size=V, n_embd=32, n_layer=2, n_head=4, n_positions=64, activation_function="gelu", tie_word_embeddings=False,
        bos_token_id=256, eos_token_id=257, attn_implementation="eager")),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(
        vocab_size=V, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=256, eos_token_id=257, attn_implementation="eager")),
    "window": lambda: Qwen2ForCausalLM(Qwen2Config(
        **SHAPE, tie_word_embeddings=True, use_sliding_window=True, sliding_window=7, max_window_layers=0)),
}


def randomize(model):
    """Weights large enough that no two scores are nearly the same."""
    for name, parameter in model.named_parameters():
        if "norm" in name or "ln_" in name:
            start = 0.0 if name.endswith("bias") else 1.0
            parameter.data = start + 0.2 * torch.randn_like(parameter)
        elif "embed" in name or "wte" in name or "lm_head" in name:
            parameter.data = 0.5 * torch.randn_like(parameter)
        else:
            parameter.data = 0.25 * torch.randn_like(parameter)


def original_names(state, layers):
    """GPT-2's tensors as Argonne 1 calls and lays them out."""
    names = {"wte.weight": "token_embedding.weight", "ln_f.weight": "ln_f.weight", "ln_f.bias": "ln_f.bias"}
    result = {new: state["transformer." + old] for old, new in names.items()}
    result["position_embedding"] = state["transformer.wpe.weight"][None]
    result["head.weight"] = state["lm_head.weight"]
    for n in range(layers):
        old = f"transformer.h.{n}."
        for norm in ("1", "2"):
            for part in ("weight", "bias"):
                result[f"blocks.{n}.ln{norm}.{part}"] = state[f"{old}ln_{norm}.{part}"]
        for part in ("weight", "bias"):
            pieces = state[f"{old}attn.c_attn.{part}"].chunk(3, dim=-1)
            for name, piece in zip(("query", "key", "value"), pieces):
                result[f"blocks.{n}.attn.{name}.{part}"] = piece.T if part == "weight" else piece
            for name, source in (("attn.proj", "attn.c_proj"), ("mlp.fc1", "mlp.c_fc"), ("mlp.fc2", "mlp.c_proj")):
                tensor = state[f"{old}{source}.{part}"]
                result[f"blocks.{n}.{name}.{part}"] = tensor.T if part == "weight" else tensor
    return {name: tensor.contiguous().clone() for name, tensor in result.items()}


def write(name, make):
    torch.manual_seed(list(MODELS).index(name))
    model = make().eval()
    randomize(model)
    folder = HERE / name
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if name == "gpt":
        save_file(original_names(model.state_dict(), 2), folder / "model.safetensors")

    tokens = torch.randint(0, 256, (2, T))
    output = model(tokens, labels=tokens)
    expected = {"tokens": tokens.int(), "logits": output.logits.detach(), "loss": output.loss.detach()}

    lengths = [3, 24, 9, 17]
    prompts = torch.zeros(4, T, dtype=torch.int32)
    greedy = torch.zeros(4, 16, dtype=torch.int32)
    for row, length in enumerate(lengths):
        prompt = torch.randint(0, 256, (1, length))
        written = model.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=16, eos_token_id=None,
                                 pad_token_id=0)
        prompts[row, :length] = prompt[0]
        greedy[row] = written[0, length:]
    expected |= {"lengths": torch.tensor(lengths, dtype=torch.int32), "prompts": prompts, "greedy": greedy}

    if name == "llama":
        output.loss.backward()
        expected |= {"gradient." + n: p.grad.clone() for n, p in model.named_parameters()}
        document = torch.randint(0, 256, (1, 60))
        expected |= {"document": document[0].int(), "strided": strided(model, document)}
        expected["losses"] = steps(model, tokens)
        expected |= filters()
    save_file(expected, folder / "expected.safetensors")
    print(name, sum(p.numel() for p in model.parameters()), "parameters, loss", output.loss.item())


def strided(model, document, window=24, stride=8):
    """As transformers' documentation on the perplexity of fixed-length models has it."""
    total, count, previous = 0.0, 0, 0
    for begin in range(0, document.shape[1], stride):
        end = min(begin + window, document.shape[1])
        piece = document[:, begin:end]
        labels = piece.clone()
        labels[:, : piece.shape[1] - (end - previous)] = -100
        valid = (labels[:, 1:] != -100).sum().item()
        with torch.no_grad():
            total += model(piece, labels=labels).loss.item() * valid
        count += valid
        previous = end
        if end == document.shape[1]:
            break
    return torch.tensor(total / count)


def steps(model, tokens):
    """Ten steps with clipping, decay of matrices, two steps of warm-up and a cosine to the end."""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([dict(params=matrices, weight_decay=0.1), dict(params=rest, weight_decay=0.0)], betas=(0.9, 0.999), eps=1e-8)
    peak, least, warmup, total = 3e-3, 3e-4, 2, 10
    losses = []
    for step in range(total):
        rate = least + (peak - least) * (step / warmup if step < warmup else 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = model(tokens, labels=tokens).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


def filters():
    scores = 3 * torch.randn(1, 40)
    history = torch.tensor([[1, 5, 5, 7, 30, 39]])
    settings = [[0.8, 0, 0, 0, 1], [1, 5, 0, 0, 1], [1, 0, 0.6, 0, 1], [1, 0, 0, 0.2, 1], [1, 0, 0, 0, 1.3], [0.7, 20, 0.9, 0.05, 1.2]]
    result = {"scores": scores[0], "history": history[0].int(), "settings": torch.tensor(settings, dtype=torch.float32)}
    for number, (temperature, k, p, min_p, penalty) in enumerate(settings):
        chain = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(float(penalty)), TemperatureLogitsWarper(float(temperature))])
        if k:
            chain.append(TopKLogitsWarper(k))
        if p:
            chain.append(TopPLogitsWarper(p))
        if min_p:
            chain.append(MinPLogitsWarper(min_p))
        result[f"filtered.{number}"] = chain(history, scores.clone())[0]
    return result


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        write(name, MODELS[name])
