internal import ApusIR

extension Program {
  /// A program of one kernel alone, to be timed.
  ///
  /// Temporaries that the kernel writes become outputs, other ones inputs; constants stay. All
  /// sizes of the program must be numbers.
  public func isolating(_ kernel: Kernel) -> Program {
    var result = Program(name: name)
    var numbers: [BufferID: BufferID] = [:]
    let written = kernel.writtenBuffers
    for id in kernel.buffers {
      var buffer = self[id]
      let number = BufferID(result.buffers.count)
      numbers[id] = number
      let port = Port(
        name: "b\(number.number)", type: TensorType(buffer.element, [buffer.count]),
        buffer: number)
      if written.contains(id) {
        buffer.storage = .output
        result.outputs.append(port)
      } else if case .constant = buffer.storage {
        // Stays what it is.
      } else {
        buffer.storage = .input
        result.inputs.append(port)
      }
      result.buffers.append(buffer)
    }
    var moved = kernel
    moved.body = kernel.body.map { $0.renumbered { numbers[$0] ?? $0 } }
    result.append(moved)
    return result
  }
}
