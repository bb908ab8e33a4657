internal import ApusLoops

extension ModelEmitter {
  /// Bytes of stack that suffice for one call when the C compiler optimises (`-O1` or more),
  /// without what the runtime of threads takes.
  ///
  /// A call is three functions deep: `NAME_invoke`, `NAME_run` and one kernel, with two more for
  /// threads of the caller; the machine layer is inlined. What is alive at one time can be in
  /// memory: the variables of the deepest scope of a kernel, as much again for subexpressions and
  /// unrolled loops, and what moves out of loops, which is pointers and up to 32 vectors of
  /// constants. `check-emitted-c.sh` compares this with what compilers report.
  var stackBytes: Int {
    let vector = max(target.lanes, target.tileLanes) * 4
    let scope = kernels.functions.map { $0.body.deepestScopeBytes(vector: vector) }.max() ?? 0
    let pointers = kernels.functions.map { $0.parameters.count + 2 * $0.held.count }.max() ?? 0
    let arguments = runParameters.count + program.symbols.count + kernels.calls.count
    let bytes = 1024 + 32 * vector + 16 * (pointers + arguments) + 2 * scope
    return (bytes + 63) / 64 * 64
  }
}

extension [CStatement] {
  /// The bytes of all variables that are in scope at one time, at most; `vector` is the size of a
  /// vector of 32-bit elements.
  fileprivate func deepestScopeBytes(vector: Int) -> Int {
    var own = 0
    var inner = 0
    for statement in self {
      switch statement {
      case .declare(let type, _, _): own += type.byteCount(vector: vector)
      case .count(_, _, let body), .loop(_, _, let body):
        inner = Swift.max(inner, 8 + body.deepestScopeBytes(vector: vector))
      case .branch(_, let body, let otherwise):
        for body in [body, otherwise] {
          inner = Swift.max(inner, body.deepestScopeBytes(vector: vector))
        }
      case .block(let body): inner = Swift.max(inner, body.deepestScopeBytes(vector: vector))
      case .comment, .assign, .expression, .directive, .result: break
      }
    }
    return own + inner
  }
}

extension String {
  /// The size of a variable of this C type: pointers and numbers take 8 bytes at most.
  ///
  /// Pointers to four bytes stand for what compilers load from them ahead, in unrolled loops.
  fileprivate func byteCount(vector: Int) -> Int {
    if hasSuffix("int8_t *") { return 72 }
    guard contains("apus_") else { return 8 }
    return contains("64_") ? 2 * vector : vector
  }
}
