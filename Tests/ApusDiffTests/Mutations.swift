import ApusDiff
import Testing

/// A change of a graph's text with the classes of change that it is.
struct Mutation: CustomTestStringConvertible, Sendable {
  var name: String
  var edits: [(String, String)]
  var classes: Set<DiffReport.Class>

  init(_ name: String, _ edits: [(String, String)], _ classes: DiffReport.Class...) {
    self.name = name
    self.edits = edits
    self.classes = Set(classes)
  }

  var testDescription: String { name }

  /// The base with all edits made.
  var text: String {
    edits.reduce(Mutation.base) { text, edit in
      if !text.contains(edit.0) { Issue.record("\(name): no \(edit.0)") }
      return text.replacing(edit.0, with: edit.1)
    }
  }

  /// A block with weights and a residual, a branch of its own per output, and two inputs alike.
  static let base = """
    graph @net(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>) \
    -> (p: tensor<4x8xf32>, q: tensor<8x4xf32>) {
      %w = constant 0x0000803f000000400000404000008040 : tensor<4x1xf32>
      %v = constant 0x0000804000004040000000400000803f : tensor<4x1xf32>
      %a = map %x, %w {f = (a: f32, b: f32) mul(a, b)} : tensor<4x8xf32>  @ "a"
      %b = map %a {f = (a: f32) max(a, 0.0:f32)} : tensor<4x8xf32>  @ "b"
      %d = map %b, %v {f = (a: f32, b: f32) add(a, b)} : tensor<4x8xf32>  @ "d"
      %e = map %d, %x {f = (a: f32, b: f32) add(a, b)} : tensor<4x8xf32>  @ "e"
      %s = softmax %e {axis = 1} : tensor<4x8xf32>  @ "s"
      %m = map %s, %y {f = (a: f32, b: f32) sub(a, b)} : tensor<4x8xf32>  @ "m"
      %n = normalize %m {axis = 1, epsilon = 0.001} : tensor<4x8xf32>  @ "n"
      %t = transpose %e {permutation = [1, 0]} : tensor<8x4xf32>  @ "t"
      %u = map %t {f = (a: f32) tanh(a)} : tensor<8x4xf32>  @ "u"
      return %n, %u
    }

    """

  static let all = same + interface + topology + moves + attribute + weight + precision

  private static let w = "0x0000803f000000400000404000008040"
  private static let v = "0x0000804000004040000000400000803f"

  private static func line(of name: String) -> String {
    base.split(separator: "\n").first { $0.hasPrefix("  %\(name) =") }.map { $0 + "\n" } ?? ""
  }

  private static func moved(_ name: String, before other: String) -> [(String, String)] {
    [(line(of: name), ""), (line(of: other), line(of: name) + line(of: other))]
  }

  private static let same: [Mutation] = [
    Mutation("nothing", []),
    Mutation(
      "values renamed",
      ["a", "b", "d", "e"].map { ("%\($0) ", "%other_\($0) ") }
        + ["b", "d"].map { ("%\($0),", "%other_\($0),") }),
    Mutation("nodes renamed", ["a", "b", "s", "n"].map { ("\"\($0)\"", "\"other\($0)\"") }),
    Mutation("origins lost", [("  @ \"e\"", "")]),
    Mutation("reordered", moved("t", before: "s")),
    Mutation("reordered far", moved("v", before: "w")),
    Mutation("commuted product", [("map %x, %w", "map %w, %x")]),
    Mutation("commuted sum", [("map %d, %x", "map %x, %d")]),
    Mutation("commuted formula", [("max(a, 0.0:f32)", "max(0.0:f32, a)")]),
    Mutation(
      "default made explicit", [("{axis = 1, epsilon", "{axis = 1, centered = true, epsilon")]),
    Mutation("softmax default", [("{axis = 1} :", "{axis = 1, logarithm = false} :")]),
    Mutation(
      "dead node", [("  %s =", "  %z = map %e {f = (a: f32) exp(a)} : tensor<4x8xf32>\n  %s =")]),
    Mutation("dead constant", [("  %a =", "  %z = constant 0x00000000 : tensor<1xf32>\n  %a =")]),
    Mutation(
      "identity",
      [
        ("  %s =", "  %z = map %e {f = (a: f32) a} : tensor<4x8xf32>\n  %s ="),
        ("softmax %e", "softmax %z"),
      ]),
    Mutation(
      "identity at the end",
      [
        ("  return %n", "  %z = map %n {f = (a: f32) a} : tensor<4x8xf32>\n  return %z")
      ]),
    Mutation(
      "constant twice",
      [
        ("  %a =", "  %w2 = constant \(w) : tensor<4x1xf32>\n  %a ="),
        ("map %x, %w", "map %x, %w2"),
      ]),
    Mutation("graph renamed", [("@net", "@other")], .metadata),
  ]

