/// Writes protobuf messages byte by byte, independently of the code under test.
struct Proto {
  var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
  }

  func int(_ number: Int, _ value: Int) -> Proto {
    Proto(
      bytes: bytes + Proto.varint(UInt64(number) << 3)
        + Proto.varint(UInt64(bitPattern: Int64(value))))
  }

  func data(_ number: Int, _ value: [UInt8]) -> Proto {
    Proto(
      bytes: bytes + Proto.varint(UInt64(number) << 3 | 2) + Proto.varint(UInt64(value.count))
        + value)
  }

  func text(_ number: Int, _ value: String) -> Proto { data(number, Array(value.utf8)) }

  func message(_ number: Int, _ value: Proto) -> Proto { data(number, value.bytes) }

  func packed(_ number: Int, _ values: [Int]) -> Proto {
    data(number, values.flatMap { Proto.varint(UInt64(bitPattern: Int64($0))) })
  }

  func raw(_ value: [UInt8]) -> Proto { Proto(bytes: bytes + value) }
}

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
