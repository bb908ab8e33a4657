internal import ApusIR

/// The columns of a matrix in strips of a few vectors.
struct ColumnStrips: Sendable {
  /// Strips of one shape next to each other.
  struct Run: Sendable {
    var start: Int
    var count: Int
    var vectors: Int
    /// The columns of each vector.
    var lanes: Int

    /// The columns of a strip.
    var width: Int { vectors * lanes }

    /// The first column of a strip.
    func column(_ strip: Index) -> Index { strip * width + start }
  }

  let runs: [Run]

  init(columns: Int, vectors: Int, lanes: Int, target: Target) {
    let isWhole = target.vectorLength == .upTo
    let lanes = isWhole ? min(lanes, columns) : lanes
    let (full, rest) = columns.quotientAndRemainder(dividingBy: lanes)
    let (strips, single) = full.quotientAndRemainder(dividingBy: vectors)
    runs = [
      Run(start: 0, count: strips, vectors: vectors, lanes: lanes),
      Run(start: strips * vectors * lanes, count: min(single, 1), vectors: single, lanes: lanes),
      Run(
        start: full * lanes, count: isWhole ? min(rest, 1) : rest, vectors: 1,
        lanes: isWhole ? rest : 1),
    ].filter { $0.count > 0 }
  }

  /// Every column of every row, all rows of a strip before the next one.
  func forEach(rows: Int, _ body: (_ row: Int, _ column: Int) -> Void) {
    for run in runs {
      for strip in 0..<run.count {
        for row in 0..<rows {
          for lane in 0..<run.width { body(row, run.start + strip * run.width + lane) }
        }
      }
    }
  }
}

/// The constant weights of a product as kernels read them: several rows of a column in each word,
/// and the scales and zeros of blocks as reals.
///
/// All rows of a strip of columns come one after the other: those from column `c` on begin at `c`
/// times the number of rows.
struct CodedWeights {
  let strips: ColumnStrips
  private let depth: Int
  private let block: Int
  /// What a word holds.
  private let code: ElementType
  private let words: BufferID
  private let scales: BufferID
  private let zeros: BufferID?

  /// The rows of a column in one word.
  private var each: Int { 32 / code.bitWidth }
  /// The numbers of words and of blocks that a column takes.
  private var wordCount: Int { (depth + each - 1) / each }
  private var blockCount: Int { (depth + block - 1) / block }

  /// Packs the weights of a task; `nil` when they are not constant, or blocks share words.
  init?(_ task: KernelTask, block: Int, strips: ColumnStrips, _ lowering: inout Lowering) {
    let parts = task.operands.dropFirst().compactMap { ConstantMatrix($0, &lowering) }
    guard parts.count == task.operands.count - 1, parts[0].rows > 0 else { return nil }
    let (codes, factors, zeros) = (parts[0], parts[1], parts.dropFirst(2).first)
    let type = codes.data.type.element
    (depth, self.block, self.strips) = (codes.rows, min(block, codes.rows), strips)
    // Zeros in the middle come off here: signed codes of as many bits hold the differences.
    let middle = type.kind == .unsigned ? 1 << (type.bitWidth - 1) : 0
    let isCentred = middle > 0 && zeros?.holdsOnly(Float(middle)) ?? false
    code = isCentred ? type.signed : type
    let perWord = 32 / type.bitWidth
    guard self.block % perWord == 0 || self.block == depth else { return nil }
    let name = lowering.constantName(task.operands[1])
    func buffer<Number: BitwiseCopyable>(
      _ suffix: String, _ element: ElementType, rows: Int,
      _ number: @escaping @Sendable (Int, Int) -> Number
    ) -> BufferID {
      let count = rows * codes.columns
      let data = ConstantData(byteCount: count * MemoryLayout<Number>.size) { bytes in
        var place = 0
        strips.forEach(rows: rows) { row, column in
          bytes.storeBytes(of: number(row, column), toByteOffset: place, as: Number.self)
          place += MemoryLayout<Number>.size
        }
      }
      return lowering.addBuffer(name + suffix, element, count: count, .constant(data))
    }
    func reals(_ suffix: String, _ matrix: ConstantMatrix) -> BufferID {
      buffer(suffix, .f32, rows: matrix.rows) { matrix.real($0, $1) }
    }
    let depth = codes.rows
    words = buffer(".words", .i32, rows: (depth + perWord - 1) / perWord) { word, column in
      (word * perWord..<min((word + 1) * perWord, depth)).reduce(UInt32(0)) { bits, row in
        let number = codes.integer(row, column) - (isCentred ? middle : 0)
        let field = UInt32(truncatingIfNeeded: number) & (1 << type.bitWidth - 1)
        return bits | field << ((row % perWord) * type.bitWidth)
      }
    }
    scales = reals(".scales", factors)
    if let zeros, !isCentred { self.zeros = reals(".zeros", zeros) } else { self.zeros = nil }
  }
}

