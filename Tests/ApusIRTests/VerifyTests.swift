import ApusIR
import Testing

@Suite struct VerifyTests {
  /// The problems of a text at a stage.
  private func problems(_ text: String, _ stage: Graph.Stage) throws -> [String] {
    do throws(VerificationError) {
      try (try? Graph(parsing: text))?.verify(stage: stage)
      return []
    } catch {
      return error.problems.map(\.id)
    }
  }

  private static let kernel = """
    graph @g(%a: tensor<2xf32>) -> (y: tensor<2xf32>) {
      %0 = kernel %a : tensor<2xf32> do (%0: tensor<2xf32>) -> (y: tensor<2xf32>) {
        %1 = BODY
        return %1
      }
      return %0
    }
    """

  private func kernel(_ body: String) -> String {
    Self.kernel.split(separator: "BODY", omittingEmptySubsequences: false).joined(separator: body)
  }

  @Test func stagesAllowWhatTheyShould() throws {
    let fused = kernel("softmax %0 {axis = 0} : tensor<2xf32>")
    #expect(try problems(fused, .imported) == ["stage"])
    #expect(try problems(fused, .optimised) == [])
    #expect(try problems(fused, .laidOut) == [])
    let laidOut = """
      graph @g(%a: tensor<2x3xf32>) -> (y: tensor<2x3xf32>) {
        %0 = relayout %a {layout = <order(1,0)>} : tensor<2x3xf32, order(1,0)>
        %1 = relayout %0 {layout = <>} : tensor<2x3xf32>
        return %1
      }
      """
    #expect(try problems(laidOut, .optimised) == ["layout", "stage", "stage"])
    #expect(try problems(laidOut, .laidOut) == [])
  }

  @Test(arguments: [
    ("transpose %0 {permutation = [0]} : tensor<2xf32>", ["kernel-root"]),
    ("map %0 {f = (a: f32) exp(a)} : tensor<2xf32>", []),
    (
      "softmax %0 {axis = 0} : tensor<2xf32>\n %2 = softmax %1 {axis = 0} : tensor<2xf32>",
      ["kernel-form"]
    ),
    (
      """
      kernel %0 : tensor<2xf32> do (%0: tensor<2xf32>) -> (y: tensor<2xf32>) {
        return %0
      }
      """, ["kernel-nesting"]
    ),
  ])
  func kernelForms(_ body: String, _ expected: [String]) throws {
    #expect(try problems(kernel(body), .optimised) == expected)
  }

  @Test func epiloguesTakeTheRoot() throws {
    let text = """
      graph @g(%a: tensor<2xf32>) -> (y: tensor<2xf32>) {
        %0 = kernel %a : tensor<2xf32> do (%0: tensor<2xf32>) -> (y: tensor<2xf32>) {
          %1 = softmax %0 {axis = 0} : tensor<2xf32>
          %2 = MAP
          return %2
        }
        return %0
      }
      """
    func with(_ map: String) throws -> [String] {
      try problems(
        text.split(separator: "MAP").joined(separator: map + " : tensor<2xf32>"), .optimised)
    }
    #expect(try with("map %1, %0 {f = (a: f32, b: f32) add(a, b)}") == [])
    #expect(try with("map %0 {f = (a: f32) exp(a)}") == ["kernel-epilogue"])
    #expect(try with("map %1, %1 {f = (a: f32, b: f32) add(a, b)}") == ["kernel-epilogue"])
  }

  @Test func wrongTypesAndNamesAreFound() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.f32, [2]))
    let y = graph.append(.softmax(Softmax(axis: 3)), [x], typed: [TensorType(.f32, [2])])
    let z = graph.append(.softmax(Softmax(axis: 0)), [x], typed: [TensorType(.f64, [2])])
    _ = graph.append(.softmax(Softmax(axis: 0)), [x], typed: [])
    graph.addOutput(y[0], name: "y")
    graph.addOutput(z[0], name: "y")
    graph.outputs.append(x)
    let error = #expect(throws: VerificationError.self) { try graph.verify(stage: .imported) }
    #expect(
      error?.problems.map(\.description) == [
        "node 0: axis 3 of a float tensor expected [axis-range]",
        "node 1: the result is tensor<2xf32>, not tensor<2xf64> [result-type]",
        "node 2: 1 results expected, 0 given [result-count]",
        "graph: 3 outputs have 2 names [output-names]",
        "graph: two outputs are called y [output-names]",
      ])
  }

  @Test func valuesOfOtherGraphsAreFound() throws {
    var other = Graph(name: "other")
    for _ in 0..<4 { _ = other.addInput(nil, TensorType(.f32, [2])) }
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.f32, [2]))
    _ = graph.append(
      .softmax(Softmax(axis: 0)), [other.inputs[3]], typed: [TensorType(.f32, [2])])
    graph.addOutput(x, name: "x")
    let error = #expect(throws: VerificationError.self) { try graph.verify(stage: .imported) }
    #expect(error?.problems.map(\.id) == ["operand-order"])
  }
}
