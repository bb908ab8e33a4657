internal import ApusIR

extension Lowering {
  /// Strings taken apart from left to right: each turn gives the head and goes on with the tail.
  mutating func scheduleSplit(_ task: KernelTask, _ split: Split) {
    let result = destination(of: task.results[0])
    let (texts, separator) = (placement(of: task.operands[0]), placement(of: task.operands[1]))
    let axis = texts.extents.count
    makesStrings = true
    kernel("split", origins: task.origins) { builder in
      builder.loops(texts.extents, .parallel) { builder, place in
        let by = builder.set(.load(separator.access([])), .string, lanes: 1)
        let rest = builder.set(.load(texts.access(place)), .string, lanes: 1)
        builder.loop(result.extents[axis]) { builder, part in
          let head = Expression.binary(.head, .register(rest), .register(by))
          let isLast = Expression.compare(
            .greaterOrEqual, .index(part), .literal(.integer(split.limit), .i64))
          let value = split.limit == .max ? head : .select(isLast, .register(rest), head)
          builder.store(result.access(place + [part]), value, lanes: 1)
          builder.update(rest, .binary(.tail, .register(rest), .register(by)))
        }
      }
    }
  }
}
