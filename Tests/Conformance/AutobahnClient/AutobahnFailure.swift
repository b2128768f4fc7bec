/// Why a case could not be run at all.
struct AutobahnFailure: Error, CustomStringConvertible, Sendable {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
