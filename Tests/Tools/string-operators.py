#!/usr/bin/env python3
"""Random cases of operators on strings with the answers of onnxruntime, for `apus verify`.

    usage: string-operators.py path/to/apus [CASES per operator] [SEED] [BACKEND]
Needs numpy, onnx and onnxruntime.
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ALPHABET = ["a", "b", "c", "A", "_", "1", " ", "-", ".", "\n", "é", "ж", "€", "😀"]
STRING, INT64, FLOAT, BOOL = (
    TensorProto.STRING, TensorProto.INT64, TensorProto.FLOAT, TensorProto.BOOL)


def word(most=6, alphabet=None):
    """A random string."""
    return "".join(random.choices(alphabet or ALPHABET, k=random.randint(0, most)))


def strings(*shape, **options):
    """A random tensor of strings."""
    count = int(np.prod(shape))
    return np.array([word(**options) for _ in range(count)], dtype=object).reshape(shape)


def atom(depth):
    """One thing of a pattern that may be repeated."""
    choices = ["a", "b", "c", "A", "_", "1", " ", "-", r"\.", r"\n", "é", "ж", ".", r"\w", r"\W",
               r"\d", r"\D", r"\s", r"\S", "[ab]", "[^a]", "[a-c_]", "[^é-ж]", "[[:alpha:]1]",
               r"[\w-]", r"\x61", r"\x{e9}", "😀", "[€-😀]"]
    if depth > 0 and random.random() < 0.4:
        opening = random.choice(["(", "(?:", "(?P<n>", "(?s:", "(?i:", "(?m:"])
        inner = pattern(depth - 1)
        if opening == "(?i:" and not inner.isascii():
            opening = "("
        return opening + inner + ")"
    return random.choice(choices)


def pattern(depth=2):
    """A random regular expression of RE2."""
    parts = []
    for _ in range(random.randint(0, 4)):
        if random.random() < 0.12:
            parts.append(random.choice(["^", "$", r"\b", r"\B", r"\A", r"\z"]))
            continue
        repeat = random.choice(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{1,}", "*?"])
        parts.append(atom(depth) + repeat)
    text = "".join(parts)
    return text + "|" + pattern(depth - 1) if depth > 0 and random.random() < 0.3 else text


def regex():
    """RegexFullMatch, with more texts than match by chance."""
    text = pattern()
    return "RegexFullMatch", {"pattern": text}, [strings(40, most=5)], [BOOL], ""


def split():
    """StringSplit by a separator; onnxruntime knows no white space but the space."""
    attributes = {"delimiter": random.choice(["a", "b", " ", "ab", "é"])}
    if random.random() < 0.5:
        attributes["maxsplit"] = random.randint(1, 3)
    values = strings(3, 2, most=9, alphabet=["a", "b", " ", "é"])
    # onnxruntime gives no part for an empty string, ONNX one.
    values[values == ""] = "x"
    return "StringSplit", attributes, [values], [STRING, INT64], ""


def concat():
    """StringConcat with broadcasting."""
    return "StringConcat", {}, [strings(3, 1), strings(1, 4)], [STRING], ""


def labels():
    """LabelEncoder between all types."""
    count = random.randint(1, 40)
    kinds = {
        "strings": (lambda: word(3), STRING), "int64s": (lambda: random.randint(-20, 20), INT64),
        "floats": (lambda: random.randint(-20, 20) / 2, FLOAT)}
    keys, values = random.choice(list(kinds)), random.choice(list(kinds))
    known = list({kinds[keys][0]() for _ in range(count)})
    attributes = {
        "keys_" + keys: known, "values_" + values: [kinds[values][0]() for _ in known]}
    # An empty list has no type.
    dtype = {"strings": object, "int64s": np.int64, "floats": np.float32}[keys]
    asked = [random.choice(known) if random.random() < 0.6 else kinds[keys][0]() for _ in range(20)]
    return ("LabelEncoder", attributes, [np.array(asked, dtype=dtype)], [kinds[values][1]],
            "ai.onnx.ml")


def vectorizer():
    """TfIdfVectorizer of words or numbers."""
    takes_words = random.random() < 0.5
    def item():
        return word(1, ["a", "b", "é", "c"]) if takes_words else random.randint(0, 4)
    longest = random.randint(1, 3)
    pool, starts = [], []
    for length in range(1, longest + 1):
        starts.append(len(pool))
        grams = {tuple(item() for _ in range(length)) for _ in range(random.randint(1, 6))}
        pool += [part for gram in sorted(grams) for part in gram]
    count = sum((end - start) // (place + 1) for place, (start, end) in
                enumerate(zip(starts, starts[1:] + [len(pool)])))
    indexes = list(range(count))
    random.shuffle(indexes)
    attributes = {
        "mode": random.choice(["TF", "IDF", "TFIDF"]), "ngram_counts": starts,
        "ngram_indexes": indexes, "max_skip_count": random.randint(0, 3),
        "max_gram_length": longest, "min_gram_length": random.randint(1, longest),
        "pool_strings" if takes_words else "pool_int64s": pool}
    if random.random() < 0.5:
        attributes["weights"] = [random.randint(1, 9) / 2 for _ in indexes]
    shape = random.choice([(7,), (2, 6), (1, 1)])
    values = np.array([item() for _ in range(int(np.prod(shape)))],
                      dtype=object if takes_words else np.int64).reshape(shape)
    return "TfIdfVectorizer", attributes, [values], [FLOAT], ""


def normalizer():
    """StringNormalizer without changes of case, which need a locale of the machine."""
    attributes = {"stopwords": [word(1) for _ in range(3)], "is_case_sensitive": 1, "locale": "C"}
    return "StringNormalizer", attributes, [strings(6, most=1)], [STRING], ""


def movement():
    """Operators that move or compare elements of any type."""
    values, rows = strings(3, 4), strings(3, 4)
    places = np.random.default_rng(random.randint(0, 99)).integers(-3, 3, (3, 4))
    mask = np.array([random.random() < 0.5 for _ in range(12)]).reshape(3, 4)
    column = np.array([[1], [0]])
    choices = [
        ("Transpose", {"perm": [1, 0]}, [values]), ("Flatten", {"axis": 0}, [values]),
        ("Concat", {"axis": 1}, [values, rows]),
        # onnxruntime 1.31 gathers the first string of each slice only.
        ("Gather", {"axis": 0}, [values.reshape(-1), places]),
        ("GatherElements", {"axis": 0}, [values, places]),
        ("GatherND", {}, [values, column]), ("ScatterND", {}, [values, column, rows[:2]]),
        ("Where", {}, [mask, values, rows[:1]]), ("Identity", {}, [values]),
        ("Equal", {}, [values, rows[:, :1]]), ("Squeeze", {}, [values[:, None]]),
        ("Compress", {"axis": 0}, [values, mask[:, 0]]), ("Shape", {}, [values]),
        ("Size", {}, [values]), ("Unique", {"axis": 0, "sorted": random.randint(0, 1)}, [values]),
        ("Unique", {"sorted": random.randint(0, 1)}, [strings(9, most=1)]),
    ]
    operator, attributes, inputs = random.choice(choices)
    if operator == "Unique":
        return operator, attributes, inputs, [STRING, INT64, INT64, INT64], ""
    outputs = {"Equal": BOOL, "Shape": INT64, "Size": INT64}.get(operator, STRING)
    return operator, attributes, inputs, [outputs], ""


def cast():
    """Cast between strings and numbers."""
    numbers = np.random.default_rng(random.randint(0, 1 << 30))
    kind = random.choice([np.float32, np.float64, np.float16, np.int8, np.int64, np.uint64, np.bool_])
    target = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    is_real = issubclass(kind, np.floating)
    if is_real:
        values = numbers.standard_normal(40) * 10.0 ** numbers.integers(-12, 12, 40)
        values[:3] = [0, np.inf, -np.inf]
        with np.errstate(over="ignore"):
            values = np.where(numbers.random(40) < 0.3, np.round(values, 2), values).astype(kind)
    else:
        values = numbers.integers(0, 1 << 62, 40).astype(kind)
    if random.random() < 0.5:
        return "Cast", {"to": STRING}, [values], [STRING], ""
    style = random.choice(["{:.9e}", "{:.3f}", " {:+.17G}"]) if is_real else "{:d}"
    texts = np.array([style.format(value if is_real else int(value)) for value in values], object)
    return "Cast", {"to": target}, [texts], [target], ""


def element(array):
    """The element type of an input."""
    return STRING if array.dtype == object else helper.np_dtype_to_tensor_dtype(array.dtype)


def write(folder, kind):
    """Writes one case; whether onnxruntime takes it."""
    operator, attributes, inputs, outputs, domain = kind()
    names = [f"x{place}" for place in range(len(inputs))]
    results = [f"y{place}" for place in range(len(outputs))]

    def model(shapes):
        graph = helper.make_graph(
            [helper.make_node(operator, names, results, domain=domain, **attributes)], "g",
            [helper.make_tensor_value_info(name, element(value), value.shape)
             for name, value in zip(names, inputs)],
            [helper.make_tensor_value_info(name, type, shape)
             for name, type, shape in zip(results, outputs, shapes)])
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 4)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            model([None] * len(outputs)).SerializeToString(), options,
            providers=["CPUExecutionProvider"])
        answers = session.run(None, dict(zip(names, inputs)))
    except Exception:  # what onnxruntime refuses is no case
        return False
    data = folder / "test_data_set_0"
    data.mkdir(parents=True)
    onnx.save(model([answer.shape for answer in answers]), folder / "model.onnx")
    for side, values in (("input", inputs), ("output", answers)):
        for place, value in enumerate(values):
            proto = numpy_helper.from_array(np.asarray(value))
            (data / f"{side}_{place}.pb").write_bytes(proto.SerializeToString())
    return True


def main():
    apus = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    with tempfile.TemporaryDirectory() as work:
        written = 0
        for kind in (regex, split, concat, labels, vectorizer, normalizer, movement, cast):
            for number in range(count):
                written += write(Path(work) / f"{kind.__name__}_{number}", kind)
        print(f"{written} cases", flush=True)
        backend = sys.argv[4] if len(sys.argv) > 4 else "bytecode"
        sys.exit(subprocess.run([apus, "verify", work, "--backend", backend]).returncode)


if __name__ == "__main__":
    main()
