"""Times transformers' greedy generate on a Hugging Face directory; with --make, first writes one with random weights.

    python transformers_generate.py DIR --make --batch-size 8 --prompt-tokens 128 --new-tokens 128 --runs 5

Prefill is timed as one forward pass over the prompts, decode as generate() of all new tokens less generate() of one, the way the
counterpart `argonne bench generate` counts: the first new token belongs to the prefill. Prints one JSON line with medians.
"""

import argparse
import json
import os
import statistics
import time

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

SMALL = dict(vocab_size=32000, hidden_size=768, intermediate_size=2560, num_hidden_layers=14, num_attention_heads=12, num_key_value_heads=4,
             max_position_embeddings=2048, rms_norm_eps=1e-6, tie_word_embeddings=True, bos_token_id=None, eos_token_id=None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--make", action="store_true", help="write argonne-small's shape with random weights there first")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--prompt-tokens", type=int, default=128)
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if options.make:
        torch.manual_seed(0)
        LlamaForCausalLM(LlamaConfig(**SMALL)).save_pretrained(options.directory)
    model = AutoModelForCausalLM.from_pretrained(options.directory, dtype=torch.float32).eval()
    vocabulary = model.config.vocab_size
    prompts = torch.tensor([[(1 + row + i) % vocabulary for i in range(options.prompt_tokens)] for row in range(options.batch_size)])

    def seconds(new_tokens):
        start = time.perf_counter()
        output = model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=False, max_new_tokens=new_tokens,
                                min_new_tokens=new_tokens, pad_token_id=0)
        return time.perf_counter() - start, output[0, options.prompt_tokens:].tolist()

    seconds(2)
    prefill, decode, tokens = [], [], []
    for _ in range(options.runs):
        first, _ = seconds(1)
        whole, tokens = seconds(options.new_tokens)
        prefill.append(options.batch_size * options.prompt_tokens / first)
        decode.append(options.batch_size * (options.new_tokens - 1) / (whole - first))
    print(json.dumps(dict(
        implementation=f"transformers, torch {torch.__version__}", batch_size=options.batch_size, prompt_tokens=options.prompt_tokens,
        new_tokens=options.new_tokens, prefill_tokens_per_second=round(statistics.median(prefill), 1),
        decode_tokens_per_second=round(statistics.median(decode), 1), threads=torch.get_num_threads(), load=round(os.getloadavg()[0], 1),
        tokens=tokens[:12])))


if __name__ == "__main__":
    main()
