#!/usr/bin/env python3
"""Tests the Python package with the digits model; skips where numpy is missing.

    usage: test.py [path/to/digits]
"""
import pathlib
import sys
import unittest

try:
    import numpy
except ImportError:
    print("skipped: numpy is missing")
    sys.exit(0)

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import apus  # noqa: E402

MODEL = HERE.parent / "digits" / "digits.onnx"
IMAGES = HERE.parent / "digits" / "test-images.npz"


def expected():
    """Images and the labels that people gave them."""
    arrays = numpy.load(IMAGES)
    return arrays["in:image"], arrays["label"]


class PackageTests(unittest.TestCase):
    def test_reads_digits(self):
        images, labels = expected()
        results = apus.run(MODEL, {"image": images}, N=(1, len(images)))
        right = numpy.mean(results["probabilities"].argmax(axis=1) == labels)
        self.assertGreater(right, 0.98)

    def test_graphs_print_and_parse(self):
        graph = apus.Graph.load(MODEL.read_bytes(), N=1)
        graph.verify()
        text = graph.text(full=True)
        self.assertEqual(apus.Graph.parse(text).text(full=True), text)
        self.assertIn("softmax", str(graph))
        self.assertEqual(apus.diff(graph, apus.Graph.parse(text))["gate"], "passed")

    def test_compiles(self):
        graph = apus.Graph.load(MODEL, N=1)
        graph.passes("canonicalize")
        graph.optimize()
        self.assertIn(b"digits_run", graph.compile("c", name="digits"))
        session = apus.Session(graph.compile())
        self.assertEqual([port.name for port in session.inputs], ["image"])
        self.assertEqual(session.outputs[0].shape, (1, 10))
        image = numpy.zeros((1, 1, 8, 8), numpy.float32)
        again = apus.Graph.load(graph.compile("onnx"))
        results = [session(image=image), apus.run(again, {"image": image})]
        numpy.testing.assert_allclose(
            results[0]["probabilities"], results[1]["probabilities"], rtol=1e-5, atol=1e-7)

    def test_finds_differences(self):
        report = apus.diff(MODEL, apus.Graph.load(MODEL, N=2))
        self.assertEqual(report["gate"], "failed")
        self.assertIn("interface", {change["class"] for change in report["changes"]})
        self.assertEqual(
            apus.diff(MODEL, apus.Graph.load(MODEL, N=2), fail_on="none")["gate"], "passed")

    def test_strings(self):
        graph = apus.Graph.parse("""
            graph @upper(%x: tensor<2x2xstring>) -> (y: tensor<2x2xstring>) {
              %0 = map %x {f = (a: string) upper(a)} : tensor<2x2xstring>
              return %0
            }""")
        words = numpy.array([["one", ""], ["größer", b"a\xffb"]], object)
        wanted = [["ONE", ""], ["GRÖßER", "A\udcffB"]]
        self.assertEqual(apus.Session(graph)(x=words)["y"].tolist(), wanted)
        plain = numpy.array([["one", "two"], ["three", "four"]])
        self.assertEqual(apus.Session(graph)(x=plain)["y"][1, 1], "FOUR")
        with self.assertRaises(TypeError):
            apus.Session(graph)(x=numpy.zeros((2, 2)))

    def test_refuses(self):
        with self.assertRaises(apus.Error) as caught:
            apus.Graph.parse("graph @g(")
        self.assertEqual(caught.exception.code, 3)
        with self.assertRaises(apus.Error) as caught:
            apus.Session(apus.Graph.load(MODEL))
        self.assertEqual(caught.exception.code, 4)
        session = apus.Session(apus.Graph.load(MODEL, N=1))
        with self.assertRaises(ValueError):
            session(picture=numpy.zeros(3))
        with self.assertRaises(apus.Error) as caught:
            session(image=numpy.zeros((2, 1, 8, 8), numpy.float32))
        self.assertIn("image", str(caught.exception))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
