internal import ApusIR

extension Lowering {
  /// A bitonic network (Batcher 1968) per row: the same comparisons whatever the data.
  ///
  /// The place of an element decides between equal ones, which keeps their order.
  mutating func scheduleSort(_ task: KernelTask, _ sort: Sort) throws(DiagnosticError) {
    let source = placement(of: task.operands[0])
    let results = task.results.map { destination(of: $0) }
    guard let count = source.extents[sort.axis].constant else {
      throw task.withoutSchedule("sorting a symbolic axis")
    }
    var size = 1
    while size < count { size *= 2 }
    var extents = source.extents
    extents[sort.axis] = Dimension(size)
    let keys = allocate(TensorType(source.element, Shape(extents)), name: "keys", .arena(offset: 0))
    let places = allocate(TensorType(.i64, Shape(extents)), name: "places", .arena(offset: 0))
    let rest: Literal =
      sort.descending
      ? .lowest(of: source.element)
      : source.element.isFloat ? .float(.nan) : .highest(of: source.element)
    let nest = RowNest(rank: extents.count, rows: [sort.axis], extents: extents)
    kernel("sort", origins: task.origins) { builder in
      builder.loops(nest.outer.map { extents[$0] }, .parallel) { builder, outer in
        func at(_ tensor: Placement, _ place: Index) -> Access {
          Access(tensor.buffer, tensor.index(nest.coordinates(outer, [place])))
        }
        let type = source.element.arithmetic
        builder.loop(size) { builder, place in
          builder.store(at(places, place), .index(place), lanes: 1)
        }
        builder.loop(count) { builder, place in
          builder.store(
            at(keys, place), .load(source.access(nest.coordinates(outer, [place]))), lanes: 1)
        }
        builder.loop(size - count) { builder, place in
          builder.store(at(keys, place + count), .literal(rest, type), lanes: 1)
        }
        builder.bitonicNetwork(size) { builder, first, second in
          builder.exchange(
            keys: (at(keys, first), at(keys, second)),
            places: (at(places, first), at(places, second)), type, descending: sort.descending)
        }
        for (scratch, result) in zip([keys, places], results) {
          builder.loop(count) { builder, place in
            builder.store(
              at(result, place), .load(scratch.access(nest.coordinates(outer, [place]))), lanes: 1)
          }
        }
      }
    }
  }
}

extension KernelBuilder {
  /// The comparisons that sort `size` elements, a power of two; the first one gets the smaller.
  fileprivate mutating func bitonicNetwork(
    _ size: Int, _ compare: (inout KernelBuilder, Index, Index) -> Void
  ) {
    var width = 2
    while width <= size {
      // Two sorted halves: the second one is met backwards.
      loops([size / width, width / 2].map { Dimension($0) }) { builder, place in
        let start = place[0] * width
        compare(&builder, start + place[1], start + (place[1] * -1 + (width - 1)))
      }
      var distance = width / 4
      while distance >= 1 {
        loops([size / (2 * distance), distance].map { Dimension($0) }) { builder, place in
          let first = place[0] * (2 * distance) + place[1]
          compare(&builder, first, first + distance)
        }
        distance /= 2
      }
      width *= 2
    }
  }

  /// Swaps two elements that are not in order.
  fileprivate mutating func exchange(
    keys: (Access, Access), places: (Access, Access), _ type: ElementType, descending: Bool
  ) {
    func read(_ access: Access) -> Access {
      Access(access.buffer, access.index, laneStride: 0)
    }
    let (a, b) = (
      set(.load(read(keys.0)), type, lanes: 1), set(.load(read(keys.1)), type, lanes: 1)
    )
    let (i, j) = (
      set(.load(read(places.0)), .i64, lanes: 1), set(.load(read(places.1)), .i64, lanes: 1)
    )
    let isLater = set(.compare(.less, .register(j), .register(i)), .bool, lanes: 1)
    let (wins, loses) = (
      larger(descending ? b : a, descending ? a : b), larger(descending ? a : b, descending ? b : a)
    )
    let tie = Expression.binary(.and, .unary(.not, .register(loses)), .register(isLater))
    let swaps = set(.binary(.or, .register(wins), tie), .bool, lanes: 1)
    for (pair, (first, second)) in [(keys, (a, b)), (places, (i, j))] {
      let test = Expression.register(swaps)
      store(pair.0, .select(test, .register(second), .register(first)), lanes: 1)
      store(pair.1, .select(test, .register(first), .register(second)), lanes: 1)
    }
  }

  /// Whether `a` is larger than `b`, where NaN is larger than every number.
  private mutating func larger(_ a: Register, _ b: Register) -> Register {
    var test = Expression.compare(.greater, .register(a), .register(b))
    if a.element.isFloat {
      let isOnly = Expression.binary(
        .and, .unary(.isNaN, .register(a)), .unary(.not, .unary(.isNaN, .register(b))))
      test = .binary(.or, test, isOnly)
    }
    return set(test, .bool, lanes: 1)
  }
}
