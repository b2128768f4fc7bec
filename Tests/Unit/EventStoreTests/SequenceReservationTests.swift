import Testing

@testable import EventStore

@Suite("Reserving sequences")
struct SequenceReservationTests {
  @Test("a block that came too late is followed by one twice as large, up to a limit")
  func blocksGrow() {
    var sequences = SequenceReservation(after: 0)
    let block = SequenceReservation.block
    #expect(sequences.target(for: 0) == block)
    sequences.noteWaited()
    #expect(sequences.target(for: 0) == 2 * block)
    for _ in 0..<100 { sequences.noteWaited() }
    #expect(sequences.target(for: 0) == 64 * 1024)
  }
}
