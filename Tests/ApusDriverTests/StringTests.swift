import ApusBytecode
import ApusC
import ApusIR
import ApusLoops
import ApusRuntime
import Testing

@testable import ApusDriver

/// Strings on both back ends and through files, with results worked out by hand.
@Suite struct StringTests {
  private static func words(_ texts: [String]) -> TensorData {
    TensorData(strings: texts.map { Array($0.utf8) }, [texts.count])
  }

  /// One function of two strings with what it gives for each pair.
  struct Case: Sendable, CustomTestStringConvertible {
    var function: String
    var expected: [String]
    var testDescription: String { function }
    init(_ function: String, _ expected: [String]) {
      (self.function, self.expected) = (function, expected)
    }
  }

  private static let left = ["", "a,b", ",x,", "  Ab\tc ", "éß€", "ab"]
  private static let right = [",", ",", ",", "", "É", "abc"]

  static let cases: [Case] = [
    Case("join(a, b)", [",", "a,b,", ",x,,", "  Ab\tc ", "éß€É", "ababc"]),
    Case("head(a, b)", ["", "a", "", "Ab", "éß€", "ab"]),
    Case("tail(a, b)", ["", "b", "x,", "c ", "", ""]),
    Case("upper(a)", ["", "A,B", ",X,", "  AB\tC ", "Éß€", "AB"]),
    Case("lower(join(b, a))", [",", ",a,b", ",,x,", "  ab\tc ", "ééß€", "abcab"]),
    Case("select(eq(a, b), a, head(b, a))", [",", ",", ",", "", "É", ""]),
    Case("select(lt(a, b), a, b)", ["", ",", ",", "", "É", "ab"]),
    Case("select(eq(parts(a, b), 2:i64), a, b)", [",", "a,b", ",", "  Ab\tc ", "É", "abc"]),
    Case("select(lt(a, b), 0:string, a)", ["", "a,b", ",x,", "  Ab\tc ", "éß€", ""]),
  ]

  private func both(_ graph: Graph, stringBytes: Int = 1 << 16) throws -> (NativeModel, Session) {
    let folder = try TemporaryFolder()
    let program = try Lowering.program(
      for: graph, target: .native, name: "model", stringBytes: stringBytes)
    let library = try CCompiler().buildLibrary(
      CModel(program, target: .native, options: CModel.Options()), target: .native,
      in: folder.path)
    let machine = try Lowering.program(
      for: graph, target: .virtualMachine, name: "model", stringBytes: stringBytes)
    return (
      try NativeModel(library: library, name: "model"), try Session(Bytecode.encode(machine))
    )
  }

  @Test func functions() throws {
    let outputs = Self.cases.indices.map { "o\($0): tensor<6xstring>" }.joined(separator: ", ")
    let lines = Self.cases.enumerated().map { place, test in
      let isUnary = !test.function.contains("b)") && !test.function.contains("(b")
      let (names, types) = isUnary ? ("%x", "a: string") : ("%x, %y", "a: string, b: string")
      return "  %o\(place) = map \(names) {f = (\(types)) \(test.function)} : tensor<6xstring>\n"
    }.joined()
    let graph = try Graph(
      parsing: """
        graph @strings(%x: tensor<6xstring>, %y: tensor<6xstring>) -> (\(outputs)) {
        \(lines)  return \(Self.cases.indices.map { "%o\($0)" }.joined(separator: ", "))
        }

        """)
    let (native, machine) = try both(graph)
    let inputs = [Self.words(Self.left), Self.words(Self.right)]
    let (a, b) = (try native.run(inputs), try machine.run(inputs))
    for (place, test) in Self.cases.enumerated() {
      #expect(a[place] == Self.words(test.expected), "C: \(test.function)")
      #expect(b[place] == Self.words(test.expected), "bytecode: \(test.function)")
    }
  }