  private static let interface: [Mutation] = [
    Mutation("input renamed", [("%y", "%image")], .interface),
    Mutation("output renamed", [("(p:", "(scores:")], .interface),
    Mutation(
      "inputs in another order",
      [
        ("(%x: tensor<4x8xf32>, %y: tensor<4x8xf32>)", "(%y: tensor<4x8xf32>, %x: tensor<4x8xf32>)")
      ], .interface),
    Mutation("dynamic batch", [("x8xf32>", "xNxf32>"), ("<8x", "<Nx")], .interface),
    Mutation("wider", [("x8xf32>", "x9xf32>"), ("<8x", "<9x")], .interface),
    Mutation(
      "input added", [("%y: tensor<4x8xf32>)", "%y: tensor<4x8xf32>, %z: tensor<3xf32>)")],
      .interface),
    Mutation("bounds", [("q: tensor<8x4xf32>)", "q: tensor<8x4xf32>) where N = 1..8")], .interface),
  ]

  private static let topology: [Mutation] = [
    Mutation(
      "residual dropped",
      [(line(of: "e"), ""), ("softmax %e", "softmax %d"), ("transpose %e", "transpose %d")],
      .topology),
    Mutation(
      "residual added",
      [
        ("  %n =", "  %z = map %m, %e {f = (a: f32, b: f32) add(a, b)} : tensor<4x8xf32>\n  %n ="),
        ("normalize %m", "normalize %z"),
      ], .topology),
    Mutation("residual from elsewhere", [("map %d, %x", "map %d, %a")], .topology),
    Mutation("activation dropped", [(line(of: "b"), ""), ("map %b", "map %a")], .topology),
    Mutation(
      "activation added",
      [
        ("  %s =", "  %z = map %e {f = (a: f32) max(a, 0.0:f32)} : tensor<4x8xf32>\n  %s ="),
        ("softmax %e", "softmax %z"),
      ], .topology),
    Mutation("another activation", [("tanh(a)", "sigmoid(a)")], .topology),
    Mutation(
      "another operator", [("softmax %e {axis = 1}", "normalize %e {axis = 1, epsilon = 0.5}")],
      .topology),
    Mutation("operands swapped", [("map %s, %y", "map %y, %s")], .topology),
    Mutation(
      "inputs swapped",
      [("map %s, %y", "map %s, %x"), ("map %x, %w", "map %y, %w"), ("map %d, %x", "map %d, %y")],
      .topology),
    Mutation(
      "sum became difference",
      [("%d = map %b, %v {f = (a: f32, b: f32) add", "%d = map %b, %v {f = (a: f32, b: f32) sub")],
      .topology),
    Mutation(
      "bias added",
      [
        ("  %s =", "  %z = map %e, %v {f = (a: f32, b: f32) add(a, b)} : tensor<4x8xf32>\n  %s ="),
        ("softmax %e", "softmax %z"),
      ], .topology),
    Mutation(
      "node doubled",
      [
        ("  %u =", "  %z = map %t {f = (a: f32) tanh(a)} : tensor<8x4xf32>\n  %u ="),
        (
          "map %t {f = (a: f32) tanh(a)} : tensor<8x4xf32>  @",
          "map %z {f = (a: f32) tanh(a)} : tensor<8x4xf32>  @"
        ),
      ], .topology),
    Mutation("output from elsewhere", [("return %n", "return %m")], .topology),
    Mutation(
      "fused activation",
      [(line(of: "b"), ""), ("map %b", "map %a"), ("mul(a, b)", "max(mul(a, b), 0.0:f32)")],
      .topology),
    Mutation("formula fused", [("tanh(a)", "tanh(neg(a))")], .topology),
  ]

