package import ApusIR

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Memory that a run takes, aligned to 64 bytes.
package final class RunMemory {
  /// The first byte.
  package let start: UnsafeMutableRawPointer
  private let count: Int

  /// Memory of `count` bytes, at least one.
  ///
  /// - Throws: `run-memory` when there is not so much.
  package init(_ count: Int) throws(DiagnosticError) {
    self.count = max(count, 1)
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, self.count) == 0, let start else {
      throw DiagnosticError(
        Diagnostic(.limitExceeded, id: "run-memory", "\(count) bytes are more than there is"))
    }
    self.start = start
  }

  deinit { free(start) }

  /// All bytes, which nothing has written at first.
  package var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start, count: count)
  }
}
