/// Reads an event stream (WHATWG HTML §9.2.6), in pieces of any size.
///
/// As the standard has it, an event that the end of the stream cuts off is dropped: it has not been
/// returned, and there is nothing to call. What the standard does not have are limits; without them
/// a server could make a reader hold anything.
package struct EventStreamDecoder: Sendable {
  /// One line, in bytes without its line end.
  package static let defaultMaximumLineBytes = 1024 * 1024
  /// The data of one event, in bytes.
  package static let defaultMaximumEventBytes = 4 * 1024 * 1024

  /// Something that the stream said.
  package enum Item: Sendable, Equatable {
    case event(Event)
    case comment(String)
  }

  /// An event as a page would get it.
  package struct Event: Sendable, Equatable {
    /// `message` where the stream names none.
    package let type: String
    package let data: String
    /// What to say in `Last-Event-ID` to go on behind this event; empty while the stream gave none.
    package let lastEventID: String

    package init(type: String, data: String, lastEventID: String) {
      self.type = type
      self.data = data
      self.lastEventID = lastEventID
    }
  }

  /// What to say in `Last-Event-ID` when connecting again. Also moved by blocks without data.
  package private(set) var lastEventID = ""
  /// How long the server asks to wait before connecting again, in milliseconds, once it has said
  /// so.
  package private(set) var retryMilliseconds: Int?

  private let maximumLineBytes: Int
  private let maximumEventBytes: Int

  private var byteOrderMark = ByteOrderMark()
  private var line: [UInt8] = []
  private var lastByteWasCarriageReturn = false
  private var idBuffer = ""
  private var typeBuffer = ""
  private var dataBuffer: [UInt8] = []
  private var failure: EventStreamError?

  /// Makes a decoder for one connection.
  ///
  /// - Parameters:
  ///   - lastEventID: what was said when connecting, so that it stays in force until the stream
  ///     gives another.
  ///   - maximumLineBytes: the longest line accepted.
  ///   - maximumEventBytes: the most data of one event accepted.
  package init(
    lastEventID: String = "",
    maximumLineBytes: Int = Self.defaultMaximumLineBytes,
    maximumEventBytes: Int = Self.defaultMaximumEventBytes
  ) {
    self.lastEventID = lastEventID
    idBuffer = lastEventID
    self.maximumLineBytes = maximumLineBytes
    self.maximumEventBytes = maximumEventBytes
  }

  /// Takes the next bytes of the stream.
  ///
  /// - Returns: what they completed, in order.
  /// - Throws: ``EventStreamError``; close the connection, and connect again behind
  ///   ``lastEventID``. The error is repeated on every later call.
  package mutating func receive(_ bytes: [UInt8]) throws(EventStreamError) -> [Item] {
    if let failure { throw failure }
    do throws(EventStreamError) {
      var items: [Item] = []
      var rest = byteOrderMark.strip(from: bytes)[...]
      while !rest.isEmpty {
        guard let line = try takeLine(&rest) else { break }
        if let item = try interpret(line) { items.append(item) }
      }
      return items
    } catch {
      failure = error
      throw error
    }
  }

  /// Takes a line off the front. A CR ends it at once; an LF right behind, perhaps in the next
  /// piece, belongs to it still.
  private mutating func takeLine(
    _ rest: inout ArraySlice<UInt8>
  ) throws(EventStreamError) -> [UInt8]? {
    if lastByteWasCarriageReturn {
      lastByteWasCarriageReturn = false
      if rest.first == ASCII.lineFeed { rest.removeFirst() }
    }
    let end = rest.firstIndex(where: \.isLineEnd)
    let taken = rest[..<(end ?? rest.endIndex)]
    guard line.count + taken.count <= maximumLineBytes else {
      throw .lineTooLong(maximumBytes: maximumLineBytes)
    }
    line += taken
    rest = rest[taken.endIndex...]
    guard let end else { return nil }

    lastByteWasCarriageReturn = rest[end] == ASCII.carriageReturn
    rest.removeFirst()
    defer { line = [] }
    return line
  }

  private mutating func interpret(_ line: [UInt8]) throws(EventStreamError) -> Item? {
    guard !line.isEmpty else { return dispatch() }
    let colon = line.firstIndex(of: ASCII.colon)
    var value = colon.map { line[($0 + 1)...] } ?? []
    if value.first == ASCII.space { value.removeFirst() }
    let text = String(decoding: value, as: UTF8.self)

    switch String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self) {
    case "":
      return .comment(text)
    case "event":
      typeBuffer = text
    case "data":
      guard dataBuffer.count + value.count <= maximumEventBytes else {
        throw .eventTooLong(maximumBytes: maximumEventBytes)
      }
      dataBuffer += value
      dataBuffer.append(ASCII.lineFeed)
    case "id":
      if !value.contains(ASCII.null) { idBuffer = text }
    case "retry":
      if !value.isEmpty, value.allSatisfy(\.isDigit), let milliseconds = Int(text) {
        retryMilliseconds = milliseconds
      }
    default:
      break
    }
    return nil
  }

  private mutating func dispatch() -> Item? {
    lastEventID = idBuffer
    defer {
      typeBuffer = ""
      dataBuffer = []
    }
    guard !dataBuffer.isEmpty else { return nil }
    return .event(
      Event(
        type: typeBuffer.isEmpty ? "message" : typeBuffer,
        data: String(decoding: dataBuffer.dropLast(), as: UTF8.self),
        lastEventID: lastEventID))
  }
}

/// Why a stream was given up.
package enum EventStreamError: Error, Sendable, Equatable {
  case lineTooLong(maximumBytes: Int)
  case eventTooLong(maximumBytes: Int)
}
