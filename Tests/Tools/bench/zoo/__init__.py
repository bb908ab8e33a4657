"""The models that are timed: well-known shapes, batch 1, with seeded random weights.

A model is a function of a Builder that declares inputs and returns outputs. Lookup tables have 1000
rows: what a run reads of them does not depend on their size.
    usage: python -m zoo FOLDER [NAME ...]
"""

import json
import zlib
from pathlib import Path

import numpy as np
import onnx

from . import convolutional, decoders, encoders, mamba, recurrent, tiny, yolo
from .builder import Builder
from .cost import bytes_read, multiply_adds


def matmul512(b):
    return [b.add("MatMul", *(b.input(name, b.noise(512, 512)) for name in "ab"))]


MODELS = {
    "matmul512": matmul512,
    "resnet50": convolutional.resnet50,
    "mobilenetv2": convolutional.mobilenetv2,
    "efficientnet_b0": convolutional.efficientnet_b0,
    "yolov8n_320": yolo.yolov8n,
    "tiny_resnet8": tiny.resnet8,
    "tiny_dscnn": tiny.dscnn,
    "tiny_vww": tiny.vww,
    "tiny_autoencoder": tiny.autoencoder,
    "bert_base_s128": lambda b: encoders.bert(b, layers=12, width=768, heads=12),
    "minilm_l6_s128": lambda b: encoders.bert(b, layers=6, width=384, heads=12),
    "whisper_tiny_encoder": encoders.whisper,
    "gpt2_decode_p256": decoders.gpt2,
    "llama4l_prefill_s64": lambda b: decoders.llama(b, length=64, past=0),
    "llama4l_decode_p256": lambda b: decoders.llama(b, length=1, past=256),
    "lstm_2x256_t100": lambda b: recurrent.recurrent(b, "LSTM", gates=4),
    "gru_2x256_t100": lambda b: recurrent.recurrent(b, "GRU", gates=3, linear_before_reset=1),
    "mamba2l_scan_s64": lambda b: mamba.mamba(b, mamba.scanned),
    "mamba2l_unrolled_s64": lambda b: mamba.mamba(b, mamba.unrolled),
}


def is_current(folder, name):
    """Whether the files of a model are newer than the code that writes them."""
    facts = folder / f"{name}.json"
    code = max(path.stat().st_mtime for path in Path(__file__).parent.glob("*.py"))
    return facts.exists() and facts.stat().st_mtime > code


def write(folder, name):
    """Writes NAME.onnx, its inputs NAME.npz and what it costs, NAME.json."""
    folder.mkdir(parents=True, exist_ok=True)
    builder = Builder(zlib.crc32(name.encode()))
    model = builder.model(name, MODELS[name](builder))
    onnx.checker.check_model(model)
    onnx.save(model, folder / f"{name}.onnx")
    np.savez(folder / f"{name}.npz", **builder.inputs)
    inputs = sum(value.nbytes for value in builder.inputs.values())
    facts = {"multiply_adds": multiply_adds(model.graph),
             "bytes_read": inputs + bytes_read(model.graph)}
    (folder / f"{name}.json").write_text(json.dumps(facts) + "\n")
    return facts
