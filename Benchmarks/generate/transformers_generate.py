"""Times transformers' greedy generate on a Hugging Face directory, in turn with `argonne bench generate` where that is given.

    python transformers_generate.py --model DIR --make                        # writes argonne-small's shape with random weights there first
    python transformers_generate.py --model DIR --batch 8 --argonne .build/release/argonne

Prefill is timed as generate() of one token, decode as generate() of all new tokens less that: the first new token belongs to the prefill,
as in `argonne bench generate`. Prints a JSON line with medians for each, and with --argonne one with the medians of the runs' ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import time

import torch
import transformers
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

SMALL = dict(vocab_size=32000, hidden_size=768, intermediate_size=2560, num_hidden_layers=14, num_attention_heads=12, num_key_value_heads=4,
             max_position_embeddings=2048, rms_norm_eps=1e-6, tie_word_embeddings=True, bos_token_id=None, eos_token_id=None)
KEYS = ["prefill_tokens_per_second", "decode_tokens_per_second", "seconds"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True, metavar="DIR")
    parser.add_argument("--make", action="store_true", help="write argonne-small's shape with random weights there first")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--prompt-tokens", type=int, default=128)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--argonne", metavar="PATH", help="the tool, to be timed in turn")
    options = parser.parse_args()
    if options.make:
        torch.manual_seed(0)
        LlamaForCausalLM(LlamaConfig(**SMALL)).save_pretrained(options.model)
    model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    vocabulary = model.config.vocab_size
    prompts = torch.tensor([[(1 + row + i) % vocabulary for i in range(options.prompt_tokens)] for row in range(options.batch)])

    def seconds(new_tokens):
        start = time.perf_counter()
        output = model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=False, max_new_tokens=new_tokens,
                                min_new_tokens=new_tokens, pad_token_id=0)
        return time.perf_counter() - start, output[0, options.prompt_tokens:].tolist()

    def peer():
        first, _ = seconds(1)
        whole, tokens = seconds(options.new_tokens)
        rates = [options.batch * options.prompt_tokens / first, options.batch * (options.new_tokens - 1) / (whole - first), whole]
        return dict(zip(KEYS, rates)) | dict(tokens=tokens[:12])

    def argonne():
        flags = dict(model=options.model, batch=options.batch, prompt_tokens=options.prompt_tokens, new_tokens=options.new_tokens, runs=1)
        words = [word for key, value in flags.items() for word in ("--" + key.replace("_", "-"), str(value))]
        return json.loads(subprocess.run([options.argonne, "bench", "generate"] + words, check=True, capture_output=True).stdout)

    def report(framework, runs, **more):
        print(json.dumps(dict(framework=framework, batch=options.batch, prompt_tokens=options.prompt_tokens, new_tokens=options.new_tokens)
                         | {key: round(statistics.median(run[key] for run in runs), 3) for key in KEYS} | more))

    seconds(2)
    if options.argonne:
        argonne()  # compiles, and fills the cache of programs
    peers, own = [], []
    for _ in range(options.runs):
        peers.append(peer())
        if options.argonne:
            own.append(argonne())
    name = f"transformers {transformers.__version__}, torch {torch.__version__}"
    report(name, peers, threads=torch.get_num_threads(), load=round(os.getloadavg()[0], 1), tokens=peers[0]["tokens"])
    if own:
        report(own[0]["framework"], own, tokens=own[0]["tokens"])
        ratios = [{key: (p[key] / o[key] if key == "seconds" else o[key] / p[key]) for key in KEYS} for o, p in zip(own, peers)]
        report("argonne over transformers", ratios, same_tokens=own[0]["tokens"] == peers[0]["tokens"])


if __name__ == "__main__":
    main()
