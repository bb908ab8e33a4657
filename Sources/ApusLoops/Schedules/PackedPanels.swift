internal import ApusIR

/// The right operand of a multiply, in panels of a few columns with all steps of each together.
///
/// Panel `p` holds columns from `starts[p]` on as `[depth][widths[p]]`; missing columns are zero.
struct PackedPanels {
  var buffer: BufferID
  let products: TileProducts
  /// The number of steps.
  let depth: Int
  let columns: Int
  /// The columns of a full panel, and of the last one, both multiples of the lanes of a tile.
  let width: Int
  let lastWidth: Int
  /// The element where panel 0 starts.
  var origin = Index(0)
  /// The distance of neighbouring steps; the width of the panel unless columns lie elsewhere.
  var stepStride: Int?
  /// The distance of neighbouring panels.
  var panelStride: Int
  /// What the sums of column 0 start from, the others following; 0 without it.
  var start: Access?

  init(
    _ products: TileProducts = .reals, buffer: BufferID, depth: Int, columns: Int,
    shape: TileShape, target: Target
  ) {
    self.products = products
    self.buffer = buffer
    self.depth = depth
    self.columns = columns
    width = shape.vectors * target.tileLanes
    let rest = columns % width
    lastWidth = (rest + target.tileLanes - 1) / target.tileLanes * target.tileLanes
    panelStride = depth * width * products.neighbours
  }

  /// The number of full panels.
  var fullPanels: Int { columns / width }

  /// The number of elements that panels take.
  var count: Int { depth * products.neighbours * (fullPanels * width + lastWidth) }

  /// The number of bytes that panels take.
  var byteCount: Int { count * products.right.bitWidth / 8 }

  /// The columns with those that are missing in the last panel.
  var paddedColumns: Int { fullPanels * width + lastWidth }

  /// The place of panel `panel` (a number of full panels), step 0.
  func access(panel: Index) -> Access { Access(buffer, origin + panel * panelStride) }

  /// What sums start from at a column.
  func start(at column: Index) -> TileStart {
    start.map { .columns($0.advanced(by: column)) } ?? .zero
  }

  /// Packs numbers given by depth and column.
  static func pack(
    _ target: UnsafeMutableRawBufferPointer, depth: Int, columns: Int, width: Int, lastWidth: Int,
    source: UnsafePointer<Float>, depthStride: (Int) -> Int, columnStride: Int
  ) {
    let numbers = target.bindMemory(to: Float.self)
    var start = 0
    var place = 0
    while start < columns {
      let panel = columns - start >= width ? width : lastWidth
      let used = min(panel, columns - start)
      for step in 0..<depth {
        let line = source + depthStride(step) + start * columnStride
        for column in 0..<used { numbers[place + column] = line[column * columnStride] }
        place += panel
      }
      start += panel
    }
  }
}

/// Copies a matrix into panels while the program runs.
typealias Packing = (inout KernelBuilder, PackedPanels, Placement) -> Void

extension Lowering {
  /// Panels of a constant matrix, packed when the program is written out.
  ///
  /// `offset(step)` is the element of the constant for column 0 at a step.
  mutating func packedConstant(
    _ data: TensorData, name: String, depth: Int, columns: Int, shape: TileShape,
    base: Int = 0, columnStride: Int, offset: @escaping @Sendable (Int) -> Int
  ) -> PackedPanels {
    let id = addBuffer(
      name + ".packed", .f32, count: 0,
      .constant(ConstantData(byteCount: 0) { _ in }))
    let panels = PackedPanels(
      buffer: id, depth: depth, columns: columns, shape: shape, target: target)
    let (width, lastWidth) = (panels.width, panels.lastWidth)
    program[id].count = panels.count
    program[id].storage = .constant(
      ConstantData(byteCount: panels.count * 4) { target in
        data.withFloats { source in
          PackedPanels.pack(
            target, depth: depth, columns: columns, width: width, lastWidth: lastWidth,
            source: source + base, depthStride: offset, columnStride: columnStride)
        }
      })
    return panels
  }

