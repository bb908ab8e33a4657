"""Notes about the model have changed."""

import copy

from onnx import helper

from pairs.models import model, node, pair

PLAIN = model([node("Relu", "x", "y")])


def noted(write):
    """A model without notes, and one with what `write` notes."""
    other = copy.deepcopy(PLAIN)
    write(other)
    return PLAIN, other


@pair("metadata")
def the_model_renamed():
    def write(made):
        made.graph.name = "other"
    return noted(write)


@pair("metadata")
def the_producer_and_the_version():
    def write(made):
        made.producer_name, made.producer_version = "maker", "2.1"
        made.model_version, made.domain = 7, "org.example"
    return noted(write)


@pair("metadata")
def properties():
    return noted(lambda made: helper.set_model_props(made, {"licence": "MIT", "author": "a"}))


@pair("metadata")
def descriptions():
    def write(made):
        made.doc_string = "of the model"
        made.graph.doc_string = "of the graph"
        made.graph.node[0].doc_string = "of a node"
        made.graph.input[0].doc_string = "of an input"
    return noted(write)
