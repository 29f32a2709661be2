"""Writes the golden tokenizers and ids.json: hashes of the ids that Hugging Face tokenizers and tiktoken give the generated texts.

    pip install tokenizers==0.23.3 tiktoken==0.14.0 && python golden_tokenizers.py QWEN_DIRECTORY

The tokenizers are trained here, on generated texts, small enough to be read. Qwen2.5's own file is not part of the project: its ids are
made if its directory is given, and tested where it is there.
"""

import base64
import json
import os
import sys


import tiktoken
from tokenizers import AddedToken, ByteLevelBPETokenizer, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(HERE)
from generated_texts import generated_text

TEXTS, BLOCK = 10_000, 100
CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTION + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL
WORD = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]%s[\p{Ll}\p{Lm}\p{Lo}\p{M}]%s" + CONTRACTION + "?"
GPT4O = "|".join([WORD % ("*", "+"), WORD % ("+", "*"), r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", TAIL])
CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
R50K = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"


def fnv(documents):
    """FNV-1a (64 bits) over the ids as little-endian 32-bit integers, a 0xFFFFFFFF after each document."""
    state = 0xCBF29CE484222325
    for ids in documents:
        for byte in b"".join(i.to_bytes(4, "little") for i in [*ids, 0xFFFFFFFF]):
            state = (state ^ byte) * 0x100000001B3 & ((1 << 64) - 1)
    return f"{state:016x}"


def blocks(encode, count=TEXTS):
    return [fnv(encode(generated_text(i)) for i in range(first, first + BLOCK)) for first in range(0, count, BLOCK)]


def hugging_face(tokenizer, count=TEXTS):
    result = {}
    for allow in (True, False):
        tokenizer.encode_special_tokens = not allow
        result["special" if allow else "plain"] = blocks(lambda t: tokenizer.encode(t, add_special_tokens=False).ids, count)
    return result


def every_scalar(encode):
    """Hashes over texts that hold every scalar between a letter, marks and a number, 256 scalars a text, 0x11000 scalars a hash."""
    def text(first):
        scalars = [chr(c) for c in range(first, first + 256) if not 0xD800 <= c <= 0xDFFF]
        return "".join(f"a{c}\u0334{c}\u0301{c}1 {c}" for c in scalars)
    return [fnv(encode(text(b)) for b in range(first, first + 0x11000, 256)) for first in range(0, 0x110000, 0x11000)]


def trained(pre_tokenizer, normalizer=None, ignore_merges=False, size=700, added=()):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizer, decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([generated_text(i) for i in range(20_000, 24_000)], trainer)
    tokenizer.add_tokens(list(added))
    return tokenizer


def split(pattern):
    return pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def save(tokenizer, name):
    with open(f"{HERE}/{name}.json", "w", encoding="utf-8") as file:
        json.dump(json.loads(tokenizer.to_str()), file, ensure_ascii=False, separators=(",", ":"))


def ranks(tokenizer):
    """The vocabulary's tokens as tiktoken has them, by rank."""
    letters, unprintable = {}, 0x100
    for byte in range(256):
        if 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or 0xAE <= byte:
            letters[chr(byte)] = byte
        else:
            letters[chr(unprintable)], unprintable = byte, unprintable + 1
    vocabulary = sorted(tokenizer.get_vocab(with_added_tokens=False).items(), key=lambda entry: entry[1])
    return {bytes(letters[c] for c in token): rank for rank, (token, _) in enumerate(vocabulary[1:])}


def main():
    ids = {}
    tokenizers = {
        "gpt2": trained(pre_tokenizers.ByteLevel(add_prefix_space=False)),
        "llama3": trained(split(LLAMA3), ignore_merges=True),
        "gpt4o": trained(split(GPT4O)),
        "whole": trained(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False), normalizers.NFC(), size=400),
        # Every flag of added tokens, and a space in front of each stretch between them.
        "added": trained(pre_tokenizers.ByteLevel(add_prefix_space=True), normalizers.NFC(), size=400, added=[
            AddedToken("<tool_call>", normalized=True), AddedToken("the", single_word=True, normalized=True),
            AddedToken("\r\n", lstrip=True, rstrip=True, normalized=False), AddedToken("e\u0301", normalized=True, rstrip=True),
            AddedToken("<|", lstrip=True, normalized=False), AddedToken("'s", single_word=True, normalized=False)]),
    }
    for name, tokenizer in tokenizers.items():
        save(tokenizer, name)
        ids[name] = hugging_face(tokenizer, 2_000)
        if name in ("whole", "gpt4o"):  # the one normalises, the other asks for every kind of scalar
            ids[name]["scalars"] = every_scalar(lambda t: tokenizer.encode(t, add_special_tokens=False).ids)
    for name, pattern, source in [("cl100k_base", CL100K, "llama3"), ("o200k_base", GPT4O, "gpt4o"), ("r50k_base", R50K, "gpt2")]:
        mergeable = ranks(tokenizers[source])
        with open(f"{HERE}/{name}.tiktoken", "wb") as file:
            for token, rank in mergeable.items():
                file.write(base64.b64encode(token) + b" %d\n" % rank)
        encoding = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=mergeable, special_tokens={})
        ids[name] = {"plain": blocks(encoding.encode_ordinary, 2_000)}

    # As Argonne 1 made its tokenizer; saved as vocab.json and merges.txt.
    argonne = ByteLevelBPETokenizer()
    argonne.train_from_iterator(
        [generated_text(i) for i in range(30_000, 31_000)], vocab_size=600, min_frequency=2, show_progress=False,
        special_tokens=["<|start_of_text|>", "<pad>", "<|end_of_text|>", "<unk>", "<mask>"])
    os.makedirs(f"{HERE}/argonne1", exist_ok=True)
    argonne.save_model(f"{HERE}/argonne1")
    ids["argonne1"] = hugging_face(argonne._tokenizer, 2_000)

    if len(sys.argv) > 1:
        ids["qwen2.5"] = hugging_face(Tokenizer.from_file(f"{sys.argv[1]}/tokenizer.json"))
    with open(f"{HERE}/ids.json", "w") as file:
        json.dump(ids, file, indent=0)


main()
