"""The texts that GeneratedText.swift makes too: text `i` is the same bytes in both, so golden files hold hashes of ids only."""

MASK = (1 << 64) - 1

# Inclusive ranges of scalars, drawn from evenly over the ranges, then over the range.
POOLS = [
    [(0x61, 0x7A)],  # words
    [(0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F)],  # mixed case
    [(0x30, 0x39)],  # digits
    [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],  # punctuation
    # all white space, and what looks like it
    [(0x20, 0x20), (0x20, 0x20), (0x0A, 0x0A), (0x0D, 0x0D), (0x09, 0x0C), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200B),
     (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF), (0x1C, 0x1F), (0x00, 0x00)],
    [(0x61, 0x7A), (0x300, 0x36F), (0x300, 0x36F), (0x1AB0, 0x1ACE), (0x1DC0, 0x1DFF), (0x20D0, 0x20F0)],  # combining marks
    [(0x1100, 0x1112), (0x1161, 0x1175), (0x11A7, 0x11C2), (0xAC00, 0xD7A3)],  # Hangul, whole and in parts
    [(0x590, 0x6FF), (0x700, 0x74F), (0x8A0, 0x8FF), (0xFB1D, 0xFDFF), (0x200E, 0x200F)],  # right to left
    [(0x1F300, 0x1F6FF), (0x1F900, 0x1F9FF), (0x200D, 0x200D), (0xFE0F, 0xFE0F), (0x1F3FB, 0x1F3FF), (0x1F1E6, 0x1F1FF)],  # emoji
    [(0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F), (0x3099, 0x309A)],  # Chinese, Japanese
    [(0x900, 0xDFF), (0xE00, 0xFFF), (0x1000, 0x109F)],  # Indic and South-East Asian
    [(0x370, 0x3FF), (0x1F00, 0x1FFF), (0x400, 0x52F), (0x345, 0x345)],  # Greek, Cyrillic
    [(0x660, 0x669), (0x2150, 0x218B), (0x2460, 0x249B), (0x966, 0x96F), (0x1D7CE, 0x1D7FF), (0xB2, 0xB9)],  # numbers
    [(0x0, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x10FFFF)],  # anything
    [(0xD800, 0xDFFF), (0x41, 0x44)],  # lone surrogates, which UTF-8 cannot hold
]
WORDS = ["'s", "'T", "'ll", "'VE", "'re", "'\u017F", "'m", "'D", "'", " the", " The", "The", " a", "\r\n", "\n\n", "  ", "\t", "http://", "/", "//\n",
         "HTTPServer", "\u01C5", "e\u0301", "\u0344", "\u0958", "\u1D160", "\U0001D160", "<|im_start|>", "<tool_call>", "<|endoftext|>", "<|", "don't", "123456"]


class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        return (z ^ (z >> 31)) % n


def scalar(pool, random):
    low, high = pool[random.below(len(pool))]
    return low + random.below(high - low + 1)


def generated_bytes(index):
    """Text `index` in UTF-8, except that surrogates are three bytes of their own."""
    random, parts = Random(index), []
    for _ in range(1 + random.below(10)):
        kind = random.below(len(POOLS) + 4)
        if kind < len(POOLS):
            parts += [chr(scalar(POOLS[kind], random)) for _ in range(1 + random.below(10))]
        elif kind < len(POOLS) + 3:
            parts.append(WORDS[random.below(len(WORDS))])
        else:
            c = scalar(POOLS[random.below(len(POOLS))], random)
            parts.append(chr(c) * (1 + random.below(200)))
    return "".join(parts).encode("utf-8", "surrogatepass")


def generated_text(index):
    """What a reader of the bytes sees: each ill-formed part is U+FFFD."""
    return generated_bytes(index).decode("utf-8", "replace")
