"""What a model computes, counted from its shapes."""

from math import prod

from onnx import helper, shape_inference


def shapes_of(graph):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {c.name: list(c.dims) for c in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    return shapes


def bytes_read(graph):
    """The bytes of constants, those left out of which nodes gather rows."""
    gathered = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    return sum(len(c.raw_data) for c in graph.initializer if c.name not in gathered)


def multiply_adds(graph):
    """The multiply-adds of products, convolutions and recurrent cells, those of bodies included."""
    shapes, total = shapes_of(graph), 0
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        dims, result = [shapes.get(i) for i in node.input], shapes.get(node.output[0])
        if node.op_type == "Conv":
            total += prod(result) * prod(dims[1][1:])
        elif node.op_type in ("Gemm", "MatMul"):
            total += prod(result) * dims[0][-1]
        elif node.op_type in ("LSTM", "GRU"):
            total += dims[0][0] * dims[0][1] * (prod(dims[1]) + prod(dims[2]))
        elif node.op_type == "Scan":
            steps = dims[-1][attributes["scan_input_axes"][-1]]
            total += steps * multiply_adds(attributes["body"])
    return total
