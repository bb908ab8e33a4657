import ApusIR
import ApusLoops
import Testing

@testable import ApusBytecode

/// A program of one kernel: buffers 0..< inputs, then outputs, then others.
func program(
  inputs: [TensorType], outputs: [TensorType], others: [Buffer] = [], arena: Int = 0,
  _ body: [Statement]
) -> Program {
  var program = Program(name: "test")
  for (place, type) in (inputs + outputs).enumerated() {
    let isInput = place < inputs.count
    program.buffers.append(
      Buffer(
        name: "b\(place)", element: type.element, count: type.shape.elementCount.constant ?? 0,
        storage: isInput ? .input : .output))
    let port = Port(name: "p\(place)", type: type, buffer: BufferID(place))
    if isInput { program.inputs.append(port) } else { program.outputs.append(port) }
  }
  program.buffers += others
  program.arenaBytes = arena
  program.append(Kernel(name: "kernel", origins: ["node"], body: body))
  return program
}

/// Encodes, loads and runs a program; gives the first output.
func result<Element: BitwiseCopyable>(
  _ program: Program, _ inputs: [TensorData], as type: Element.Type
) throws -> [Element] {
  let session = try Session(Bytecode.encode(program))
  return try #require(session.run(inputs).first).elements(as: type)
}

func f32(_ extents: [Int], _ element: (Int) -> Float) -> TensorData {
  TensorData(.f32, extents, (0..<extents.reduce(1, *)).map(element))
}

let (a, b, c) = (BufferID(0), BufferID(1), BufferID(2))
let (i, j, k) = (IndexVariable(0), IndexVariable(1), IndexVariable(2))
