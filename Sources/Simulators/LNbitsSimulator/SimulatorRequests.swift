import EventLoop
import BridgeModel
import Transport
import WebSocketProtocol

/// How the server answers requests.
extension SimulatorServer {
  /// Answers what is whole, in order, until an answer is held back or the connection becomes
  /// something else.
  func answerRequests(of client: SimulatorClient, id: Int) {
    while case .requests(var reader, isAnswering: false) = client.mode {
      let request: HTTPRequest?
      do throws(HTTPRequestReader.Failure) {
        request = try reader.next()
        client.mode = .requests(reader, isAnswering: false)
      } catch {
        let refusal = RESTResponse(status: error.status, headers: [], body: [])
        client.mode = .silent
        client.connection.send(refusal.bytes(keepsAlive: false))
        client.connection.close()
        return
      }
      guard let request else { break }
      answer(request, of: client, id: id, leftover: reader.leftover)
    }
    pump()
  }

  private func answer(
    _ request: HTTPRequest, of client: SimulatorClient, id: Int, leftover: [UInt8]
  ) {
    let answer = service.answer(
      request.restRequest(from: client.address),
      asksForWebSocket: request.head.asksForWebSocket, now: .now(), using: &random)
    switch answer {
    case .drop:
      client.mode = .silent
      client.connection.abort()
    case .hang:
      client.mode = .silent
    case .upgrade(let itemID):
      upgrade(request.head, of: client, id: id, itemID: itemID, leftover: leftover)
    case .respond(let response, let action):
      if response.delay > .zero {
        hold(response, keepsAlive: request.keepsAlive, for: client, id: id)
      } else {
        send(response, keepsAlive: request.keepsAlive, to: client)
      }
      // After the answer is on its way: it may concern this very connection.
      if let action { carryOut(action) }
    }
  }

  private func send(_ response: RESTResponse, keepsAlive: Bool, to client: SimulatorClient) {
    client.connection.send(response.bytes(keepsAlive: keepsAlive))
    guard !keepsAlive else { return }
    client.mode = .silent
    client.connection.close()
  }

  private func hold(
    _ response: RESTResponse, keepsAlive: Bool, for client: SimulatorClient, id: Int
  ) {
    guard case .requests(let reader, _) = client.mode else { return }
    client.mode = .requests(reader, isAnswering: true)
    _ = loop.schedule(after: response.delay) { [weak self] in
      self?.assumeIsolated { server in
        guard let client = server.clients[id], case .requests(let reader, true) = client.mode
        else { return }
        client.mode = .requests(reader, isAnswering: false)
        server.send(response, keepsAlive: keepsAlive, to: client)
        server.answerRequests(of: client, id: id)
      }
    }
  }

  private func upgrade(
    _ head: HandshakeRequest, of client: SimulatorClient, id: Int, itemID: String,
    leftover: [UInt8]
  ) {
    do throws(HandshakeError) {
      client.connection.send(try head.accepting(sha1: Cryptography.sha1))
    } catch {
      client.mode = .silent
      client.connection.send(HandshakeResponse.refusing(error))
      client.connection.close()
      return
    }
    client.mode = .webSocket(itemID: itemID, WebSocketConnection(role: .server))
    countListeners()
    scheduleBeat(of: client, id: id)
    if !leftover.isEmpty { receive(leftover, on: client, id: id) }
  }
}
