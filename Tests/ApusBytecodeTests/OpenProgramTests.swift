import ApusIR
import ApusLoops
import CApusVM
import Testing

@testable import ApusBytecode

/// Programs whose sizes are known at run time only.
@Suite struct OpenProgramTests {
  /// Adds up rows until a sum is large, and picks rows by an index; `rows` is given, `turns` found.
  private func program() throws -> Program {
    try Program(
      parsing: """
        program @open {
          arena 192 live 192
          symbol rows in 0..4
          symbol turns in 0..4
          symbol turn in 0..3
          b0 "x" : f32[12] input
          b1 "picked" : i64[1] input
          b2 "sums" : f32[4] output
          b3 "row" : f32[3] output
          b4 "go" : bool[1] arena 0
          b5 "sum" : f32[1] arena 64
          input "x" : tensor<3xrowsxf32> = b0
          input "picked" : tensor<i64> = b1
          output "sums" : tensor<turnsxf32> = b2
          output "row" : tensor<3xf32> = b3
          kernel @start {
            b4[0] = 1:bool
            b5[0] = 0.0:f32
          }
          kernel @add {
            serial i0 in 0..<3 {
              r0: f32 = add(b5[0], b0[(rows)*i0+(turn)])
              b5[0] = r0
            }
            r1: f32 = b5[0]
            b2[(turn)] = r1
            b4[0] = lt(r1, 10.0:f32)
          }
          kernel @pick {
            i0 = clamp(b1[0], rows)
            serial i1 in 0..<rows {
              within 0 <= i1 < rows-1 {
                serial i2 in 0..<3 {
                  b3[i2] = b0[(rows)*i2+i0]
                }
              }
            }
          }
          steps {
            run @start
            repeat turn in 0..<rows while b4[0] {
              run @add
            }
            turns = (turn)
            if b4[0] {
              run @pick
            }
            else {
              run @pick
            }
          }
        }
        """)
  }

  private func inputs(_ rows: Int) -> [TensorData] {
    [
      f32([3, rows]) { Float($0) }, TensorData(.i64, [], [Int64(-1)]),
    ]
  }

  @Test func oneFileServesManySizes() throws {
    let session = try Session(Bytecode.encode(program()))
    for rows in 2...4 {
      let results = try session.run(inputs(rows))
      var sums: [Float] = []
      var sum: Float = 0
      for row in 0..<rows where sum < 10 {
        for line in 0..<3 { sum += Float(line * rows + row) }
        sums.append(sum)
      }
      #expect(results[0].type == TensorType(.f32, [sums.count]))
      #expect(results[0].elements(as: Float.self) == sums)
      let last = (0..<3).map { Float($0 * rows + rows - 1) }
      #expect(results[1].elements(as: Float.self) == last)
    }
  }

  @Test func sizesOutOfBoundsAreRefused() throws {
    let session = try Session(Bytecode.encode(program()))
    #expect(throws: DiagnosticError.self) { try session.run(inputs(5)) }
  }

  @Test func anyDamageIsRefusedOrHarmless() throws {
    let file = try Bytecode.encode(program())
    for bit in 0..<file.count * 8 where bit / 8 < 16 || bit / 8 >= 32 {
      var damaged = file
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      damaged.replaceSubrange(
        24..<32, with: withUnsafeBytes(of: Bytecode.checksum(damaged)) { Array($0) })
      guard let session = try? Session(damaged, memoryLimit: 1 << 20, workLimit: 1 << 16),
        (session.inputBytes + session.outputBytes).allSatisfy({ $0 < 1 << 16 })
      else { continue }
      _ = try? session.run(inputs(3))
    }
  }

  @Test func theListingNamesSizes() throws {
    let text = try Bytecode.text(Bytecode.encode(program()))
    for name in ["loopto", "size", "product", "fetchto"] { #expect(text.contains(name)) }
  }
}