  /// Letters whose other case has as many bytes.
  @Test func lettersChangeTheirCaseAsInUnicode() throws {
    let blocks: [ClosedRange<UInt32>] = [
      0x21...0x17f, 0x1a0...0x1a5, 0x1af...0x1b0, 0x1cd...0x1dc, 0x1f8...0x21f, 0x370...0x37a,
      0x384...0x3ce, 0x3d8...0x3ef, 0x400...0x52f, 0x531...0x556, 0x561...0x586, 0x1e00...0x1e95,
      0x1ea0...0x1eff,
      0xff21...0xff5a, 0x1_f600...0x1_f610,
    ]
    let letters =
      blocks
      .joined().compactMap(Unicode.Scalar.init).map { Character($0) }
    let graph = try Graph(
      parsing: """
        graph @cases(%x: tensor<\(letters.count)xstring>) -> \
        (u: tensor<\(letters.count)xstring>, l: tensor<\(letters.count)xstring>) {
          %u = map %x {f = (a: string) upper(a)} : tensor<\(letters.count)xstring>
          %l = map %x {f = (a: string) lower(a)} : tensor<\(letters.count)xstring>
          return %u, %l
        }

        """)
    let (native, machine) = try both(graph)
    func changed(_ change: (Character) -> String) -> TensorData {
      Self.words(
        letters.map { letter in
          let other = change(letter)
          let hasOne = other.unicodeScalars.count == 1 && other.utf8.count == letter.utf8.count
          return hasOne ? other : String(letter)
        })
    }
    let want = [changed { $0.uppercased() }, changed { $0.lowercased() }]
    let input = Self.words(letters.map { String($0) })
    #expect(try native.run([input]) == want)
    #expect(try machine.run([input]) == want)
  }

  @Test func openSizesAndMovement() throws {
    let graph = try Graph(
      parsing: """
        graph @open(%x: tensor<Nxstring>, %i: tensor<2xi64>) -> \
        (y: tensor<2xstring>, z: tensor<(N+1)xstring>, s: tensor<Nx2xstring>) where N = 1..5 {
          %y = gather %x, %i : tensor<2xstring>
          %0 = constant 0x03000000656e64 : tensor<1xstring>
          %z = concat %x, %0 {axis = 0} : tensor<(N+1)xstring>
          %1 = constant 0x010000002d : tensor<string>
          %s = split %x, %1 {shape = <Nx2>} : tensor<Nx2xstring>
          return %y, %z, %s
        }

        """)
    let (native, machine) = try both(graph)
    let inputs = [Self.words(["a-b", "c", "d-e-f"]), TensorData(.i64, [2], [Int64(-1), 0])]
    let want = [
      Self.words(["d-e-f", "a-b"]), Self.words(["a-b", "c", "d-e-f", "end"]),
      TensorData(strings: ["a", "b", "c", "", "d", "e"].map { Array($0.utf8) }, [3, 2]),
    ]
    #expect(try native.run(inputs) == want)
    #expect(try machine.run(inputs) == want)
  }

  @Test func bytesThatAreNotUnicodeStay() throws {
    let graph = try Graph(
      parsing: """
        graph @bytes(%x: tensor<4xstring>) -> (y: tensor<4xstring>) {
          %y = map %x {f = (a: string) upper(a)} : tensor<4xstring>
          return %y
        }

        """)
    let (native, machine) = try both(graph)
    let input = TensorData(
      strings: [[0xc3, 0x61], [0xe1, 0xba, 0x61], [0x80, 0xff, 0x7a], [0x61, 0xe1]], [4])
    let want = TensorData(
      strings: [[0xc3, 0x41], [0xe1, 0xba, 0x41], [0x80, 0xff, 0x5a], [0x41, 0xe1]], [4])
    #expect(try native.run([input]) == [want])
    #expect(try machine.run([input]) == [want])
  }

