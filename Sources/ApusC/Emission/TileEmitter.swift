internal import ApusIR
internal import ApusLoops

extension KernelEmitter {
  /// The nest of a tile product with every sum in a variable of its own.
  mutating func tile(_ tile: TileMultiply) -> [CStatement] {
    let lanes = target.tileLanes
    let vectors = tile.columns / lanes
    let (left, right) = (
      "const \(tile.products.left.cType) *", "const \(tile.products.right.cType) *"
    )
    var block: [CStatement] = [
      .declare(left, "a", expressions.pointer(tile.a.base)),
      .declare(right, "b", expressions.pointer(tile.b)),
    ]
    if let ahead = tile.ahead {
      block.append(.declare(right, "next", expressions.pointer(ahead.start)))
    }
    block += startSums(
      tile.start, rows: tile.output, count: vectors, stored: tile.storedColumns, tile.products.sum)
    block += reduce(tile, level: 0, vectors: vectors, a: "a", b: "b")
    // What the epilogue reads stays in memory until then: the sums take all registers.
    if tile.epilogue != nil { block.append(.expression(.call("APUS_SETTLE", []))) }
    block += finish(
      tile.output, tile.epilogue, vectors: vectors, stored: tile.storedColumns, tile.products.sum)
    return [.block(block)]
  }

  private func vectorType(_ lanes: Int, _ element: ElementType = .f32) -> String {
    lanes == 1 ? element.cType : "apus_\(element)_\(lanes)"
  }

  /// Declares the sums `s<row>_<vector>`.
  private mutating func startSums(
    _ start: TileStart, rows: TileRows, count: Int, stored: Int, _ element: ElementType
  ) -> [CStatement] {
    let lanes = target.tileLanes
    var result: [CStatement] = []
    for row in rows.offsets.indices {
      for vector in 0..<count {
        expressions.valid = min(lanes, stored - vector * lanes)
        let value: Expression =
          switch start {
          case .zero: .literal(.zero(of: element), element)
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
        result.append(.declare(vectorType(lanes, element), "s\(row)_\(vector)", code.code))
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
            .declare("const \(tile.products.left.cType) *", innerA, moved(a, step.aStride)),
            .declare("const \(tile.products.right.cType) *", innerB, moved(b, step.bStride)),
          ] + reduce(tile, level: level + 1, vectors: vectors, a: innerA, b: innerB))
      ]
    }
    if tile.products == .bytes {
      let body = dots(tile, step, counter, vectors, a, b)
      return [.count(counter, .integer(step.extent), body)]
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
    // A step of one row waits for memory; clang's copies of it wait longer.
    let hint = tile.rows == 1 && lanes > 1 ? [CStatement.directive("APUS_ROLLED")] : []
    return hint + [.count(counter, .integer(step.extent), body)]
  }

