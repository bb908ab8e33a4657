public import ApusC
public import ApusIR
public import ApusLoops
internal import Foundation

/// A small program (`machine.c.in`), compiled for a target, that measures what this machine can do.
public final class MachineProbe {
  private let folder: TemporaryFolder
  private let peakFunction: @convention(c) (Double) -> Double
  private let readsFunction: @convention(c) (Int, Double) -> Double
  private let startsFunction: @convention(c) (Double) -> Double

  /// Compiles the program.
  ///
  /// - Throws: `c-compiler-…` when it cannot be compiled, `library` when it cannot be loaded.
  public init(
    _ compiler: CCompiler, for target: Target, threads: ThreadModel = .none
  ) throws(DiagnosticError) {
    folder = try TemporaryFolder()
    let (source, library) = (folder.path + "/machine.c", folder.path + "/libmachine.so")
    try writeWhole(String(decoding: PackageResources.machine_c_in, as: UTF8.self), to: source)
    let parallel = threads == .openmp ? ["-fopenmp"] : []
    try compiler.run(
      ["-O2", "-fPIC", "-shared"] + target.compilerFlags + parallel + [source, "-o", library])
    // It stays: threads of OpenMP outlive a loop.
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE),
      let peak = dlsym(handle, "peak"),
      let reads = dlsym(handle, "reads"), let starts = dlsym(handle, "starts")
    else {
      throw DiagnosticError(
        Diagnostic(.inputOutput, id: "library", "the measure of the machine cannot be loaded"))
    }
    peakFunction = unsafeBitCast(peak, to: (@convention(c) (Double) -> Double).self)
    readsFunction = unsafeBitCast(reads, to: (@convention(c) (Int, Double) -> Double).self)
    startsFunction = unsafeBitCast(starts, to: (@convention(c) (Double) -> Double).self)
  }

  /// The most fused multiply-adds of single precision that one core does, in GFLOP/s.
  public func peak(seconds: Double) -> Double { peakFunction(seconds) }

  /// How fast one core reads `bytes` again and again, in GB/s.
  public func reads(_ bytes: Int, seconds: Double) -> Double { readsFunction(bytes, seconds) }

  /// How long threads take for a loop that does nothing, in nanoseconds.
  public func starts(seconds: Double) -> Double { startsFunction(seconds) }

  /// What schedules ask about a machine; each number is measured for `seconds`.
  public func machine(_ target: Target, seconds: Double) -> Machine {
    let caches = Machine.nativeCaches ?? target.machine.caches
    // Half of a cache, so that nothing else drives it out, and much more than any cache.
    let sizes = caches.map { $0 / 2 } + [256 << 20]
    return Machine(
      multiplyAdds: peak(seconds: seconds) / 2, caches: caches,
      reads: sizes.map { reads($0, seconds: seconds) })
  }
}
