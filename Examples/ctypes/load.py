"""Loads a compiled model from its shared library and runs it with numpy arrays."""
import ctypes as c
from types import SimpleNamespace

import numpy as np
NUMPY = {1: "f4", 2: "u1", 3: "i1", 4: "u2", 5: "i2", 6: "i4", 7: "i8", 9: "?", 10: "f2",
         11: "f8", 12: "u4", 13: "u8"}  # ONNX TensorProto.DataType


class Tensor(c.Structure):
    _fields_ = [("name", c.c_char_p), ("element_type", c.c_int32), ("rank", c.c_int32),
                ("shape", c.POINTER(c.c_int64)), ("symbols", c.POINTER(c.c_char_p))]


class Signature(c.Structure):
    _fields_ = [("abi_version", c.c_int32), ("input_count", c.c_int32), ("output_count", c.c_int32),
                ("inputs", c.POINTER(Tensor)), ("outputs", c.POINTER(Tensor)),
                *((n, c.c_size_t) for n in ("arena_bytes", "weight_bytes", "state_bytes"))]


def load(path, name, weights=None, dims=()):
    """A model with inputs, outputs (arrays to fill and read) and invoke(); dims in header order."""
    library, kept = c.CDLL(path), [weights]
    entry = lambda what: getattr(library, f"{name}_{what}")
    entry("signature").restype, entry("context_bytes").restype = c.POINTER(Signature), c.c_size_t
    signature, symbols = entry("signature")().contents, {}
    size = lambda t, i: t.shape[i] if t.shape[i] >= 0 else symbols.setdefault(
        t.symbols[i], dims[len(symbols)] if t.symbols[i] not in symbols else 0)
    arrays = lambda ts, n: [np.zeros([size(ts[i], k) for k in range(ts[i].rank)],
                                     NUMPY[ts[i].element_type]) for i in range(n)]
    buffer = lambda n: kept.append(c.create_string_buffer(n + 64)) or c.addressof(kept[-1])
    block = lambda n: c.c_void_p((buffer(n) + 63) & -64)
    context, arena = block(entry("context_bytes")()), block(signature.arena_bytes)
    status = entry("init")(context, arena, weights, block(signature.state_bytes))
    ins, outs = (arrays(getattr(signature, side + "s"), getattr(signature, side + "_count"))
                 for side in ("input", "output"))
    pointers = [(c.c_void_p * len(a))(*[x.ctypes.data for x in a]) for a in (ins, outs)]
    run, extents = entry("invoke"), (c.c_int64 * max(len(dims), 1))(*dims)
    return SimpleNamespace(inputs=ins, outputs=outs, status=status, keep=kept,
                           invoke=lambda: run(context, *pointers, extents))
