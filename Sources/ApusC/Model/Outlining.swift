/// Turns the parallel loops of a kernel into functions of one iteration, for threads of the caller.
///
/// What an iteration takes from around the loop travels in a structure.
struct Outlining {
  /// The kernel with a call in place of each parallel loop.
  private(set) var kernel: CFunction
  /// The functions of the iterations.
  private(set) var parts: [CFunction] = []

  init(_ kernel: CFunction) {
    self.kernel = kernel
    let body = rewritten(kernel.body, around: kernel.parameters)
    guard !parts.isEmpty else { return }
    self.kernel.body = body
    self.kernel.parameters.append(CParameter(type: "const apus_threads *", name: "threads"))
  }

  private mutating func rewritten(
    _ statements: [CStatement], around locals: [CParameter]
  ) -> [CStatement] {
    var locals = locals
    var result: [CStatement] = []
    for statement in statements {
      switch statement {
      case .declare(let type, let name, _):
        locals.append(CParameter(type: type, name: name))
        result.append(statement)
      case .count(let name, let extent, let body):
        guard result.last == .parallel else {
          let inner = locals + [CParameter(type: "const ptrdiff_t", name: name)]
          result.append(.count(name, extent, rewritten(body, around: inner)))
          continue
        }
        result[result.count - 1] = outlined(name, extent, body, locals)
      case .loop(let name, let test, let body):
        result.append(.loop(name, test, rewritten(body, around: locals)))
      case .branch(let test, let yes, let no):
        result.append(
          .branch(test, rewritten(yes, around: locals), otherwise: rewritten(no, around: locals)))
      case .block(let body): result.append(.block(rewritten(body, around: locals)))
      case .comment, .assign, .expression, .directive, .result: result.append(statement)
      }
    }
    return result
  }

  /// The call that runs a loop, whose iterations become a function.
  private mutating func outlined(
    _ variable: String, _ extent: CExpression, _ body: [CStatement], _ locals: [CParameter]
  ) -> CStatement {
    let name = "\(kernel.name)_part\(parts.count)"
    let taken = locals.filter { local in body.contains { $0.mentions(.name(local.name)) } }
    let own = taken.map {
      CStatement.declare($0.type, $0.name, .member(.name("held"), "->\($0.name)"))
    }
    let held = CStatement.declare("const \(name)_data *const", "held", .name("data"))
    parts.append(
      CFunction(
        attributes: "APUS_KERNEL static ", result: "void", name: name,
        parameters: [
          CParameter(type: "void *", name: "data"), CParameter(type: "ptrdiff_t", name: variable),
        ],
        body: (taken.isEmpty ? [.expression(.cast("void", .name("data")))] : [held]) + own + body,
        held: taken))
    let values = taken.map(\.name).joined(separator: ", ")
    let call = { (data: CExpression) in
      CStatement.expression(
        .call("apus_parallel", [.name("threads"), extent, .name(name), data]))
    }
    if taken.isEmpty { return call(.name("NULL")) }
    return .block([
      .declare("\(name)_data", "data", .literal("{\(values)}")), call(.unary("&", .name("data"))),
    ])
  }
}

extension CStatement {
  /// What stands before a loop whose iterations may run at the same time.
  static var parallel: CStatement { .directive("APUS_PARALLEL") }
}

extension CPrinter {
  /// The structure that a part of a kernel gets, and what runs its iterations.
  mutating func printThreads(_ model: String) {
    line("typedef \(model)_threads apus_threads;")
    line()
    line("static void apus_parallel(const apus_threads *threads, ptrdiff_t count,")
    line("    void (*body)(void *data, ptrdiff_t index), void *data) {")
    line("  if (threads->run != NULL) {")
    line("    threads->run(threads->pool, count, body, data);")
    line("    return;")
    line("  }")
    line("  for (ptrdiff_t i = 0; i < count; i++) {")
    line("    body(data, i);")
    line("  }")
    line("}")
    line()
  }
}
