"""Writes every_type.safetensors with the format's reference implementation: pip install torch safetensors; python make_golden.py"""

from pathlib import Path

import torch
from safetensors.torch import save_file

TYPES = {
    "bool": torch.bool, "u8": torch.uint8, "i8": torch.int8, "f8_e5m2": torch.float8_e5m2, "f8_e4m3": torch.float8_e4m3fn,
    "i16": torch.int16, "u16": torch.uint16, "f16": torch.float16, "bf16": torch.bfloat16, "i32": torch.int32,
    "u32": torch.uint32, "f32": torch.float32, "f64": torch.float64, "i64": torch.int64, "u64": torch.uint64,
}
tensors = {f"z.{name}": torch.arange(6).reshape(2, 3).to(dtype) for name, dtype in TYPES.items()}
tensors["a.scalar"] = torch.tensor(-1.5)
tensors["a.empty"] = torch.zeros(3, 0)
tensors['quoted "name" \\ é\n'] = torch.tensor([1.0, 0.1, 65504.0, 1e-7, float("inf")], dtype=torch.bfloat16)
save_file(tensors, Path(__file__).parent / "every_type.safetensors", metadata={"format": "pt"})
