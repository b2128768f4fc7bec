import Testing

@testable import Transport

@Suite("Changes of the machine's network (rtnetlink)")
struct NetworkMonitorTests {
  /// One message: header of 16 bytes, then a body.
  private static func message(type: UInt16, body: [UInt8]) -> [UInt8] {
    let length = UInt32(16 + body.count)
    return withUnsafeBytes(of: length) { Array($0) } + withUnsafeBytes(of: type) { Array($0) }
      + [UInt8](repeating: 0, count: 10) + body
  }

  private static let newAddress: UInt16 = 20
  private static let newRoute: UInt16 = 24
  private static let removedRoute: UInt16 = 25

  @Test("a new address or a new default route is a change, other routes are not")
  func changes() {
    let defaultRoute: [UInt8] = [2, 0, 0, 0]
    let localRoute: [UInt8] = [2, 24, 0, 0]
    let cases: [([UInt8], Bool)] = [
      (Self.message(type: Self.newAddress, body: [2, 24, 0, 0]), true),
      (Self.message(type: Self.newRoute, body: defaultRoute), true),
      (Self.message(type: Self.newRoute, body: localRoute), false),
      (Self.message(type: Self.removedRoute, body: defaultRoute), false),
      (
        Self.message(type: Self.newRoute, body: localRoute)
          + Self.message(type: Self.newRoute, body: defaultRoute), true
      ),
    ]
    for (bytes, isChange) in cases { #expect(NetworkMonitor.tellsOfChange(bytes[...]) == isChange) }
  }

  @Test("what is cut or claims an impossible length is no change and no trap")
  func damaged() {
    let whole = Self.message(type: Self.newAddress, body: [2, 24, 0, 0])
    for count in 0..<16 { #expect(!NetworkMonitor.tellsOfChange(whole[..<count])) }
    var long = whole
    long[0] = 255
    #expect(!NetworkMonitor.tellsOfChange(long[...]))
    #expect(!NetworkMonitor.tellsOfChange([UInt8](repeating: 0, count: 64)[...]))
  }
}
