import BridgeModel
import CSQLite
import Storage

/// A compiled statement, and its only owner. It keeps its connection alive.
///
/// Bind, then `step()` until it answers false. A statement that ran to its end or failed has reset
/// itself; one that is left early must be `reset()`. Parameters count from 1, columns from 0, as in
/// C.
///
/// The corresponding C type is `sqlite3_stmt`.
final class Statement {
  private let handle: OpaquePointer
  private let database: Database
  private var bindResult: CInt = SQLITE_OK

  init(_ handle: OpaquePointer, of database: Database) {
    self.handle = handle
    self.database = database
  }

  deinit {
    sqlite3_finalize(handle)
  }

  /// Goes to the next row.
  ///
  /// - Returns: Whether there is one.
  func step() throws(StorageError) -> Bool {
    guard bindResult == SQLITE_OK else {
      let failure = database.failure(bindResult)
      reset()
      throw failure
    }
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    // The error is read before the reset, which would speak for itself.
    let failure = code == SQLITE_DONE ? nil : database.failure(code)
    sqlite3_reset(handle)
    if let failure { throw failure }
    return false
  }

  /// Runs a statement that answers no row.
  func run() throws(StorageError) {
    if try step() { reset() }
  }

  /// Leaves a statement before its last row, and the read transaction with it.
  func reset() {
    sqlite3_reset(handle)
    bindResult = SQLITE_OK
  }

  // MARK: Parameters

  func bind(_ index: CInt, _ value: Int64) {
    note(sqlite3_bind_int64(handle, index, value))
  }

  func bind(_ index: CInt, _ value: Int64?) {
    if let value { bind(index, value) } else { note(sqlite3_bind_null(handle, index)) }
  }

  func bind(_ index: CInt, _ value: Double?) {
    note(
      value.map { sqlite3_bind_double(handle, index, $0) } ?? sqlite3_bind_null(handle, index))
  }

  func bind(_ index: CInt, _ value: String) {
    var value = value
    let code = value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text(handle, index, $0.baseAddress ?? Self.empty, CInt($0.count), Self.copy)
      }
    }
    note(code)
  }

  func bind(_ index: CInt, _ value: String?) {
    if let value { bind(index, value) } else { note(sqlite3_bind_null(handle, index)) }
  }

  func bind(_ index: CInt, _ value: [UInt8]) {
    let code = value.withUnsafeBytes {
      sqlite3_bind_blob64(
        handle, index, $0.baseAddress ?? UnsafeRawPointer(Self.empty), UInt64($0.count), Self.copy)
    }
    note(code)
  }

  /// A null pointer would bind NULL; an empty value needs one that leads somewhere.
  ///
  /// `nonisolated(unsafe)` is right because nobody writes to it and it is never freed.
  nonisolated(unsafe) private static let empty: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
  }()

  /// `SQLITE_TRANSIENT`, a macro that Swift cannot see: SQLite copies the bytes before the call
  /// returns.
  private static var copy: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  private func note(_ code: CInt) {
    if code != SQLITE_OK, bindResult == SQLITE_OK { bindResult = code }
  }

  // MARK: Columns

  func int64(_ column: CInt) -> Int64 {
    sqlite3_column_int64(handle, column)
  }

  func optionalInt64(_ column: CInt) -> Int64? {
    isNull(column) ? nil : int64(column)
  }

  func optionalDouble(_ column: CInt) -> Double? {
    isNull(column) ? nil : sqlite3_column_double(handle, column)
  }

  func string(_ column: CInt) -> String {
    String(decoding: bytes(column), as: UTF8.self)
  }

  func optionalString(_ column: CInt) -> String? {
    isNull(column) ? nil : string(column)
  }

  /// A text, or its start where it is longer; see ``UpstreamText``. Only what is kept is copied.
  func string(_ column: CInt, cutTo maximumBytes: Int) -> String {
    // Enough to see whether more follows, and whether what follows belongs to the last character.
    let head = bytes(column).prefix(2 * maximumBytes)
    return UpstreamText.cut(String(decoding: head, as: UTF8.self), to: maximumBytes)
  }

  func optionalString(_ column: CInt, cutTo maximumBytes: Int) -> String? {
    isNull(column) ? nil : string(column, cutTo: maximumBytes)
  }

  /// The bytes of a text or blob. They are SQLite's own, valid until the next step or reset.
  func bytes(_ column: CInt) -> UnsafeRawBufferPointer {
    let start = sqlite3_column_blob(handle, column)
    return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
  }

  private func isNull(_ column: CInt) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }
}