  @Test func loopsCarryStrings() throws {
    let graph = try Graph(
      parsing: """
        graph @loop(%x: tensor<2xstring>, %n: tensor<1xi64>) -> (y: tensor<2xstring>) \
        where n = 0..4 {
          bind %n {values = [n]}
          %y = repeat %x, %x {turns = [t, n, n], carried = 1} : tensor<2xstring> \
        do (%s: tensor<2xstring>, %a: tensor<2xstring>) -> (s: tensor<2xstring>) {
            %0 = map %s, %a {f = (a: string, b: string) join(a, b)} : tensor<2xstring>
            return %0
          }
          return %y
        }

        """)
    let (native, machine) = try both(graph)
    for turns in 0...4 {
      let inputs = [Self.words(["é", ""]), TensorData(.i64, [1], [Int64(turns)])]
      let want = [Self.words([String(repeating: "é", count: turns + 1), ""])]
      #expect(try native.run(inputs) == want)
      #expect(try machine.run(inputs) == want)
    }
  }

  @Test func wantOfRoomIsTold() throws {
    let graph = try Graph(
      parsing: """
        graph @room(%x: tensor<2xstring>) -> (y: tensor<2xstring>) {
          %y = map %x {f = (a: string) join(a, a)} : tensor<2xstring>
          return %y
        }

        """)
    let input = Self.words(["ab", "c"])
    // ab, c, abab, cc: with a zero each.
    let (native, machine) = try both(graph, stringBytes: 13)
    #expect(try native.run([input]) == [Self.words(["abab", "cc"])])
    #expect(try machine.run([input]) == [Self.words(["abab", "cc"])])
    let (small, little) = try both(graph, stringBytes: 12)
    for run in [{ try small.run([input]) }, { try little.run([input]) }] {
      #expect { try run() } throws: { error in
        (error as? DiagnosticError)?.diagnostics.first?.id == "string-room"
      }
    }
    let spoilt = TensorData(strings: [[97, 0, 98], []], [2])
    #expect(throws: DiagnosticError.self) { try machine.run([spoilt]) }
  }

  @Test func constantStringsTakeNoRoom() throws {
    let graph = try Graph(
      parsing: """
        graph @names(%i: tensor<3xi64>) -> (y: tensor<3xstring>, same: tensor<3xbool>) {
          %0 = constant 0x0100000003000000616f6e65 : tensor<2xstring>
          %y = gather %0, %i : tensor<3xstring>
          %1 = constant 0x0100000061 : tensor<string>
          %same = map %y, %1 {f = (a: string, b: string) eq(a, b)} : tensor<3xbool>
          return %y, %same
        }

        """)
    let program = try Lowering.program(for: graph, target: .c99, name: "names")
    #expect(program.arenaBytes <= 192)
    let (native, machine) = try both(graph)
    let input = [TensorData(.i64, [3], [Int64(1), 0, -1])]
    let want = [Self.words(["one", "a", "one"]), TensorData(.bool, [3], [UInt8(0), 1, 0])]
    #expect(try native.run(input) == want)
    #expect(try machine.run(input) == want)
  }

  @Test func filesOfStrings() throws {
    let folder = try TemporaryFolder()
    let model = folder.path + "/cases.apir"
    try writeWhole(
      """
      graph @cases(%x: tensor<2xstring>) -> (y: tensor<2xstring>) {
        %y = map %x {f = (a: string) upper(a)} : tensor<2xstring>
        return %y
      }

      """, to: model)
    try TensorFile.write([NamedTensor("x", Self.words(["é", "ab"]))], to: folder.path + "/x.npy")
    let run = ["run", model, "--input", "x=\(folder.path)/x.npy", "--backend", "bytecode"]
    for format in ["npy", "pb"] {
      let outcome = apus(run + ["-o", folder.path + "/out", "--format", format])
      #expect(outcome.code == 0, "\(outcome.message)")
      let output = try TensorFile.read("\(folder.path)/out/y.\(format)")
      #expect(output.map(\.value) == [Self.words(["É", "AB"])])
    }
    let small = apus(run + ["-o", folder.path + "/out", "--string-bytes", "4"])
    #expect(small.code == 5)
    #expect(small.message.contains("--string-bytes"))
  }
}
