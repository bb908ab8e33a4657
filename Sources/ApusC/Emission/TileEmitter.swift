internal import ApusIR
internal import ApusLoops

extension KernelEmitter {
  /// The nest of a tile product with every sum in a variable of its own.
  mutating func tile(_ tile: TileMultiply) -> [CStatement] {
    let lanes = target.tileLanes
    let vectors = tile.columns / lanes
    var block: [CStatement] = [
      .declare("const float *", "a", expressions.pointer(tile.a.base)),
      .declare("const float *", "b", expressions.pointer(tile.b)),
    ]
    if let ahead = tile.ahead {
      block.append(.declare("const float *", "next", expressions.pointer(ahead.start)))
    }
    block += startSums(tile.start, rows: tile.output, count: vectors, stored: tile.storedColumns)
    block += reduce(tile, level: 0, vectors: vectors, a: "a", b: "b")
    block += finish(tile.output, tile.epilogue, vectors: vectors, stored: tile.storedColumns)
    return [.block(block)]
  }

  private func vectorType(_ lanes: Int) -> String { lanes == 1 ? "float" : "apus_f32_\(lanes)" }

  /// Declares the sums `s<row>_<vector>`.
  private mutating func startSums(
    _ start: TileStart, rows: TileRows, count: Int, stored: Int
  ) -> [CStatement] {
    let lanes = target.tileLanes
    var result: [CStatement] = []
    for row in rows.offsets.indices {
      for vector in 0..<count {
        expressions.valid = min(lanes, stored - vector * lanes)
        let value: Expression =
          switch start {
          case .zero: .literal(.float(0), .f32)
          case .columns(let access):
            .load(Access(access.buffer, access.index + vector * lanes, laneStride: 1))
          case .output:
            .load(
              Access(
                rows.base.buffer, rows.base.index + (rows.offsets[row] + vector * lanes),
                laneStride: 1))
          }
        if case .columns = start { expressions.valid = lanes }
        let code = expressions.splat(expressions.value(value, lanes: lanes), to: lanes)
        result.append(.declare(vectorType(lanes), "s\(row)_\(vector)", code.code))
      }
    }
    expressions.valid = expressions.width
    return result
  }

  /// The loops over the reduction from `level` on.
  private func reduce(
    _ tile: TileMultiply, level: Int, vectors: Int, a: String, b: String
  ) -> [CStatement] {
    let step = tile.reduction[level]
    let counter = "k\(level)"
    func moved(_ pointer: String, _ stride: Int) -> CExpression {
      .sum(pointer, [(counter, stride)], 0)
    }
    guard level == tile.reduction.count - 1 else {
      let (innerA, innerB) = ("a\(level)", "b\(level)")
      return [
        .count(
          counter, .integer(step.extent),
          [
            .declare("const float *", innerA, moved(a, step.aStride)),
            .declare("const float *", innerB, moved(b, step.bStride)),
          ] + reduce(tile, level: level + 1, vectors: vectors, a: innerA, b: innerB))
      ]
    }
    let lanes = target.tileLanes
    var body = fetchAhead(tile)
    for vector in 0..<vectors {
      let products = [(name: counter, factor: step.bStride)]
      body.append(
        .declare(
          "const " + vectorType(lanes), "w\(vector)",
          lanes == 1
            ? .element(.name(b), .sum(nil, products, vector))
            : .call("apus_load_\(lanes)", [.sum(b, products, vector * lanes)])))
    }
    for (row, offset) in tile.a.offsets.enumerated() {
      let scalar = CExpression.element(.name(a), .sum(nil, [(counter, step.aStride)], offset))
      let name = "x\(row)"
      body.append(
        .declare(
          "const " + vectorType(lanes), name,
          lanes == 1 ? scalar : .call("apus_splat_\(lanes)", [scalar])))
      for vector in 0..<vectors {
        let sum = CExpression.name("s\(row)_\(vector)")
        body.append(
          .assign(
            sum, .call("apus_fma_\(lanes)", [.name(name), .name("w\(vector)"), sum])))
      }
    }
    return [.count(counter, .integer(step.extent), body)]
  }

  /// A hint to fetch the part of the next panel that belongs to this step.
  private func fetchAhead(_ tile: TileMultiply) -> [CStatement] {
    guard let ahead = tile.ahead, let inner = tile.reduction.last, inner.bStride > 0 else {
      return []
    }
    let products = tile.reduction.enumerated().map { number, level in
      (name: "k\(number)", factor: level.bStride / inner.bStride * ahead.stride)
    }
    return [.expression(.call("APUS_FETCH", [.sum("next", products, 0)]))]
  }

  /// The epilogue and the store of every sum.
  private mutating func finish(
    _ rows: TileRows, _ epilogue: TileEpilogue?, vectors: Int, stored: Int
  ) -> [CStatement] {
    let lanes = target.tileLanes
    var result: [CStatement] = []
    for row in rows.offsets.indices {
      for vector in 0..<vectors {
        let valid = min(lanes, stored - vector * lanes)
        guard valid > 0 else { continue }
        expressions.valid = valid
        let sum = Register(nextRegister, .f32, lanes: lanes)
        nextRegister += 1
        result.append(
          .declare(
            vectorType(lanes), "r\(sum.number)", .name("s\(row)_\(vector)")))
        for statement in TileEpilogue.store(
          epilogue, sum, in: rows, row: row, column: vector * lanes, lanes: lanes,
          firstRegister: &nextRegister, target: target)
        {
          result += code(statement)
        }
      }
    }
    expressions.valid = expressions.width
    return result
  }

  /// The nest of a window product: a sum per point and vector of channels.
  mutating func window(_ window: WindowMultiply) -> [CStatement] {
    let lanes = target.tileLanes
    let vectors = (window.channels + lanes - 1) / lanes
    var block: [CStatement] = [
      .declare("const float *", "a", expressions.pointer(window.input.base)),
      .declare("const float *", "b", expressions.pointer(window.weights)),
    ]
    block += startSums(
      window.start, rows: window.output, count: vectors, stored: window.channels)
    for (number, tap) in window.taps.enumerated() {
      var body: [CStatement] = []
      for vector in 0..<vectors {
        let place = number * window.weightStride + vector * lanes
        body.append(
          .declare("const " + vectorType(lanes), "w\(vector)", vectorLoad("b", place, lanes)))
        let valid = min(lanes, window.channels - vector * lanes)
        for (row, offset) in window.input.offsets.enumerated() {
          let input = vectorLoad("a", offset + tap + vector * lanes, lanes, valid: valid)
          let sum = CExpression.name("s\(row)_\(vector)")
          body.append(
            .assign(sum, .call("apus_fma_\(lanes)", [input, .name("w\(vector)"), sum])))
        }
      }
      block.append(.block(body))
    }
    block += finish(window.output, window.epilogue, vectors: vectors, stored: window.channels)
    return [.block(block)]
  }

  private func vectorLoad(
    _ base: String, _ place: Int, _ lanes: Int, valid: Int? = nil
  ) -> CExpression {
    if lanes == 1 { return .element(.name(base), .integer(place)) }
    let pointer = CExpression.sum(base, [], place)
    if let valid, valid < lanes {
      return .call("apus_load_part_\(lanes)", [pointer, .integer(valid)])
    }
    return .call("apus_load_\(lanes)", [pointer])
  }
}
