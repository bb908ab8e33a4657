extension Statement {
  /// The statement with other buffers.
  public func renumbered(_ buffer: (BufferID) -> BufferID) -> Statement {
    switch self {
    case .loop(let kind, let variable, let extent, let body):
      .loop(kind, variable, extent: extent, body.map { $0.renumbered(buffer) })
    case .bind(let variable, let operation): .bind(variable, operation.renumbered(buffer))
    case .within(let variable, let lower, let upper, let body):
      .within(variable, lower: lower, upper: upper, body.map { $0.renumbered(buffer) })
    case .set(let register, let value): .set(register, value.renumbered(buffer))
    case .store(let access, let value, let lanes):
      .store(access.renumbered(buffer), value.renumbered(buffer), lanes: lanes)
    case .tile(let tile): .tile(tile.renumbered(buffer))
    case .window(let window): .window(window.renumbered(buffer))
    }
  }
}

extension Access {
  func renumbered(_ number: (BufferID) -> BufferID) -> Access {
    Access(number(buffer), index, laneStride: laneStride)
  }
}

extension IndexOperation {
  fileprivate func renumbered(_ buffer: (BufferID) -> BufferID) -> IndexOperation {
    guard case .load(let access, let extent) = self else { return self }
    return .load(access.renumbered(buffer), extent: extent)
  }
}

extension Expression {
  fileprivate func renumbered(_ buffer: (BufferID) -> BufferID) -> Expression {
    switch self {
    case .load(let access): .load(access.renumbered(buffer))
    case .register, .literal, .index, .across: self
    case .unary(let function, let a): .unary(function, a.renumbered(buffer))
    case .binary(let function, let a, let b):
      .binary(function, a.renumbered(buffer), b.renumbered(buffer))
    case .compare(let test, let a, let b):
      .compare(test, a.renumbered(buffer), b.renumbered(buffer))
    case .select(let a, let b, let c):
      .select(a.renumbered(buffer), b.renumbered(buffer), c.renumbered(buffer))
    case .convert(let a, let type): .convert(a.renumbered(buffer), type)
    case .reinterpret(let a, let from, let to):
      .reinterpret(a.renumbered(buffer), from: from, to: to)
    case .fused(let a, let b, let c):
      .fused(a.renumbered(buffer), b.renumbered(buffer), c.renumbered(buffer))
    }
  }
}

extension TileRows {
  fileprivate func renumbered(_ buffer: (BufferID) -> BufferID) -> TileRows {
    TileRows(base.renumbered(buffer), offsets: offsets)
  }
}

extension TileStart {
  fileprivate func renumbered(_ buffer: (BufferID) -> BufferID) -> TileStart {
    guard case .columns(let access) = self else { return self }
    return .columns(access.renumbered(buffer))
  }
}

extension TileEpilogue {
  fileprivate func renumbered(_ buffer: (BufferID) -> BufferID) -> TileEpilogue {
    TileEpilogue(function, operands: operands.map { $0.renumbered(buffer) })
  }
}

extension TileMultiply {
  fileprivate func renumbered(_ buffer: (BufferID) -> BufferID) -> TileMultiply {
    var tile = self
    tile.a = a.renumbered(buffer)
    tile.b = b.renumbered(buffer)
    tile.start = start.renumbered(buffer)
    tile.output = output.renumbered(buffer)
    tile.epilogue = epilogue?.renumbered(buffer)
    tile.ahead?.start = ahead?.start.renumbered(buffer) ?? b
    return tile
  }
}

extension WindowMultiply {
  fileprivate func renumbered(_ buffer: (BufferID) -> BufferID) -> WindowMultiply {
    var window = self
    window.input = input.renumbered(buffer)
    window.weights = weights.renumbered(buffer)
    window.start = start.renumbered(buffer)
    window.output = output.renumbered(buffer)
    window.epilogue = epilogue?.renumbered(buffer)
    return window
  }
}

extension Program {
  /// Drops buffers that neither kernels nor the interface touch, and tells the new numbers.
  mutating func removeUnusedBuffers() -> [BufferID: BufferID] {
    let used = Set(
      kernels.flatMap(\.buffers) + steps.flatMap(\.allReadBuffers)
        + (inputs + outputs).map(\.buffer))
    var numbers: [BufferID: BufferID] = [:]
    var kept: [Buffer] = []
    for (number, buffer) in buffers.enumerated() where used.contains(BufferID(number)) {
      numbers[BufferID(number)] = BufferID(kept.count)
      kept.append(buffer)
    }
    buffers = kept
    for place in inputs.indices {
      inputs[place].buffer = numbers[inputs[place].buffer] ?? inputs[place].buffer
    }
    for place in outputs.indices {
      outputs[place].buffer = numbers[outputs[place].buffer] ?? outputs[place].buffer
    }
    steps = steps.map { $0.renumbered { numbers[$0] ?? $0 } }
    for place in kernels.indices {
      kernels[place].body = kernels[place].body.map { $0.renumbered { numbers[$0] ?? $0 } }
    }
    return numbers
  }
}