extension CodedWeights {
  /// Gives the body every row in turn, as the weights of each vector of a strip.
  func forEachRow(
    _ start: Index, _ run: ColumnStrips.Run, _ builder: inout KernelBuilder,
    _ body: (inout KernelBuilder, _ row: Index, _ weights: [Expression]) -> Void
  ) {
    builder.loop(depth / block) { builder, number in
      self.rows(of: number, count: block, start, run, &builder, body)
    }
    if depth % block > 0 {
      rows(of: Index(depth / block), count: depth % block, start, run, &builder, body)
    }
  }

  /// The rows of one block.
  private func rows(
    of number: Index, count: Int, _ start: Index, _ run: ColumnStrips.Run,
    _ builder: inout KernelBuilder,
    _ body: (inout KernelBuilder, Index, [Expression]) -> Void
  ) {
    let vectors = 0..<run.vectors
    func parts(_ buffer: BufferID, _ row: Index, of count: Int) -> [Expression] {
      vectors.map { vector in
        let place = start * count + row * run.width + vector * run.lanes
        return .load(Access(buffer, place, laneStride: run.lanes > 1 ? 1 : 0))
      }
    }
    func held(_ values: [Expression], _ element: ElementType) -> [Expression] {
      values.map { .register(builder.set($0, element, lanes: run.lanes)) }
    }
    let scales = held(parts(self.scales, number, of: blockCount), .f32)
    let zeros = self.zeros.map { held(parts($0, number, of: blockCount), .f32) }
    func word(_ builder: inout KernelBuilder, _ place: Index, _ count: Int) {
      let word = number * (block / each) + place
      let words = parts(self.words, word, of: wordCount).map {
        builder.set($0, .i32, lanes: run.lanes)
      }
      builder.loop(count) { builder, part in
        let weights = vectors.map { vector in
          let whole = code.field(part, of: .register(words[vector]))
          let real = Expression.convert(whole, .f32)
          let centred = zeros.map { .binary(.sub, real, $0[vector]) } ?? real
          return Expression.binary(.mul, centred, scales[vector])
        }
        body(&builder, number * block + place * each + part, weights)
      }
    }
    builder.loop(count / each) { word(&$0, $1, each) }
    if count % each > 0 { word(&builder, Index(count / each), count % each) }
  }
}

extension ElementType {
  /// The integers with a sign and as many bits.
  fileprivate var signed: ElementType {
    switch self {
    case .u2: .i2
    case .u4: .i4
    case .u8: .i8
    default: self
    }
  }

  /// One of the integers that a word of 32 bits holds, low bits first.
  fileprivate func field(_ place: Index, of word: Expression) -> Expression {
    func number(_ index: Index) -> Expression {
      index.fixed.map { .literal(.integer($0), .i32) } ?? .convert(.index(index), .i32)
    }
    guard kind == .signed else {
      return .binary(
        .and, .binary(.shiftRight, word, number(place * bitWidth)),
        .literal(.integer(1 << bitWidth - 1), .i32))
    }
    let above = place * -bitWidth + (32 - bitWidth)
    return .binary(
      .shiftRight, .binary(.shiftLeft, word, number(above)),
      .literal(.integer(32 - bitWidth), .i32))
  }
}

/// A matrix of constants, seen through views.
private struct ConstantMatrix: Sendable {
  let data: TensorData
  let rows: Int
  let columns: Int
  private let base: Int
  private let steps: [Int]

  init?(_ value: ValueID, _ lowering: inout Lowering) {
    let place = lowering.placement(of: value)
    guard let data = lowering.constants[place.buffer], place.isFixed, let base = place.origin.fixed
    else { return nil }
    self.data = data
    (rows, columns, steps, self.base) = (place.sizes[0], place.sizes[1], place.steps, base)
  }

  private func place(_ row: Int, _ column: Int) -> Int {
    base + row * steps[0] + column * steps[1]
  }

  /// An integer of at most 8 bits.
  func integer(_ row: Int, _ column: Int) -> Int {
    data.withBytes { data.type.element.integer(at: place(row, column), in: $0) }
  }

  func real(_ row: Int, _ column: Int) -> Float {
    data.withBytes { $0.loadUnaligned(fromByteOffset: place(row, column) * 4, as: Float.self) }
  }

  func holdsOnly(_ number: Float) -> Bool {
    (0..<rows).allSatisfy { row in (0..<columns).allSatisfy { real(row, $0) == number } }
  }
}
