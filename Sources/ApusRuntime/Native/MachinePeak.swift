public import ApusIR
public import ApusLoops
internal import Foundation

extension CCompiler {
  /// Measures the most fused multiply-adds of single precision that one core does, in GFLOP/s: a
  /// small program (`peak.c.in`) that is compiled for the target and runs for `seconds`.
  ///
  /// - Throws: `c-compiler-…` when it cannot be compiled, `library` when it cannot be loaded.
  public func measuredPeak(
    of target: Target, seconds: Double
  ) throws(DiagnosticError) -> Double {
    let folder = try TemporaryFolder()
    let (source, library) = (folder.path + "/peak.c", folder.path + "/libpeak.so")
    try writeWhole(String(decoding: PackageResources.peak_c_in, as: UTF8.self), to: source)
    try run(["-O2", "-fPIC", "-shared"] + target.compilerFlags + [source, "-o", library])
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL),
      let address = dlsym(handle, "peak")
    else {
      throw DiagnosticError(
        Diagnostic(.inputOutput, id: "library", "the measure of the peak cannot be loaded"))
    }
    defer { dlclose(handle) }
    typealias Peak = @convention(c) (Double) -> Double
    return unsafeBitCast(address, to: Peak.self)(seconds)
  }
}
