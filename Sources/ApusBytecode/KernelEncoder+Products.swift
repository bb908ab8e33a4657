internal import ApusIR
internal import ApusLoops
internal import CApusVM

extension KernelEncoder {
  mutating func encode(_ tile: TileMultiply) {
    if tile.products == .bytes, tile.epilogue != nil {
      failure = failure ?? "a tile of bytes with an epilogue"
    }
    var operands = [tile.rows, tile.columns, tile.storedColumns, tile.reduction.count]
      .map { UInt32($0) }
    operands.append(tile.start.number)
    for level in tile.reduction {
      operands += wide(level.extent) + wide(level.aStride) + wide(level.bStride)
    }
    operands += encoded(tile.b) + encoded(tile.start) + encoded(tile.a) + encoded(tile.output)
    let steps = steps(tile.epilogue)
    emit(tile.products == .bytes ? APUS_OP_DOT : APUS_OP_TILE, operands + (steps ?? []))
    if steps == nil { finish(tile.output, columns: tile.storedColumns, tile.epilogue) }
  }

  mutating func encode(_ window: WindowMultiply) {
    if window.products == .bytes { failure = failure ?? "a window over bytes" }
    if case .output = window.start { failure = failure ?? "a window that starts from its output" }
    var operands = [window.input.offsets.count, window.channels, window.taps.count]
      .map { UInt32($0) }
    operands += [window.start.number] + wide(window.weightStride)
    operands += window.taps.flatMap { wide($0) }
    operands += encoded(window.weights) + encoded(window.start)
    operands += encoded(window.input) + encoded(window.output)
    let steps = steps(window.epilogue)
    emit(APUS_OP_WINDOW, operands + (steps ?? []))
    if steps == nil { finish(window.output, columns: window.channels, window.epilogue) }
  }

  private mutating func encoded(_ start: TileStart) -> [UInt32] {
    if case .columns(let access) = start { encoded(access) } else { [] }
  }

  private mutating func encoded(_ rows: TileRows) -> [UInt32] {
    encoded(rows.base) + rows.offsets.flatMap { wide($0) }
  }

  /// The words of an epilogue; `nil` when it is no chain of steps.
  private mutating func steps(_ epilogue: TileEpilogue?) -> [UInt32]? {
    guard let epilogue else { return [] }
    guard let steps = epilogue.function.epilogueSteps,
      epilogue.operands.allSatisfy({ 0...1 ~= $0.base.laneStride })
    else { return nil }
    var words: [UInt32] = []
    for step in steps {
      switch step {
      case .add(let operand): words += [0, 0] + encoded(epilogue.operands[operand - 1])
      case .clamp(let low, let high): words += [1, 0, low.bitPattern, high.bitPattern]
      case .apply(let function): words += [2, function.number]
      case .gate(let function): words += [3, function.number]
      }
    }
    return words
  }

  /// An epilogue as statements over the stored sums, row by row.
  private mutating func finish(_ output: TileRows, columns: Int, _ epilogue: TileEpilogue?) {
    guard let epilogue else { return }
    for row in output.offsets.indices {
      for column in stride(from: 0, to: columns, by: 256) {
        let place = { (rows: TileRows) in
          let access = rows.base.advanced(by: Index(rows.offsets[row]))
          return access.laneStride == 0 ? access : access.advanced(by: Index(column))
        }
        let operands = ([output] + epilogue.operands).map { Expression.load(place($0)) }
        encode(body: [
          .store(
            place(output), epilogue.function.expression(of: operands),
            lanes: min(columns - column, 256))
        ])
      }
    }
  }
}

extension TileStart {
  fileprivate var number: UInt32 {
    switch self {
    case .zero: 0
    case .columns: 1
    case .output: 2
    }
  }
}

extension Pointwise {
  /// The function as one expression.
  fileprivate func expression(of operands: [Expression]) -> Expression {
    var values: [Expression] = []
    for step in steps {
      switch step {
      case .operand(let place): values.append(operands[place])
      case .literal(let literal, let type): values.append(.literal(literal, type))
      case .unary(let function, let a): values.append(.unary(function, values[a]))
      case .binary(let function, let a, let b):
        values.append(.binary(function, values[a], values[b]))
      case .compare(let test, let a, let b): values.append(.compare(test, values[a], values[b]))
      case .select(let test, let a, let b):
        values.append(.select(values[test], values[a], values[b]))
      case .convert(let a, let type): values.append(.convert(values[a], type))
      case .reinterpret(let a, let type):
        values.append(.reinterpret(values[a], from: types[a], to: type))
      }
    }
    return values.last ?? .literal(.float(0), .f32)
  }
}

extension KernelEncoder {
  /// The words of a literal: its bits in the first bytes, the rest 0.
  func bits(_ literal: Literal, _ element: ElementType) -> [UInt32] {
    let whole: Int
    switch literal {
    case .float(let value): whole = Int(exactly: value.rounded(.towardZero)) ?? 0
    case .integer(let value): whole = value
    }
    switch element {
    case .f32: return [Float(literal.real).bitPattern, 0]
    case .f64:
      let bits = literal.real.bitPattern
      return [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)]
    case .bool: return [whole != 0 ? 1 : 0, 0]
    case .i32, .u32: return [UInt32(truncatingIfNeeded: whole), 0]
    default: return wide(whole)
    }
  }
}

// The tables of the machine list functions in the order of these enumerations; a test checks that.
extension CaseIterable where Self: Equatable, AllCases.Index == Int {
  /// The place in `allCases`.
  var number: UInt32 { UInt32(Self.allCases.firstIndex(of: self) ?? 0) }
}
