import ApusTestSupport

/// A tensor named `w` with its type and extents.
func tensor(_ code: Int, _ extents: [Int]) -> Proto {
  extents.reduce(Proto()) { $0.int(1, $1) }.int(2, code).text(8, "w")
}

/// A node with one operand and one result.
func node(_ operatorType: String = "Relu") -> Proto {
  Proto().text(1, "x").text(2, "y").text(3, "n").text(4, operatorType)
}

/// A model around a graph; the operator set comes last, so that no part of it is a model.
func model(_ graph: Proto) -> [UInt8] {
  Proto().int(1, 8).text(2, "test").message(7, graph).message(8, Proto().text(1, "").int(2, 17))
    .bytes
}

/// A graph with one node and one initializer.
func graph(_ initializer: Proto? = nil, _ node: Proto = node()) -> Proto {
  let type = Proto().message(
    1,
    Proto().int(1, 1).message(
      2, Proto().message(1, Proto().text(2, "N")).message(1, Proto().int(1, 4))))
  let base = Proto().message(1, node).text(2, "g")
  return (initializer.map { base.message(5, $0) } ?? base)
    .message(11, Proto().text(1, "x").message(2, type))
    .message(12, Proto().text(1, "y").message(2, type))
}

/// The small model of these tests.
let smallModel = model(graph(tensor(1, [2]).data(9, [0, 0, 128, 63, 0, 0, 0, 64])))
