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
  ) -> Access? {
    guard zero != 0 else { return nil }
    let columns = panels.columns
    let buffer = addBuffer(
      name + ".starts", .i32, count: panels.paddedColumns,
      .constant(
        ConstantData(byteCount: panels.paddedColumns * 4) { target in
          let numbers = target.bindMemory(to: Int32.self)
          for place in 0..<columns {
            numbers[place] = Int32(-zero * column(place).reduce(0) { $0 + Int($1) })
          }
        }))
    return Access(buffer, Index(0))
  }

  /// What the sums of a matrix product start from.
  private mutating func starts(
    zero: Int, _ panels: PackedPanels, of matrix: Placement
  ) -> Access? {
    guard let data = constants[matrix.buffer], let base = matrix.origin.fixed else { return nil }
    let (sizes, steps) = (matrix.sizes, matrix.steps)
    return starts(zero: zero, panels, name: program[matrix.buffer].name) { column in
      data.withBytes { bytes in
        (0..<sizes[0]).map {
          Int8(bitPattern: bytes[base + column * steps[1] + $0 * steps[0]])
        }
      }
    }
  }

  /// Panels of a matrix of bytes `[depth, columns]` that stays the same, and what packs them at run
  /// time when it is computed.
  mutating func lastingBytes(
    of matrix: Placement, zero: Int, shape: TileShape
  ) -> (panels: PackedPanels, pack: Packing?) {
    guard constants[matrix.buffer] != nil else {
      return bytePanels(of: matrix, zero: zero, shape: shape)
    }
    var panels = packedBytes(of: matrix, shape: shape)
    panels.start = starts(zero: zero, panels, of: matrix)
    return (panels, nil)
  }

  /// Panels of a matrix of bytes `[depth, columns]`, packed at run time into one of `copies`.
  mutating func bytePanels(
    of matrix: Placement, zero: Int, shape: TileShape, copies: Int = 1
  ) -> (panels: PackedPanels, pack: Packing?) {
    let draft = PackedPanels(
      .bytes, buffer: matrix.buffer, depth: (matrix.sizes[0] + 3) / 4, columns: matrix.sizes[1],
      shape: shape, target: target)
    var panels = draft
    panels.buffer = scratch(.i8, count: copies * draft.count)
    guard zero != 0 else { return (panels, { $0.packBytes($2, into: $1) }) }
    let zeros = addBuffer(
      "zeros", .u8, count: 4 * draft.depth,
      .constant(
        ConstantData(byteCount: 4 * draft.depth) { target in
          for place in target.indices { target[place] = UInt8(zero) }
        }))
    panels.start = Access(scratch(.i32, count: copies * draft.paddedColumns), Index(0))
    return (
      panels,
      { builder, panels, matrix in
        builder.packBytes(matrix, into: panels)
        builder.makeStarts(of: panels, zeros)
      }
    )
  }

  /// Whether a buffer can get elements after its end, which tiles of bytes may read.
  func grows(_ tensor: Placement) -> Bool {
    if case .arena = program[tensor.buffer].storage { true } else { false }
  }

  /// Makes room for elements after the end of a buffer.
  mutating func grow(_ tensor: Placement, by spare: Int) {
    program[tensor.buffer].count += spare
  }

  /// The tensor with lines of bytes that can be read four at a time, copied when they cannot.
  mutating func runsOfFour(_ tensor: Placement) -> Placement {
    let last = tensor.extents.count - 1
    if tensor.steps[last] == 1, tensor.sizes[last] % 4 == 0 || grows(tensor) { return tensor }
    let copy = allocate(
      TensorType(tensor.element, Shape(tensor.extents)), name: "copy", .arena(offset: 0))
    kernel("copy", origins: []) { $0.copy(from: tensor, to: copy) }
    return copy
  }
}

extension KernelBuilder {
  /// Copies a matrix of bytes into panels, four steps of the reduction together.
  fileprivate mutating func packBytes(_ matrix: Placement, into panels: PackedPanels) {
    loop(panels.fullPanels) {
      $0.packPanel(matrix, panels, $1, columns: panels.width, width: panels.width)
    }
    let rest = panels.columns - panels.fullPanels * panels.width
    guard rest > 0 else { return }
    packPanel(matrix, panels, Index(panels.fullPanels), columns: rest, width: panels.lastWidth)
  }

  /// Copies some columns into a panel; what is missing becomes zero.
  private mutating func packPanel(
    _ matrix: Placement, _ panels: PackedPanels, _ panel: Index, columns: Int, width: Int
  ) {
    let (fours, rest) = matrix.sizes[0].quotientAndRemainder(dividingBy: 4)
    let (down, across) = (matrix.steps[0], matrix.steps[1])
    let target = Placement(
      buffer: panels.buffer, element: .i8, origin: panels.access(panel: panel).index,
      extents: [panels.depth, width, 4].map { Dimension($0) },
      strides: [4 * width, 4, 1].map { Dimension($0) })
    let source = Placement(
      buffer: matrix.buffer, element: .i8,
      origin: matrix.origin + panel * (panels.width * across), extents: target.extents,
      strides: [4 * down, across, down].map { Dimension($0) })
    if rest > 0 || columns < width { fill(target, .integer(0)) }
    for (start, count, neighbours) in [(0, fours, 4), (fours, 1, rest)] {
      guard count > 0, neighbours > 0 else { continue }
      func part(_ tensor: Placement) -> Placement {
        tensor.slice(axis: 0, start: start, count: count)
          .slice(axis: 1, start: 0, count: columns).slice(axis: 2, start: 0, count: neighbours)
      }
      copy(from: part(source), to: part(target))
    }
  }

  /// Makes what the sums of panels start from: the products with a line of zero points, negated.
  fileprivate mutating func makeStarts(of panels: PackedPanels, _ zeros: BufferID) {
    guard let start = panels.start, let negated = Pointwise([.i32], .integer(0) - .operand(0))
    else {
      return
    }
    func sum(_ builder: inout KernelBuilder, _ panel: Index, width: Int) {
      let tile = TileMultiply(
        .bytes, a: TileRows(Access(zeros, Index(0), laneStride: 0), offsets: [0]),
        b: panels.access(panel: panel), columns: width, storedColumns: width,
        reduction: [TileMultiply.Level(extent: panels.depth, aStride: 4, bStride: 4 * width)],
        start: .zero, output: TileRows(start.advanced(by: panel * panels.width), offsets: [0]))
      builder.emit(.tile(tile))
    }
    loop(panels.fullPanels) { sum(&$0, $1, width: panels.width) }
    if panels.lastWidth > 0 { sum(&self, Index(panels.fullPanels), width: panels.lastWidth) }
    let line = Placement(
      buffer: start.buffer, element: .i32, origin: start.index,
      extents: [Dimension(panels.paddedColumns)], strides: [1])
    map(negated, [line], to: line)
  }
}
