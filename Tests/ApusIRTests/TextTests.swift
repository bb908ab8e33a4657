import ApusIR
import Testing

@Suite struct TextTests {
  @Test(arguments: SampleGraphs.texts) func printingAParsedTextGivesItBack(_ text: String) throws {
    do {
      #expect(try Graph(parsing: text).text == text)
    } catch {
      Issue.record("\(error.diagnostics.map(\.text))")
    }
  }

  @Test func blanksAndCommentsAreFree() throws {
    let text = """
      // A comment.
      graph @ g ( % x : tensor < 2 x f32 > ) -> ( ) { // another
        return
      }
      """
    #expect(throws: DiagnosticError.self) { try Graph(parsing: text) }
    let better = "graph @g(%x : tensor<2xf32>)->( ){//c\n return}// end"
    let graph = try Graph(parsing: better)
    #expect(graph.inputs.count == 1)
  }

  @Test func largeConstantsResolveByDigest() throws {
    var graph = Graph(name: "g")
    let data = TensorData(.f32, [40], (0..<40).map { Float($0) })
    let value = graph.constant(data, name: "conv1.weight")
    graph.addOutput(value, name: "w")
    let text = graph.text
    #expect(throws: DiagnosticError.self) { try Graph(parsing: text) }
    let parsed = try Graph(parsing: text) { name, digest in
      name == "conv1.weight" && digest == data.digest ? data : nil
    }
    #expect(parsed == graph)
    #expect(throws: DiagnosticError.self) {
      try Graph(parsing: text) { _, _ in TensorData(.f32, [40], [Float](repeating: 0, count: 40)) }
    }
    #expect(try Graph(parsing: graph.text(constants: .full)) == graph)
  }

  @Test func valuesOfOneNameAreKeptApart() throws {
    var graph = Graph(name: "g")
    let a = graph.addInput("x", TensorType(.f32, [2]))
    let b = graph.addInput("x", TensorType(.f32, [2]))
    let c = graph.addInput("0", TensorType(.f32, [2]))
    for value in [a, b, c] { graph.addOutput(value, name: "y") }
    let text = graph.text
    #expect(text.contains("return %x, %0, %\"0\""))
    #expect(try Graph(parsing: text).text == text)
  }

  @Test func deepFunctionsArePrintedFlat() throws {
    var graph = Graph(name: "deep")
    let x = graph.addInput("x", TensorType(.f32, [2]))
    let formula = (0..<500).reduce(Scalar.operand(0)) { inner, step in
      step % 2 == 0 ? .exp(inner) : .unary(.tanh, inner)
    }
    graph.addOutput(try graph.map([x], formula), name: "y")
    #expect(try Graph(parsing: graph.text).text == graph.text)
  }

  @Test(arguments: [
    Double.nan, -.nan, .signalingNaN, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, 0.1,
    1e16,
    Double(bitPattern: 0x7ff8_0000_0000_0007), .greatestFiniteMagnitude,
  ])
  func literalsKeepTheirBits(_ value: Double) throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.f64, [2]))
    graph.addOutput(try graph.map([x], .operand(0) + .real(value)), name: "y")
    #expect(try Graph(parsing: graph.text) == graph)
  }
}
