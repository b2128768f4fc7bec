import Testing

@testable import Transport

@Suite("Receive size")
struct ReceiveSizeTests {
  @Test("room grows where it was filled, shrinks where it was not used, within its limits")
  func adapts() {
    var size = ReceiveSize()
    #expect(size.bytes == 4096)
    var steps: [Int] = []
    for _ in 0..<4 {
      size.note(size.bytes)
      steps.append(size.bytes)
    }
    #expect(steps == [16384, 65536, 65536, 65536])
    size.note(20_000)
    #expect(size.bytes == 65536)
    for _ in 0..<3 { size.note(100) }
    #expect(size.bytes == 4096)
  }
}
