/// Letters without their case, for finding text as people type it.
package enum CaseFolding {
  /// Up first, so that letters with two small forms (`ς`, `σ`) or a long capital one (`ß`) meet.
  package static func fold(_ text: String) -> String {
    text.uppercased().lowercased()
  }
}
