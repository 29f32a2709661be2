"""Times a PyTorch training step of Argonne's shapes on random tokens; prints one JSON line, with the keys of `argonne bench train`.

The step is what a PyTorch user writes: autocast, forward, backward, gradients clipped to norm 1, fused AdamW on float32 weights; attention
is scaled_dot_product_attention. Run it with the flags of `argonne bench train` in the same run on the same machine, without and with
--compile, and compare tokens_per_second with the better of the two.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shape = dict(layers=6, hidden=384, heads=6, kv_heads=2, ffn=1024, vocab=8192, seq=256, batch=8, steps=10, warmup=3, threads=0)
    for name, default in shape.items():
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=default)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--device", default="cpu")
    for name in ("gpt", "bf16", "compile", "remat"):
        parser.add_argument("--" + name, action="store_true")
    return parser.parse_args()


class Rotary(nn.Module):
    """Tables of the rotate-half convention."""

    def __init__(self, size, length):
        super().__init__()
        rates = 10000 ** -(torch.arange(0, size, 2).float() / size)
        angles = torch.outer(torch.arange(length).float(), rates)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, x):
        left, right = x.chunk(2, dim=-1)
        cos, sin = self.cos.to(x.dtype), self.sin.to(x.dtype)
        return torch.cat((left * cos - right * sin, right * cos + left * sin), dim=-1)


class DecoderBlock(nn.Module):
    """Argonne 2: RMSNorm, rotary positions, grouped query heads, SwiGLU."""

    def __init__(self, o):
        super().__init__()
        self.o, self.size = o, o.hidden // o.heads
        self.norm1, self.norm2 = nn.RMSNorm(o.hidden, 1e-6), nn.RMSNorm(o.hidden, 1e-6)
        self.rotary = Rotary(self.size, o.seq)
        linear = lambda n, m: nn.Linear(n, m, bias=False)
        self.query, self.out = linear(o.hidden, o.heads * self.size), linear(o.heads * self.size, o.hidden)
        self.key, self.value = linear(o.hidden, o.kv_heads * self.size), linear(o.hidden, o.kv_heads * self.size)
        self.gate, self.up, self.down = linear(o.hidden, o.ffn), linear(o.hidden, o.ffn), linear(o.ffn, o.hidden)

    def heads(self, x, count):
        return x.unflatten(-1, (count, self.size)).transpose(1, 2)

    def forward(self, x):
        o, y = self.o, self.norm1(x)
        q, k = self.rotary(self.heads(self.query(y), o.heads)), self.rotary(self.heads(self.key(y), o.kv_heads))
        v = self.heads(self.value(y), o.kv_heads)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=o.heads != o.kv_heads)
        x = x + self.out(a.transpose(1, 2).flatten(2))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class GPTBlock(nn.Module):
    """Argonne 1: LayerNorm, biases, exact GELU, dropout."""

    def __init__(self, o):
        super().__init__()
        self.o = o
        self.norm1, self.norm2 = nn.LayerNorm(o.hidden), nn.LayerNorm(o.hidden)
        self.query, self.key, self.value, self.out = (nn.Linear(o.hidden, o.hidden) for _ in range(4))
        self.wide, self.narrow = nn.Linear(o.hidden, 4 * o.hidden), nn.Linear(4 * o.hidden, o.hidden)

    def forward(self, x):
        o, y = self.o, self.norm1(x)
        q, k, v = (f(y).unflatten(-1, (o.heads, -1)).transpose(1, 2) for f in (self.query, self.key, self.value))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=o.dropout)
        x = x + F.dropout(self.out(a.transpose(1, 2).flatten(2)), o.dropout)
        return x + F.dropout(self.narrow(F.gelu(self.wide(self.norm2(x)))), o.dropout)


class Model(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.o = o
        self.embed = nn.Embedding(o.vocab, o.hidden)
        self.blocks = nn.ModuleList((GPTBlock if o.gpt else DecoderBlock)(o) for _ in range(o.layers))
        self.norm = nn.LayerNorm(o.hidden) if o.gpt else nn.RMSNorm(o.hidden, 1e-6)
        self.positions = nn.Parameter(torch.empty(o.seq, o.hidden)) if o.gpt else None
        self.head = nn.Linear(o.hidden, o.vocab, bias=False)
        if not o.gpt:
            self.head.weight = self.embed.weight
        for weight in self.parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, std=0.02)

    def forward(self, tokens, targets):
        o, x = self.o, self.embed(tokens)
        if o.gpt:
            x = F.dropout(x + self.positions, o.dropout)
        for block in self.blocks:
            x = checkpoint(block, x, use_reentrant=False) if o.remat else block(x)
        return F.cross_entropy(self.head(self.norm(x)).float().flatten(0, 1), targets.flatten())


def main():
    o = arguments()
    if o.threads:
        torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    torch.set_float32_matmul_precision("high")
    device = torch.device(o.device)
    with device:
        model = Model(o)
    parameters = sum(weight.numel() for weight in model.parameters())
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1, fused=True)
    step = torch.compile(model) if o.compile else model

    begin, seconds = time.perf_counter(), []
    for index in range(o.warmup + o.steps):
        tokens, targets = torch.randint(o.vocab, (2, o.batch, o.seq), device=device)
        if device.type == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=o.bf16):
            loss = step(tokens, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        value = loss.item()
        seconds.append(time.perf_counter() - start)
        if index + 1 == o.warmup:
            warmup_seconds = time.perf_counter() - begin
    median = sorted(seconds[o.warmup :])[o.steps // 2]
    matrices = o.vocab * o.hidden + sum(weight.numel() for weight in model.blocks.parameters() if weight.dim() == 2)
    operations = 6 * matrices + 6 * o.layers * o.hidden * o.seq
    rate = o.batch * o.seq / median
    result = dict(
        framework="torch " + torch.__version__, compile=o.compile, params=parameters, step_seconds=round(median, 5),
        tokens_per_second=round(rate, 1), tflops=round(rate * operations / 1e12, 4), loss=round(value, 4),
        warmup_seconds=round(warmup_seconds, 2),
    )
    if device.type == "cuda":
        result.update(device=torch.cuda.get_device_name(), peak_gib=round(torch.cuda.max_memory_allocated() / 2**30, 2))
    else:
        import resource

        result.update(device="cpu", peak_gib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2))
    print(json.dumps(result))


main()
