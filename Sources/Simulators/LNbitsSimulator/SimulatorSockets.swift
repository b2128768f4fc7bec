import BridgeModel
import EventLoop
import Transport
import WebSocketProtocol

/// The server's WebSockets: frames out, pings, closing.
extension SimulatorServer {
  // MARK: Frames

  func deliver(_ deliveries: [SimulatedLNbits.Delivery]) {
    guard !deliveries.isEmpty, !service.faults.mutesFrames, !service.faults.freezesSockets else {
      return
    }
    var listeners: [String: [SimulatorClient]] = [:]
    for id in clients.keys.sorted() {
      guard let client = clients[id], let itemID = client.openItemID else { continue }
      listeners[itemID, default: []].append(client)
    }
    for delivery in deliveries where !deafItems.contains(delivery.itemID) {
      for client in listeners[delivery.itemID] ?? [] { deliver(delivery.text, to: client) }
    }
  }

  private func deliver(_ text: String, to client: SimulatorClient) {
    guard service.faults.cutsFrames else {
      // A socket that has begun to close meanwhile misses the frame, as any peer that leaves does.
      client.withWebSocket { try? $0.send(text: text, using: &random) }
      return
    }
    service.faults.cutsFrames = false
    guard case .webSocket(_, var webSocket) = client.mode else { return }
    client.mode = .silent
    try? webSocket.send(text: text, using: &random)
    let bytes = webSocket.takeOutput()
    client.connection.send(Array(bytes.prefix(bytes.count / 2)))
    client.connection.close()
    countListeners()
  }

  func receive(_ bytes: [UInt8], on client: SimulatorClient, id: Int) {
    guard !service.faults.freezesSockets else { return }
    let events = client.withWebSocket { $0.receive(bytes, using: &random) } ?? []
    for event in events {
      switch event {
      case .text(let text):
        if let itemID = client.openItemID { service.receive(text, from: itemID) }
        pump()
      case .ping: break
      case .pong:
        client.awaitsPong = false
        scheduleBeat(of: client, id: id)
      case .binary:
        if let itemID = client.openItemID { deafItems.insert(itemID) }
        close(client, id: id, code: WebSocketCloseCode.internalError.rawValue)
      case .closed, .failed:
        client.connection.close()
      }
    }
    countListeners()
  }

  /// Keeps the service's count of listeners, which tests ask for, in step with the sockets.
  func countListeners() {
    var counts: [String: Int] = [:]
    for client in clients.values {
      if let itemID = client.openItemID { counts[itemID, default: 0] += 1 }
    }
    service.listenerCounts = counts
  }

  // MARK: Heartbeat

  func scheduleBeat(of client: SimulatorClient, id: Int) {
    cancel(&client.heartbeat)
    client.heartbeat = loop.schedule(
      after: client.awaitsPong ? heartbeat.timeout : heartbeat.interval
    ) { [weak self] in
      self?.assumeIsolated { $0.beat(id) }
    }
  }

  private func beat(_ id: Int) {
    guard let client = clients[id], client.openItemID != nil else { return }
    guard !service.faults.freezesSockets else { return scheduleBeat(of: client, id: id) }
    guard !client.awaitsPong else {
      close(client, id: id, code: WebSocketCloseCode.internalError.rawValue)
      return
    }
    let payload = (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    client.withWebSocket { try? $0.ping(payload, using: &random) }
    client.awaitsPong = true
    scheduleBeat(of: client, id: id)
  }

  // MARK: Closing

  func closeSockets(code: UInt16) {
    for (id, client) in clients where client.isWebSocket { close(client, id: id, code: code) }
    countListeners()
  }

  /// Sends a Close frame and gives the peer a moment to answer it.
  private func close(_ client: SimulatorClient, id: Int, code: UInt16) {
    cancel(&client.heartbeat)
    client.withWebSocket { webSocket in
      // A code that may not be sent, such as 1006, is an end without a Close frame.
      try? webSocket.close(WebSocketCloseCode(rawValue: code), using: &random)
    }
    guard client.openItemID == nil else {
      client.connection.abort()
      return
    }
    guard client.closingDeadline == nil else { return }
    client.closingDeadline = loop.schedule(after: Self.closingPatience) { [weak self] in
      self?.assumeIsolated { $0.clients[id]?.connection.abort() }
    }
  }
}