  /// One node each, or a block of them, stands elsewhere along the graph.
  static let moves: [Mutation] = [
    Mutation(
      "activation behind the sum",
      [
        (line(of: "b") + line(of: "d"), line(of: "d") + line(of: "b")),
        ("map %b, %v", "map %a, %v"),
        ("map %a {f", "map %d {f"), ("map %d, %x", "map %b, %x"),
      ], .topology),
    Mutation(
      "activation to the other branch",
      [
        (line(of: "b"), ""), ("map %b", "map %a"),
        (
          "  %u =",
          "  %b = map %t {f = (a: f32) max(a, 0.0:f32)} : tensor<8x4xf32>  @ \"b\"\n  %u ="
        ), ("map %t {f = (a: f32) tanh", "map %b {f = (a: f32) tanh"),
      ], .topology),
    Mutation(
      "softmax behind the difference",
      [
        (line(of: "s") + line(of: "m"), line(of: "m") + line(of: "s")),
        ("map %s, %y", "map %e, %y"),
        ("softmax %e", "softmax %m"), ("normalize %m", "normalize %s"),
      ], .topology),
    Mutation(
      "last operation first",
      [
        ("  %a =", "  %f = map %x {f = (a: f32) tanh(a)} : tensor<4x8xf32>\n  %a ="),
        ("map %x, %w", "map %f, %w"), ("map %d, %x", "map %d, %f"), (line(of: "u"), ""),
        ("return %n, %u", "return %n, %t"),
      ], .topology),
    Mutation(
      "two operations behind the residual",
      [
        (line(of: "e"), ""),
        ("  %b =", line(of: "e").replacing("%d", with: "%a") + "  %b ="),
        ("%b = map %a", "%b = map %e"), ("softmax %e", "softmax %d"),
        ("transpose %e", "transpose %d"),
      ], .topology),
  ]

  private static let attribute: [Mutation] = [
    Mutation("epsilon", [("0.001", "0.00001")], .attribute),
    Mutation("axis", [("softmax %e {axis = 1}", "softmax %e {axis = 0}")], .attribute),
    Mutation("flag", [("{axis = 1} :", "{axis = 1, logarithm = true} :")], .attribute),
    Mutation(
      "centered", [("{axis = 1, epsilon", "{axis = 1, centered = false, epsilon")], .attribute),
    Mutation("number of a formula", [("max(a, 0.0:f32)", "max(a, 0.5:f32)")], .attribute),
    Mutation(
      "two attributes", [("0.001", "0.1"), ("max(a, 0.0:f32)", "max(a, 0.5:f32)")], .attribute),
  ]

  private static let weight: [Mutation] = [
    Mutation("last bit", [(w, "0x0100803f000000400000404000008040")], .weight),
    Mutation("small noise", [(w, "0x0010803f000000400000404000008040")], .weight),
    Mutation("large noise", [(w, "0x0000a040000000400000404000008040")], .weight),
    Mutation(
      "sign of zero", [(v, "0x0000804000004040000000400000803f".replacing("803f", with: "80bf"))],
      .weight),
    Mutation(
      "both weights",
      [(w, "0x0000a040000000400000404000008040"), (v, "0x0000804000004040000000400000a040")],
      .weight),
    Mutation("weights swapped", [(w, "W"), (v, w), ("W", v)], .weight),
    Mutation(
      "weight and epsilon", [(w, "0x0000a040000000400000404000008040"), ("0.001", "0.1")], .weight,
      .attribute),
  ]

  private static let precision: [Mutation] = [
    Mutation(
      "double precision",
      [
        ("f32", "f64"),
        (w, "0x000000000000f03f" + "000000000000004000000000000008400000000000001040"),
        (v, "0x000000000000f03f" + "000000000000004000000000000008400000000000001040"),
      ], .precision, .interface)
  ]
}
