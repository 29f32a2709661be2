"""The usual way from shards to batches in Python, to compare with: prints a JSON line for each.

    python peers.py TOKENIZER.json FILES.parquet…

raw       pyarrow reads the text column, Hugging Face tokenizers encodes on one thread, numpy packs rows of 4,097 tokens
filtered  the same with the Argonne filters written in Python, as the Argonne runs had them
memmap    tokens in one file of uint32 (as nanoGPT keeps them), sliced in order into batches of int64 tensors
"""
import json, os, sys, tempfile, time

os.environ["RAYON_NUM_THREADS"], os.environ["TOKENIZERS_PARALLELISM"] = "1", "false"
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, torch
from tokenizers import Tokenizer

pa.set_cpu_count(1)
pa.set_io_thread_count(1)
torch.set_num_threads(1)
ROWS, LENGTH = 8, 4096
tokenizer, files = Tokenizer.from_file(sys.argv[1]), sys.argv[2:]
begin, end = tokenizer.token_to_id("<|im_start|>"), tokenizer.token_to_id("<|im_end|>")


def dropped(text):
    if len(text) <= 50:
        return False
    digits, letters, spaces = sum(c.isdigit() for c in text), sum(c.isalpha() for c in text), sum(c.isspace() for c in text)
    return digits / len(text) > 0.5 or (letters + spaces) / len(text) < 0.3


def documents(filtered, sizes):
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches(512, columns=["text"], use_threads=False):
            texts = [t for t in batch.column(0).to_pylist() if t]
            sizes.append(sum(len(t.encode()) for t in texts))
            for encoding in tokenizer.encode_batch([t for t in texts if not (filtered and dropped(t))], add_special_tokens=False):
                if len(encoding.ids) >= 8:
                    yield [begin, *encoding.ids, end]


def batches(documents):
    pending = []
    for document in documents:
        pending += document
        while len(pending) > ROWS * LENGTH:
            rows = np.asarray(pending[: ROWS * LENGTH + 1], np.int64)
            yield torch.from_numpy(np.stack([rows[r * LENGTH : (r + 1) * LENGTH + 1] for r in range(ROWS)]))
            pending = pending[ROWS * LENGTH :]


def report(peer, seconds, megabytes, tokens):
    print(json.dumps(dict(peer=peer, workers=1, megabytes=round(megabytes, 2), tokens=tokens, seconds=round(seconds, 2),
                          mb_per_second=round(megabytes / seconds, 2), tokens_per_second=round(tokens / seconds))), flush=True)


for name, filtered in [("python raw", False), ("python filtered", True)]:
    sizes, tokens, start = [], 0, time.perf_counter()
    for batch in batches(documents(filtered, sizes)):
        tokens += ROWS * LENGTH
    report(name, time.perf_counter() - start, sum(sizes) / 1e6, tokens)

ids = np.concatenate([np.asarray(d, np.uint32) for d in documents(False, [])])
with tempfile.NamedTemporaryFile() as file:
    np.tile(ids, 16).tofile(file.name)
    mapped = np.memmap(file.name, np.uint32, "r")
    int(mapped.sum())  # into the page cache
    tokens, start = 0, time.perf_counter()
    for first in range(0, len(mapped) - ROWS * LENGTH - 1, ROWS * LENGTH):
        rows = [torch.from_numpy(mapped[first + r * LENGTH : first + (r + 1) * LENGTH + 1].astype(np.int64)) for r in range(ROWS)]
        torch.stack(rows)
        tokens += ROWS * LENGTH
    report("python memmap", time.perf_counter() - start, tokens * 4 / 1e6, tokens)
