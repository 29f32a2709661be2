"""Golden values of the data tests: what Python's own string methods, and plain Python, say.

    python make_golden.py                                   writes scalars.json, filters.json and jsonlines.json beside itself
    python make_golden.py FOLDER_WITH_FINEWEB_MINI          also writes fineweb_mini.json (needs pyarrow and tokenizers)

scalars.json was made with Python 3.11 (Unicode 14).
"""
import base64, glob, gzip, json, os, random, re, sys, unicodedata

here = os.path.dirname(os.path.abspath(__file__))


def save(name, value):
    with open(os.path.join(here, name), "w") as file:
        json.dump(value, file, ensure_ascii=True, separators=(",", ":"))


def scalar_class(c):
    if 0xD800 <= c <= 0xDFFF or unicodedata.category(chr(c)) == "Cn":
        return "?"  # not a character, or none yet in this version of Unicode
    s = chr(c)
    return "d" if s.isdigit() else "l" if s.isalpha() else "s" if s.isspace() else "o"


def rule(text):
    """The Argonne filter on one text, None where it stays."""
    if not text:
        return "empty"
    if len(text) > 50:
        digits = sum(c.isdigit() for c in text)
        letters = sum(c.isalpha() for c in text)
        spaces = sum(c.isspace() for c in text)
        if digits / len(text) > 0.5:
            return "digits"
        if (letters + spaces) / len(text) < 0.3:
            return "letters"
    return None


runs, start = [], 0
for c in range(1, 0x110001):
    if c == 0x110000 or scalar_class(c) != scalar_class(start):
        runs.append([c, scalar_class(start)])  # the class of all scalars before c that no earlier run has
        start = c
save("scalars.json", runs)

random.seed(1)
texts = ["", "short", "1" * 50, "1" * 51, "1" * 26 + "a" * 25, "1" * 25 + "a" * 26, "!" * 50, "!" * 51, "!" * 36 + "a" * 15, "!" * 35 + "a" * 16]
texts += ["\u0661" * 51, "\u00b2" * 51, "\u2460" * 51, "\u00bd" * 51, "\u4e00" * 51, "\u3000" * 51, "\u0301" * 51, "\U0001f600" * 51]
texts += ["\x1c" * 51, "\x0b" * 51, "\x85" * 51, "\xa0" * 51, "\u200b" * 51, "\u2028" * 51, "\u180e" * 51, "\u0915\u094d" * 30]
alphabets = ["0123456789", "abc", " \n\t", "!?#", "\u0660\u0966\u00b3", "\u00e9\u03b1\u0431\u4e2d", "\u2003\u3000", "\u2014\u201c\U0001f680"]
for _ in range(300):
    parts = random.choices(alphabets, k=random.randint(1, 4))
    texts.append("".join(random.choice(random.choice(parts)) for _ in range(random.randint(40, 120))))
save("filters.json", [[t, rule(t)] for t in texts])

objects = [{"id": n, "text": f"document {n}: caf\u00e9 \U0001f600 \"quoted\" \\ tab\t line\nend", "meta": {"a": [1, 2.5e3, None, True]}} for n in range(40)]
lines = "".join(json.dumps(o, ensure_ascii=n % 2 == 0) + "\n" for n, o in enumerate(objects)).encode()
import pyarrow
gz = gzip.compress(lines[: len(lines) // 2], mtime=0) + gzip.compress(lines[len(lines) // 2 :], mtime=0)  # two members, as pigz and cat make them
zst = pyarrow.compress(lines, codec="zstd", asbytes=True)
save("jsonlines.json", {"texts": [o["text"] for o in objects], "plain": base64.b64encode(lines).decode(), "gzip": base64.b64encode(gz).decode(),
                        "zstd": base64.b64encode(zst).decode()})

if len(sys.argv) > 1:
    import pyarrow.parquet as pq
    from tokenizers import Tokenizer
    folder = sys.argv[1]
    qwen = Tokenizer.from_file(os.path.join(folder, "qwen2.5-tokenizer", "tokenizer.json"))
    natural = lambda path: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", path)]
    totals = {"rows": 0, "characters": 0, "dropped": {}, "documents": 0, "tokens": 0, "first_tokens": [], "shards": []}
    for path in sorted(glob.glob(os.path.join(folder, "fineweb-mini", "*.parquet")), key=natural):
        totals["shards"].append(os.path.basename(path))
        for text in pq.read_table(path, columns=["text"])["text"].to_pylist():
            totals["rows"] += 1
            totals["characters"] += len(text or "")
            why = rule(text)
            if why is None:
                ids = [qwen.token_to_id("<|im_start|>")] + qwen.encode(text, add_special_tokens=False).ids + [qwen.token_to_id("<|im_end|>")]
                why = "few_tokens" if len(ids) < 10 else None
            if why:
                totals["dropped"][why] = totals["dropped"].get(why, 0) + 1
                continue
            totals["documents"] += 1
            totals["tokens"] += len(ids)
            if len(totals["first_tokens"]) < 4097:
                totals["first_tokens"] = (totals["first_tokens"] + ids)[:4097]
    save("fineweb_mini.json", totals)
    print({k: v for k, v in totals.items() if k != "first_tokens"})
