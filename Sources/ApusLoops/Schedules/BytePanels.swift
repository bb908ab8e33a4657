internal import ApusIR

extension Lowering {
  /// Panels of constant bytes, four steps of the reduction together, and what sums start from.
  ///
  /// `offset(step)` is the element of the constant for column 0 at a step; `nil` where there is
  /// none, which counts as 0.
  mutating func packedBytes(
    _ data: TensorData, name: String, depth: Int, columns: Int, shape: TileShape, base: Int,
    columnStride: Int, offset: @escaping @Sendable (Int) -> Int?
  ) -> PackedPanels {
    let id = addBuffer(
      name + ".packed", .i8, count: 0, .constant(ConstantData(byteCount: 0) { _ in }))
    let panels = PackedPanels(
      .bytes, buffer: id, depth: depth / 4, columns: columns, shape: shape, target: target)
    let (width, lastWidth) = (panels.width, panels.lastWidth)
    program[id].count = panels.count
    program[id].storage = .constant(
      ConstantData(byteCount: panels.count) { target in
        data.withBytes { source in
          var place = 0
          for start in stride(from: 0, to: columns, by: width) {
            let panel = columns - start >= width ? width : lastWidth
            for step in stride(from: 0, to: depth, by: 4) {
              for column in start..<start + panel {
                for neighbour in step..<step + 4 {
                  if column < columns, let offset = offset(neighbour) {
                    target[place] = source[base + offset + column * columnStride]
                  }
                  place += 1
                }
              }
            }
          }
        }
      })
    return panels
  }

  /// Panels of a constant matrix `[depth, columns]`.
  mutating func packedBytes(of matrix: Placement, shape: TileShape) -> PackedPanels {
    guard let data = constants[matrix.buffer], let base = matrix.origin.fixed else {
      preconditionFailure("tiles of bytes take constants")
    }
    let (depth, down) = (matrix.sizes[0], matrix.steps[0])
    return packedBytes(
      data, name: program[matrix.buffer].name, depth: (depth + 3) / 4 * 4,
      columns: matrix.sizes[1], shape: shape, base: base, columnStride: matrix.steps[1]
    ) { $0 < depth ? $0 * down : nil }
  }

  /// What sums start from when `zero` stands for 0 on the left: `-zero · Σ weights` per column;
  /// `nil` when that is 0 everywhere.
  ///
  /// `column` gives the weights of a column.
  mutating func starts(
    zero: Int, _ panels: PackedPanels, name: String, _ column: @escaping @Sendable (Int) -> [Int8]
  ) -> BufferID? {
    guard zero != 0 else { return nil }
    let columns = panels.columns
    return addBuffer(
      name + ".starts", .i32, count: panels.paddedColumns,
      .constant(
        ConstantData(byteCount: panels.paddedColumns * 4) { target in
          let numbers = target.bindMemory(to: Int32.self)
          for place in 0..<columns {
            numbers[place] = Int32(-zero * column(place).reduce(0) { $0 + Int($1) })
          }
        }))
  }

  /// What the sums of a matrix product start from.
  mutating func starts(
    _ task: KernelTask, _ panels: PackedPanels, of matrix: Placement
  ) -> BufferID? {
    guard case .matmul(let product) = task.root, let data = constants[matrix.buffer],
      let base = matrix.origin.fixed
    else { return nil }
    let (sizes, steps) = (matrix.sizes, matrix.steps)
    return starts(zero: product.zero, panels, name: program[matrix.buffer].name) { column in
      data.withBytes { bytes in
        (0..<sizes[0]).map {
          Int8(bitPattern: bytes[base + column * steps[1] + $0 * steps[0]])
        }
      }
    }
  }

  /// Whether a buffer can get elements after its end, which tiles of bytes may read.
  func grows(_ tensor: Placement) -> Bool {
    if case .arena = program[tensor.buffer].storage { true } else { false }
  }

  /// Makes room for elements after the end of a buffer.
  mutating func grow(_ tensor: Placement, by spare: Int) {
    program[tensor.buffer].count += spare
  }
}
