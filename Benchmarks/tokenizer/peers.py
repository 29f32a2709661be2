"""What `argonne bench tokenizer` and `argonne tokenizer train` are measured against, with the same keys.

    pip install tokenizers==0.23.3 tiktoken==0.14.0 pyarrow
    python peers.py encode hf-tokenizers|tiktoken TOKENIZER_JSON FILES… [--threads N]
    python peers.py train hf-tokenizers - FILES… [--threads N]
"""

import argparse
import hashlib
import json
import os
import time

import numpy as np
import pyarrow.parquet as pq

SPECIAL = ["<|start_of_text|>", "<pad>", "<|end_of_text|>", "<unk>", "<mask>"]


def byte_alphabet():
    letters, unprintable = {}, 0x100
    for byte in range(256):
        if 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or 0xAE <= byte:
            letters[chr(byte)] = byte
        else:
            letters[chr(unprintable)], unprintable = byte, unprintable + 1
    return letters


def hugging_face(path):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(path)

    def encode(texts, threads):
        if threads > 1:
            return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
        return [tokenizer.encode(t, add_special_tokens=False).ids for t in texts]
    return encode


def tik_token(path):
    """The same vocabulary and pattern. It does not normalise."""
    import tiktoken
    file, letters = json.load(open(path, encoding="utf-8")), byte_alphabet()
    ranks = {bytes(letters[c] for c in token): rank for token, rank in file["model"]["vocab"].items()}
    pattern = file["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    encoding = tiktoken.Encoding("peer", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})

    def encode(texts, threads):
        if threads > 1:
            return encoding.encode_ordinary_batch(texts, num_threads=threads)
        return [encoding.encode_ordinary(t) for t in texts]
    return encode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["encode", "train"])
    parser.add_argument("peer", choices=["hf-tokenizers", "tiktoken"])
    parser.add_argument("tokenizer")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(a.threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if a.threads > 1 else "false"
    texts = [t for f in a.files for t in pq.read_table(f, columns=["text"])["text"].to_pylist() if t]
    size = sum(len(t.encode()) for t in texts)
    result = dict(peer=a.peer, threads=a.threads, documents=len(texts), megabytes=round(size / 1e6, 2))
    if a.task == "train":
        from tokenizers import ByteLevelBPETokenizer
        tokenizer = ByteLevelBPETokenizer()
        start, core = time.perf_counter(), time.process_time()
        tokenizer.train_from_iterator(texts, vocab_size=12_000, min_frequency=2, special_tokens=SPECIAL, show_progress=False)
        result.update(vocabulary=tokenizer.get_vocab_size(), seconds=round(time.perf_counter() - start, 3),
                      core_seconds=round(time.process_time() - core, 3))
    else:
        encode = (hugging_face if a.peer == "hf-tokenizers" else tik_token)(a.tokenizer)
        encode(texts[:50], a.threads)
        start, core = time.perf_counter(), time.process_time()
        ids = encode(texts, a.threads)
        seconds, core = time.perf_counter() - start, time.process_time() - core
        flat = np.concatenate([np.asarray(x, np.uint32) for x in ids])
        result.update(tokens=int(flat.size), mb_per_second=round(size / 1e6 / seconds, 2), mb_per_core_second=round(size / 1e6 / core, 2),
                      sha256=hashlib.sha256(flat.tobytes()).hexdigest()[:16])
    print(json.dumps(result))


main()
