#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Work for another thread.
private final class Job {
  let body: () -> Void

  init(_ body: @escaping () -> Void) { self.body = body }
}

private func run(_ job: UnsafeMutableRawPointer?) {
  if let job { Unmanaged<Job>.fromOpaque(job).takeRetainedValue().body() }
}

/// Runs `body` on a thread with a stack of `bytes` and waits for it; `nil` when there is no thread.
///
/// Nested graphs are read by recursion, and the caller's stack may be small.
func withStack<Value>(of bytes: Int, _ body: @escaping () -> Value) -> Value? {
  var result: Value?
  let job = Unmanaged.passRetained(Job { result = body() })
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setstacksize(&attributes, bytes)
  #if canImport(Darwin)
    var thread: pthread_t?
  #else
    var thread = pthread_t()
  #endif
  let status = pthread_create(
    &thread, &attributes,
    { job in
      run(job)
      return nil
    }, job.toOpaque())
  guard status == 0 else {
    job.release()
    return nil
  }
  #if canImport(Darwin)
    if let thread { pthread_join(thread, nil) }
  #else
    pthread_join(thread, nil)
  #endif
  return result
}
