import ApusIR
import Foundation
import Testing

@testable import ApusRuntime

/// Files that numpy itself wrote.
@Suite struct DigitsFilesTests {
  @Test func readsTheImages() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let path = root.standardized.appending(path: "Examples/digits/test-images.npz").path
    let tensors = try TensorFile.read(path)
    #expect(tensors.map(\.name) == ["in:image", "out:probabilities", "label"])
    #expect(tensors.map(\.value.type.shape.extents) == [[359, 1, 8, 8], [359, 10], [359]])
    #expect(tensors.map(\.value.type.element) == [.f32, .f32, .i64])
  }
}
