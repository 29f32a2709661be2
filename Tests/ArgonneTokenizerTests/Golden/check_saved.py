"""Checks that Hugging Face tokenizers loads what Argonne saved, and encodes alike: run by hand, for it needs Python and the built tool.

    pip install tokenizers==0.23.3 && python check_saved.py ARGONNE SAVED_DIRECTORY [TEXTS]

SAVED_DIRECTORY is a folder that `argonne tokenizer train` has written, or the tokenizer/ of a run, which is the run's tokenizer saved again.
"""

import os
import subprocess
import sys

from tokenizers import Tokenizer

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from generated_texts import generated_text

argonne, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
# A text a line, as `tokenizer encode` reads them: without what ends a line for Swift's readLine.
texts = [t for t in ("".join(c for c in generated_text(i) if c not in "\r\n\0") for i in range(count)) if t]
tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
for allow in (False, True):
    tokenizer.encode_special_tokens = not allow
    expected = [tokenizer.encode(t, add_special_tokens=False).ids for t in texts]
    words = [argonne, "tokenizer", "encode", "--tokenizer", folder, *(["--special"] if allow else [])]
    output = subprocess.run(words, input="\n".join(texts).encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
    found = [[int(i) for i in line.split()] for line in output.split("\n")[:-1]]
    wrong = [t for t, a, b in zip(texts, expected, found) if a != b]
    print(f"special tokens {'allowed' if allow else 'as text'}: {len(texts)} texts, {len(found)} encoded, {len(wrong)} differ", *map(ascii, wrong[:3]))
    if wrong or len(found) != len(texts):
        sys.exit(1)