  /// Panels of a matrix `[depth, columns]` that stays the same, and what packs them at run time.
  mutating func lastingPanels(
    of matrix: Placement, shape: TileShape, rows: Int
  ) -> (panels: PackedPanels, pack: Packing?) {
    guard let data = constants[matrix.buffer], let base = matrix.origin.fixed else {
      return panels(of: matrix, shape: shape, rows: rows)
    }
    let down = matrix.steps[0]
    let panels = packedConstant(
      data, name: program[matrix.buffer].name, depth: matrix.sizes[0], columns: matrix.sizes[1],
      shape: shape, base: base, columnStride: matrix.steps[1]
    ) { $0 * down }
    return (panels, nil)
  }

  /// Panels of a matrix `[depth, columns]` that is computed at run time.
  ///
  /// Used in place when rows are contiguous and whole and few rows will be multiplied with it, or
  /// its rows do not all fall into the same cache sets; copied by the returned part otherwise, into
  /// one of several `copies`.
  mutating func panels(
    of matrix: Placement, shape: TileShape, rows: Int, copies: Int = 1
  ) -> (panels: PackedPanels, pack: Packing?) {
    let (depth, columns) = (matrix.sizes[0], matrix.sizes[1])
    // Rows 1 KiB apart fall into few cache sets; rows far apart take an address translation each.
    let scattered =
      rows >= 32 && matrix.steps[0] % 256 == 0
      || rows >= 512 && matrix.steps[0] > columns && depth * matrix.steps[0] > 1 << 18
    if matrix.steps[1] == 1, columns % target.tileLanes == 0, !scattered {
      var panels = PackedPanels(
        buffer: matrix.buffer, depth: depth, columns: columns, shape: shape, target: target)
      panels.origin = matrix.origin
      panels.stepStride = matrix.steps[0]
      panels.panelStride = panels.width
      return (panels, nil)
    }
    let draft = PackedPanels(
      buffer: matrix.buffer, depth: depth, columns: columns, shape: shape, target: target)
    var panels = draft
    panels.buffer = scratch(.f32, count: copies * draft.count)
    return (panels, { builder, panels, source in builder.pack(source, into: panels) })
  }
}

extension KernelBuilder {
  /// Copies a matrix into panels; columns that are missing become zero.
  fileprivate mutating func pack(_ matrix: Placement, into panels: PackedPanels) {
    let full = panels.fullPanels
    loop(full) { builder, panel in
      var source = matrix.fixing([], at: [])
      source.origin = source.origin + panel * (panels.width * matrix.steps[1])
      source.extents[1] = Dimension(panels.width)
      builder.copy(
        from: source,
        to: Placement(
          buffer: panels.buffer, element: .f32, origin: panels.origin + panel * panels.panelStride,
          extents: source.extents, strides: [Dimension(panels.width), 1]))
    }
    let rest = panels.columns - full * panels.width
    guard rest > 0 else { return }
    var last = Placement(
      buffer: panels.buffer, element: .f32, origin: panels.origin + full * panels.panelStride,
      extents: [Dimension(panels.depth), Dimension(rest)],
      strides: [Dimension(panels.lastWidth), 1])
    let source = matrix.slice(axis: 1, start: full * panels.width, count: rest)
    copy(from: source, to: last)
    if panels.lastWidth > rest {
      last = last.slice(axis: 1, start: rest, count: panels.lastWidth - rest)
      fill(last, .float(0))
    }
  }
}

extension TensorData {
  /// The numbers of an `f32` tensor.
  func withFloats(_ body: (UnsafePointer<Float>) -> Void) {
    withBytes { AlignedFloats($0).withPointer(body) }
  }
}

/// Floats at any address, copied only when they are not aligned.
private struct AlignedFloats {
  private let bytes: UnsafeRawBufferPointer
  private let copy: [Float]

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    let isAligned = UInt(bitPattern: bytes.baseAddress) % 4 == 0
    copy =
      isAligned
      ? []
      : (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
  }

  func withPointer(_ body: (UnsafePointer<Float>) -> Void) {
    if copy.isEmpty {
      if let base = bytes.bindMemory(to: Float.self).baseAddress { body(base) }
    } else {
      copy.withUnsafeBufferPointer { if let base = $0.baseAddress { body(base) } }
    }
  }
}