  /// One step over bytes: four products per lane.
  private func dots(
    _ tile: TileMultiply, _ step: TileMultiply.Level, _ counter: String, _ vectors: Int,
    _ a: String, _ b: String
  ) -> [CStatement] {
    let lanes = target.tileLanes
    var body = fetchAhead(tile)
    let type = lanes == 1 ? "const int8_t *" : "const apus_i32_\(lanes)"
    for vector in 0..<vectors {
      let place = CExpression.sum(b, [(counter, step.bStride)], vector * lanes * 4)
      body.append(
        .declare(
          type, "w\(vector)", lanes == 1 ? place : .call("apus_load_bytes_\(lanes)", [place])))
    }
    for (row, offset) in tile.a.offsets.enumerated() {
      let place = CExpression.sum(a, [(counter, step.aStride)], offset)
      body.append(
        .declare(
          lanes == 1 ? "const uint8_t *" : type, "x\(row)",
          lanes == 1 ? place : .call("apus_splat_bytes_\(lanes)", [place])))
      for vector in 0..<vectors {
        let sum = CExpression.name("s\(row)_\(vector)")
        body.append(
          .assign(
            sum, .call("apus_dot_\(lanes)", [.name("x\(row)"), .name("w\(vector)"), sum])))
      }
    }
    return body
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
    _ rows: TileRows, _ epilogue: TileEpilogue?, vectors: Int, stored: Int,
    _ element: ElementType
  ) -> [CStatement] {
    let lanes = target.tileLanes
    var result: [CStatement] = []
    for row in rows.offsets.indices {
      for vector in 0..<vectors {
        let valid = min(lanes, stored - vector * lanes)
        guard valid > 0 else { continue }
        expressions.valid = valid
        let sum = Register(nextRegister, element, lanes: lanes)
        nextRegister += 1
        result.append(
          .declare(
            vectorType(lanes, element), "r\(sum.number)", .name("s\(row)_\(vector)")))
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
    let (input, weights) = (
      "const \(window.products.left.cType) *", "const \(window.products.right.cType) *"
    )
    var block: [CStatement] = [
      .declare(input, "a", expressions.pointer(window.input.base)),
      .declare(weights, "b", expressions.pointer(window.weights)),
    ]
    block += startSums(
      window.start, rows: window.output, count: vectors, stored: window.channels,
      window.products.sum)
    block += window.products == .reals ? taps(window, vectors) : fours(window, vectors)
    block += finish(
      window.output, window.epilogue, vectors: vectors, stored: window.channels,
      window.products.sum)
    return [.block(block)]
  }

  /// The taps of a window over reals, one after the other.
  private func taps(_ window: WindowMultiply, _ vectors: Int) -> [CStatement] {
    let lanes = target.tileLanes
    return window.taps.enumerated().map { number, tap in
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
      return .block(body)
    }
  }

  /// Four taps of a window over bytes at a time; points that read the same four share them.
  private func fours(_ window: WindowMultiply, _ vectors: Int) -> [CStatement] {
    let lanes = target.tileLanes
    let groups = stride(from: 0, to: window.taps.count, by: 4).map {
      Array(window.taps[$0..<$0 + 4])
    }
    if lanes == 1 { return bytes(window, groups) }
    var readers: [[Int]: [(row: Int, group: Int)]] = [:]
    for (row, offset) in window.input.offsets.enumerated() {
      for (group, taps) in groups.enumerated() {
        readers[taps.map { $0 + offset }, default: []].append((row, group))
      }
    }
    var block: [CStatement] = []
    for vector in 0..<vectors {
      for group in groups.indices {
        let place = group * window.weightStride + vector * lanes * 4
        let pointer = CExpression.sum("b", [], place)
        block.append(
          .declare(
            "const apus_i32_\(lanes)", "w\(vector)_\(group)",
            .call("apus_load_bytes_\(lanes)", [pointer])))
      }
      let valid = min(lanes, window.channels - vector * lanes)
      for taps in readers.keys.sorted(by: { $0[0] < $1[0] }) {
        var body = four(taps.map { $0 + vector * lanes }, lanes, valid: valid)
        for (row, group) in readers[taps] ?? [] {
          let sum = CExpression.name("s\(row)_\(vector)")
          body.append(
            .assign(
              sum,
              .call("apus_dot_\(lanes)", [.name("x"), .name("w\(vector)_\(group)"), sum])))
        }
        block.append(.block(body))
      }
    }
    return block
  }

  /// The taps of a window over bytes on machines without vectors.
  private func bytes(_ window: WindowMultiply, _ groups: [[Int]]) -> [CStatement] {
    var block: [CStatement] = []
    for channel in 0..<window.channels {
      for (row, offset) in window.input.offsets.enumerated() {
        let sum = CExpression.name("s\(row)_\(channel)")
        for (group, taps) in groups.enumerated() {
          for (number, tap) in taps.prefix(taps.distinctCount).enumerated() {
            let weight = group * window.weightStride + 4 * channel + number
            let product = CExpression.binary(
              "*", .element(.name("a"), .integer(offset + tap + channel)),
              .element(.name("b"), .integer(weight)))
            block.append(.assign(sum, .binary("+", sum, product)))
          }
        }
      }
    }
    return block
  }

  /// Declares `x`: in each lane the bytes of four taps.
  private func four(_ taps: [Int], _ lanes: Int, valid: Int) -> [CStatement] {
    let loads = taps.prefix(taps.distinctCount).map { tap -> CExpression in
      let pointer = CExpression.sum("a", [], tap)
      return valid < lanes
        ? .call("apus_load_part_u8_\(lanes)", [pointer, .integer(valid)])
        : .call("apus_load_u8_\(lanes)", [pointer])
    }
    let joined = loads.enumerated().dropFirst().reduce(loads[0]) { bytes, load in
      .binary("|", bytes, .binary("<<", load.element, .integer(8 * load.offset)))
    }
    return [.declare("const apus_i32_\(lanes)", "x", joined)]
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

extension [Int] {
  /// The taps of a four without those that fill it up, which repeat the first.
  fileprivate var distinctCount: Int { 1 + dropFirst().count { $0 != self[0] } }
}
