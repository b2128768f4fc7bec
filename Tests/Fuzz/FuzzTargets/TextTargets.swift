import BridgeModel
import Bridge
import HTTPServer
import ServerSentEvents

/// A configuration file. What is wrong with it is told in words that hold no key.
func fuzzConfiguration(_ input: [UInt8]) {
  let secret = "0123456789abcdef0123456789abcdef"
  do throws(ConfigurationError) {
    let configuration = try Configuration.load(
      ConfigurationOverrides(file: "fuzzed.toml"), environment: [:]
    ) { path throws(FileReadError) in
      path == "fuzzed.toml"
        ? FileContents(bytes: input) : FileContents(bytes: Array(secret.utf8))
    }
    precondition(!configuration.effectiveJSON.contains(secret), "a key is shown")
  } catch {
    let line = "\(error)"
    precondition(!line.contains(secret), "a key is shown")
    precondition(line.utf8.count <= 2048, "a mistake is longer than a line may be")
    precondition(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a mistake is one line")
  }
}

/// A request target, and the query in it.
func fuzzQuery(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  let query = HTTPQuery(raw: text)
  for item in query.items { precondition(query[item.name] != nil) }
  let endpoint = HTTPEndpoint(host: "127.0.0.1", port: 2121)
  guard
    let request = try? HTTPRequest(
      method: "GET", target: text, remoteAddress: endpoint, localAddress: endpoint)
  else { return }
  // By bytes: a mark may combine with the slash.
  precondition(
    request.path == "*" || request.path.utf8.first == UInt8(ascii: "/"), "a path without a slash")
  precondition(!request.path.utf8.contains(0), "a NUL in a path")
}

/// An id has one spelling, and what is not an id is nothing else.
func fuzzLastEventID(_ input: [UInt8]) {
  let text = String(decoding: input, as: UTF8.self)
  guard let id = EventID(text) else { return }
  precondition(id.description == text && id.sequence >= 0)
  precondition(EventStreamID(text) != nil)
}

/// A stream as `walletwire watch` reads it: however it is cut, the same events come out.
func fuzzEventStream(_ input: [UInt8]) {
  let whole = decoded([input])
  precondition(whole == decoded(pieces(of: input)), "pieces make a difference")
}

private func decoded(_ pieces: [[UInt8]]) -> [EventStreamDecoder.Item]? {
  var decoder = EventStreamDecoder(maximumLineBytes: 512, maximumEventBytes: 1024)
  var items: [EventStreamDecoder.Item] = []
  for piece in pieces {
    guard let more = try? decoder.receive(piece) else { return nil }
    items += more
  }
  return items
}
