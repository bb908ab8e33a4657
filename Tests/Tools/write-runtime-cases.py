#!/usr/bin/env python3
"""Writes cases that the ONNX backend suite leaves out, with the outputs of onnxruntime.

Each case is a folder that `apus verify` reads; all numbers come from one seed.
    usage: write-runtime-cases.py FOLDER
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(1)
ML = "ai.onnx.ml"


def real(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


class Writer:
    """Writes one case per call into a folder."""

    def __init__(self, target):
        self.target = target

    def __call__(self, name, operator, inputs, outputs=1, constants=(), opset=17, ml=3, **attributes):
        """One node; `inputs` are arrays, or None for what is left out, `constants` their places."""
        names = [f"x{i}" if value is not None else "" for i, value in enumerate(inputs)]
        domain, _, kind = operator.rpartition(":")
        node = helper.make_node(kind, names, [f"y{i}" for i in range(outputs)], domain=domain,
                                **attributes)
        given = {names[i]: value for i, value in enumerate(inputs)
                 if value is not None and i not in constants}
        graph = helper.make_graph(
            [node], name,
            [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
             for n, v in given.items()],
            [helper.make_empty_tensor_value_info(n) for n in node.output],
            [numpy_helper.from_array(inputs[i], names[i]) for i in constants])
        versions = [helper.make_opsetid("", opset)]
        if domain:
            versions.append(helper.make_opsetid(domain, ml if domain == ML else 1))
        model = helper.make_model(graph, opset_imports=versions, ir_version=8)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        results = session.run(None, given)
        del model.graph.output[:]
        for output, result in zip(node.output, results):
            kind = helper.np_dtype_to_tensor_dtype(result.dtype)
            model.graph.output.append(helper.make_tensor_value_info(output, kind, result.shape))
        place = self.target / name / "test_data_set_0"
        place.mkdir(parents=True)
        (self.target / name / "model.onnx").write_bytes(model.SerializeToString())
        for kind, arrays in (("input", given.values()), ("output", results)):
            for index, array in enumerate(arrays):
                tensor = numpy_helper.from_array(array)
                (place / f"{kind}_{index}.pb").write_bytes(tensor.SerializeToString())


def write_recurrent(write):
    """Recurrent layers over sequences of different lengths."""
    steps, batch, width, hidden = 5, 4, 3, 2
    lengths = np.array([5, 1, 3, 4], np.int32)
    for kind, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        for direction in ("forward", "reverse", "bidirectional"):
            ways = 2 if direction == "bidirectional" else 1
            states = [real(ways, batch, hidden)] * (2 if kind == "LSTM" else 1)
            peeps = [real(ways, 3 * hidden)] if kind == "LSTM" else []
            inputs = [real(steps, batch, width), real(ways, gates * hidden, width),
                      real(ways, gates * hidden, hidden), real(ways, 2 * gates * hidden), lengths]
            more = {"linear_before_reset": 1} if kind == "GRU" and ways == 2 else {}
            write(f"{kind.lower()}_lengths_{direction}", kind, inputs + states + peeps,
                  outputs=3 if kind == "LSTM" else 2, constants=(1, 2, 3),
                  hidden_size=hidden, direction=direction, **more)


def write_determinants(write):
    """Determinants that need their rows swapped, and those that vanish."""
    matrices = real(2, 3, 5, 5)
    matrices[0, 0, 0, 0] = 0
    matrices[1, 1, 3] = matrices[1, 1, 2]
    write("det_5x5", "Det", [matrices])
    write("det_1x1", "Det", [real(4, 1, 1)])


def write_signals(write):
    """Filter banks of speech front ends."""
    for name, bins, length, low, high in (("narrow", 8, 64, 20, 4000), ("wide", 40, 512, 0, 8000)):
        numbers = [np.array(bins), np.array(length), np.array(16000), np.float32(low), np.float32(high)]
        write(f"mel_{name}", "MelWeightMatrix", [np.array(number) for number in numbers],
              constants=(0, 1))


def write_pools(write):
    """Norms of whole images."""
    for power in (1, 2, 3):
        write(f"global_lp_pool_{power}", "GlobalLpPool", [real(2, 3, 4, 5)], p=power)


def write_features(write):
    """Preparation of features."""
    table = real(5, 3)
    write("scaler", ML + ":Scaler", [table], offset=[1.0, 2.0, 3.0], scale=[0.5, 2.0, -1.0])
    write("scaler_one", ML + ":Scaler", [np.arange(6).reshape(2, 3)], offset=[1.0], scale=[0.5])
    for norm in ("MAX", "L1", "L2"):
        rows = table.copy()
        rows[2] = 0
        write(f"normalizer_{norm.lower()}", ML + ":Normalizer", [rows], norm=norm)
    write("one_hot_encoder", ML + ":OneHotEncoder", [np.array([[3, 9], [-1, 5]])],
          cats_int64s=[9, 3, -1], zeros=1)
    write("one_hot_encoder_floats", ML + ":OneHotEncoder", [np.float32([1, 2, 7])],
          cats_int64s=[7, 1, 2], zeros=0)
    gaps = table.copy()
    gaps[1, 1] = gaps[4, 0] = np.nan
    write("imputer_nan", ML + ":Imputer", [gaps], imputed_value_floats=[1.0, 2.0, 3.0],
          replaced_value_float=float("nan"))
    write("imputer_whole", ML + ":Imputer", [np.array([[1, -1, 3]])], imputed_value_int64s=[7],
          replaced_value_int64=-1)
    write("feature_vectorizer", ML + ":FeatureVectorizer", [table, real(5, 2)],
          inputdimensions=[3, 2])
    write("array_feature_extractor", ML + ":ArrayFeatureExtractor", [table, np.array([[2, 0]])])
    write("array_feature_extractor_row", ML + ":ArrayFeatureExtractor",
          [real(4), np.array([3, 1, 1])])
    write("label_encoder_whole", ML + ":LabelEncoder", [np.array([[5, 2], [8, 5]])],
          keys_int64s=[2, 5, 5], values_int64s=[20, 50, 51], default_int64=-7)
    for version in (3, 4):
        write(f"label_encoder_floats_{version}", ML + ":LabelEncoder", ml=version,
              inputs=[np.float32([1.5, np.nan, 3])], keys_floats=[float("nan"), 1.5],
              values_int64s=[4, 6])
    write("label_encoder_reals", ML + ":LabelEncoder", [np.array([1, 2, 3])],
          keys_int64s=[3, 1], values_floats=[0.5, 1.5], default_float=9.5)


def write_linear_models(write):
    """Linear models and support vector machines."""
    rows = real(6, 4)
    for name in ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"):
        low = name.lower()
        write(f"linear_regressor_{low}", ML + ":LinearRegressor", [rows], targets=3,
              coefficients=real(12), intercepts=real(3), post_transform=name)
        write(f"linear_classifier_{low}", ML + ":LinearClassifier", [rows], outputs=2,
              coefficients=real(12), intercepts=real(3), classlabels_ints=[4, 2, 9],
              post_transform=name)
        write(f"linear_classifier_binary_{low}", ML + ":LinearClassifier", [rows], outputs=2,
              coefficients=real(4), intercepts=real(1), classlabels_ints=[4, 2],
              post_transform=name)
    write("linear_regressor_probit", ML + ":LinearRegressor", [RANDOM.random((6, 1), np.float32)],
          coefficients=[0.9], intercepts=[0.05], post_transform="PROBIT")
    parameters = {"kernel_params": [0.3, 0.2, 2.0], "support_vectors": real(20)}
    for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
        low = kernel.lower()
        write(f"svm_regressor_{low}", ML + ":SVMRegressor", [rows], coefficients=real(5),
              rho=real(1), n_supports=5, kernel_type=kernel, **parameters)
        write(f"svm_classifier_{low}", ML + ":SVMClassifier", [rows], outputs=2,
              coefficients=real(10), rho=real(3), vectors_per_class=[2, 1, 2], kernel_type=kernel,
              classlabels_ints=[3, 1, 8], **parameters)
        write(f"svm_binary_{low}", ML + ":SVMClassifier", [rows], outputs=2,
              coefficients=real(5), rho=real(1), vectors_per_class=[2, 3], kernel_type=kernel,
              classlabels_ints=[3, 1], **parameters)
    write("svm_one_class", ML + ":SVMRegressor", [rows], coefficients=real(5), rho=real(1),
          n_supports=5, kernel_type="RBF", one_class=1, **parameters)


def write_binary_trees(write):
    """Gradient-boosted trees for two classes, which share one score."""
    links = {"nodes_treeids": [0, 0, 0, 1], "nodes_nodeids": [0, 1, 2, 0],
             "nodes_featureids": [0, 0, 0, 0], "nodes_values": [0.5, 0.0, 0.0, 0.0],
             "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF", "LEAF"],
             "nodes_truenodeids": [1, 0, 0, 0], "nodes_falsenodeids": [2, 0, 0, 0],
             "class_treeids": [0, 0, 1], "class_nodeids": [1, 2, 0], "class_ids": [0, 0, 0]}
    for kind, weights in (("chance", [0.2, 0.7, 0.1]), ("odds", [-0.4, 0.3, 0.2])):
        for name in ("NONE", "LOGISTIC", "SOFTMAX"):
            for base in ([], [0.15]):
                write(f"trees_{kind}_{name.lower()}_{len(base)}", ML + ":TreeEnsembleClassifier",
                      [np.float32([[-1], [0.5], [0.6]])], outputs=2, class_weights=weights,
                      classlabels_int64s=[4, 9], post_transform=name, **links,
                      **({"base_values": base} if base else {}))


def write_labels(write):
    """Classes that are strings, and those that their names or numbers stand for."""
    rows, names = real(6, 4), ["oak", "ash", "élan"]
    write("linear_classifier_strings", ML + ":LinearClassifier", [rows], outputs=2,
          coefficients=real(12), intercepts=real(3), classlabels_strings=names)
    write("linear_binary_strings", ML + ":LinearClassifier", [rows], outputs=2,
          coefficients=real(4), intercepts=real(1), classlabels_strings=names[:2])
    write("svm_classifier_strings", ML + ":SVMClassifier", [rows], outputs=2,
          coefficients=real(10), rho=real(3), vectors_per_class=[2, 1, 2], kernel_type="LINEAR",
          kernel_params=[0.0, 0.0, 0.0], support_vectors=real(20), classlabels_strings=names)
    write("trees_strings", ML + ":TreeEnsembleClassifier", [rows], outputs=2,
          nodes_treeids=[0, 0, 0], nodes_nodeids=[0, 1, 2], nodes_featureids=[1, 0, 0],
          nodes_values=[0.1, 0.0, 0.0], nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
          nodes_truenodeids=[1, 0, 0], nodes_falsenodeids=[2, 0, 0], class_treeids=[0, 0, 0],
          class_nodeids=[1, 1, 2], class_ids=[0, 1, 2], class_weights=[0.2, 0.7, 0.9],
          classlabels_strings=names)
    words = np.array([["ash", "fir"], ["oak", ""]], object)
    write("one_hot_encoder_strings", ML + ":OneHotEncoder", [words], cats_strings=names, zeros=1)
    for name, value in (("names", words), ("numbers", np.array([[4, 7], [-1, 9]]))):
        write(f"category_mapper_{name}", ML + ":CategoryMapper", [value], ml=1,
              cats_strings=names + ["oak"], cats_int64s=[7, 4, 9, 4], default_int64=-5,
              default_string="none")
    for name, kind in (("float", np.float32), ("double", np.float64), ("half", np.float16),
                       ("int64", np.int64), ("uint8", np.uint8), ("bool", np.bool_)):
        numbers = (np.array([0, 1, 2.5, -314.15926, 1e-7, 65504, 3e9]) if "0." in str(kind(0))
                   else np.array([0, 1, 7, 255])).astype(kind)
        write(f"cast_{name}_to_string", "Cast", [numbers], to=TensorProto.STRING)
        texts = np.array([str(number) for number in numbers.astype(float).tolist()], object)
        write(f"cast_string_to_{name}", "Cast", [texts],
              to=helper.np_dtype_to_tensor_dtype(np.dtype(kind)))
    for name, delimiter in (("space", ""), ("comma", ",")):
        write(f"string_split_none_{name}", "StringSplit", outputs=2, opset=20, maxsplit=0,
              inputs=[np.array([" a b,c", "  ", "x,y"], object)], delimiter=delimiter)


def write_chances(write):
    """Chances of more than two classes, from support vector machines."""
    for classes, name in ((3, "NONE"), (4, "NONE"), (5, "SOFTMAX"), (8, "LOGISTIC")):
        pairs, vectors = classes * (classes - 1) // 2, 2 * classes
        write(f"svm_chances_{classes}", ML + ":SVMClassifier", [real(7, 3)], outputs=2,
              coefficients=real(vectors * (classes - 1)), rho=real(pairs), kernel_type="RBF",
              kernel_params=[0.4, 0.0, 0.0], support_vectors=real(3 * vectors),
              vectors_per_class=[2] * classes, prob_a=-1 - RANDOM.random(pairs),
              prob_b=0.1 * real(pairs), classlabels_ints=list(range(classes)),
              post_transform=name)


def write_regions(write):
    """Regions inside an image, across its edges, outside, upside down, and with empty bins."""
    image = real(2, 3, 7, 9)
    regions = np.float32([[0, 1, 1, 5, 6], [1, -3, -2, 4, 3], [1, 12, 10, 15, 13], [0, 6, 5, 2, 1],
                          [0, 2.5, 3.5, 3.5, 4.5], [1, 0, 0, 17, 13]])
    for bins in ([1, 1], [2, 3], [7, 5]):
        for scale in (1.0, 0.5):
            write(f"max_roi_pool_{bins[0]}x{bins[1]}_{scale}", "MaxRoiPool", [image, regions],
                  pooled_shape=bins, spatial_scale=scale)


def main(target):
    write = Writer(target)
    write_recurrent(write)
    write_determinants(write)
    write_signals(write)
    write_pools(write)
    write_features(write)
    write_linear_models(write)
    write_binary_trees(write)
    write_labels(write)
    write_chances(write)
    write_regions(write)


main(Path(sys.argv[1]))
