import ApusIR
import ApusLoops

/// What `NAME_signature` says, read from the memory of a library.
///
/// The places of the fields are those of `NAME_signature_t` and `NAME_tensor_t` on machines with
/// 64-bit pointers; the header of each model declares both.
struct NativeSignature {
  let abiVersion: Int
  let arenaBytes: Int
  let interface: ProgramInterface

  init(_ base: UnsafeRawPointer) {
    func count(_ place: Int) -> Int { Int(base.load(fromByteOffset: place, as: Int32.self)) }
    abiVersion = count(0)
    let (inputCount, outputCount) = (count(4), count(8))
    arenaBytes = base.load(fromByteOffset: 32, as: Int.self)
    let names = base.load(fromByteOffset: 64, as: UnsafePointer<UnsafePointer<CChar>>?.self)
    let limits = base.load(fromByteOffset: 72, as: UnsafePointer<Int64>?.self)
    let symbols = (0..<count(56)).map { place in
      SymbolBounds(
        name: names.map { String(cString: $0[place]) } ?? "", lower: 0,
        upper: limits.map { Int($0[place]) })
    }
    interface = ProgramInterface(
      inputs: NativeSignature.ports(base, at: 16, count: inputCount),
      outputs: NativeSignature.ports(base, at: 24, count: outputCount),
      symbols: symbols, givenCount: count(60))
  }

  private static func ports(
    _ base: UnsafeRawPointer, at place: Int, count: Int
  ) -> [ApusLoops.Port] {
    guard let table = base.load(fromByteOffset: place, as: UnsafeRawPointer?.self) else {
      return []
    }
    return (0..<count).map { number in
      let entry = table + number * 32
      let name = entry.load(as: UnsafePointer<CChar>?.self).map { String(cString: $0) } ?? ""
      let element = Int(entry.load(fromByteOffset: 8, as: Int32.self))
      let rank = Int(entry.load(fromByteOffset: 12, as: Int32.self))
      let shape = entry.load(fromByteOffset: 16, as: UnsafePointer<Int64>?.self)
      let symbols = entry.load(
        fromByteOffset: 24, as: UnsafePointer<UnsafePointer<CChar>?>?.self)
      let dimensions = (0..<rank).map { axis -> Dimension in
        guard let text = symbols?[axis] else { return Dimension(Int(shape?[axis] ?? 0)) }
        return (try? Dimension(parsing: String(cString: text))) ?? 0
      }
      let type = TensorType(ElementType(onnxDataType: element) ?? .f32, Shape(dimensions))
      return ApusLoops.Port(name: name, type: type, buffer: BufferID(number))
    }
  }
}
