import ApusLibrary
import CApusLibrary
import Testing

/// What the C interface refuses; what it does is shown by Examples/c-api.
@Suite struct InterfaceTests {
  /// Calls that pass NULL where a handle, a text or an array must stand.
  @Test func refusesNull() {
    var error: OpaquePointer?
    #expect(apus_graph_parse(nil, &error) == nil)
    expectMisuse(&error)
    #expect(apus_graph_print(nil, 0, &error) == nil)
    expectMisuse(&error)
    #expect(apus_graph_verify(nil, &error) == APUS_USAGE)
    expectMisuse(&error)
    #expect(apus_graph_import_bytes(nil, 4, nil, &error) == nil)
    expectMisuse(&error)
    #expect(apus_session_load(nil, 4, &error) == nil)
    expectMisuse(&error)
    #expect(apus_session_run(nil, nil, 0, nil) == nil)
    #expect(apus_session_input_count(nil) == 0)
    #expect(apus_buffer_data(nil) == nil)
    apus_graph_free(nil)
    apus_error_free(nil)
  }

  @Test func refusesTextThatIsNotUnicode() {
    var error: OpaquePointer?
    let text: [CChar] = [-1, -2, 0]
    #expect(apus_graph_parse(text, &error) == nil)
    expectMisuse(&error)
  }

  /// Options of callers who know fewer fields are taken, those who ask for unknown ones are not.
  @Test func readsOptionsOfOtherVersions() throws {
    let graph = try makeGraph()
    defer { apus_graph_free(graph) }
    var error: OpaquePointer?
    var options = apus_compile_options()
    options.emit = Int32(APUS_EMIT_LOOPS)
    #expect(apus_graph_compile(graph, &options, &error) == nil)  // struct_size is 0
    expectMisuse(&error)

    options.struct_size = MemoryLayout<Int>.size  // emit is not known to the caller: bytecode
    let bytecode = apus_graph_compile(graph, &options, &error)
    let session = apus_session_load(apus_buffer_data(bytecode), apus_buffer_size(bytecode), nil)
    #expect(session != nil)
    apus_session_free(session)
    apus_buffer_free(bytecode)

    let known = MemoryLayout<apus_compile_options>.size
    for (more, isTaken) in [(Int64(0), true), (1, false)] {
      let block = UnsafeMutableRawPointer.allocate(byteCount: known + 8, alignment: 8)
      defer { block.deallocate() }
      options.struct_size = known + 8
      block.storeBytes(of: options, as: apus_compile_options.self)
      block.storeBytes(of: more, toByteOffset: known, as: Int64.self)
      let result = apus_graph_compile(
        graph, block.assumingMemoryBound(to: apus_compile_options.self), &error)
      #expect((result != nil) == isTaken)
      if isTaken { apus_buffer_free(result) } else { expectMisuse(&error) }
    }
  }

  /// Tensors whose numbers cannot be right.
  @Test func refusesOddTensors() throws {
    let graph = try makeGraph()
    defer { apus_graph_free(graph) }
    let session = try #require(apus_session_create(graph, nil))
    defer { apus_session_free(session) }
    let data: [Float] = [1, 2]
    let cases: [(element: Int32, rank: Int32, extents: [Int64], bytes: Int)] = [
      (99, 1, [2], 8), (1, -1, [2], 8), (1, 1, [-2], 8), (1, 1, [.max], 8), (1, 1, [2], 7),
      (8, 1, [2], 8), (1, 2, [1 << 31, 1 << 31], 8),
    ]
    for test in cases {
      var error: OpaquePointer?
      let results = test.extents.withUnsafeBufferPointer { extents in
        data.withUnsafeBytes { data in
          var tensor = apus_tensor(
            element: test.element, rank: test.rank, extents: extents.baseAddress,
            data: data.baseAddress, byte_count: test.bytes)
          return apus_session_run(session, &tensor, 1, &error)
        }
      }
      #expect(results == nil)
      expectMisuse(&error)
    }
  }

  /// Strings whose lengths ask for more bytes than there are.
  @Test func refusesOddStrings() {
    let extents: [Int64] = [2]
    let tables: [([UInt32], Int)] = [([1, 2], 8), ([.max, .max], 8), ([0, 0], 4), ([0, 4], 11)]
    for (table, bytes) in tables {
      let data = table + [0]
      data.withUnsafeBytes { data in
        extents.withUnsafeBufferPointer { extents in
          var tensor = apus_tensor(
            element: 8, rank: 1, extents: extents.baseAddress, data: data.baseAddress,
            byte_count: bytes)
          #expect(apus_tensor_string(&tensor, 1, nil) == nil)
          #expect(apus_tensor_string(&tensor, 2, nil) == nil)
          tensor.rank = -1
          #expect(apus_tensor_string(&tensor, 0, nil) == nil)
        }
      }
    }
    var error: OpaquePointer?
    #expect(apus_strings_pack(nil, 1, &error) == nil)
    expectMisuse(&error)
    #expect(apus_strings_pack([nil], 1, &error) == nil)
    expectMisuse(&error)
  }

  private func makeGraph() throws -> OpaquePointer {
    let text = """
      graph @g(%x: tensor<2xf32>) -> (y: tensor<2xf32>) {
        %0 = map %x {f = (a: f32) neg(a)} : tensor<2xf32>
        return %0
      }
      """
    return try #require(apus_graph_parse(text, nil))
  }

  private func expectMisuse(_ error: inout OpaquePointer?) {
    #expect(apus_error_code(error) == APUS_USAGE)
    let message = apus_error_message(error).map { String(cString: $0) }
    #expect(message?.contains("[c-interface]") == true)
    apus_error_free(error)
    error = nil
  }
}
