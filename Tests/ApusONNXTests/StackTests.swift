import ApusONNX
import Dispatch
import Foundation
import Synchronization
import Testing

/// What a thread found out.
private final class Findings: Sendable {
  let codes = Mutex<[Int32]>([])
}

@Suite struct StackTests {
  @Test(.timeLimit(.minutes(1))) func needsLittleStack() {
    let findings = Findings()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      for depth in [32, 2911] {
        let code = importCode(nestedIf(depth))
        findings.codes.withLock { $0.append(code) }
      }
      done.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    done.wait()
    #expect(findings.codes.withLock { $0 } == [0, 5])
  }
}
