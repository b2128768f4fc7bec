import EventLoop
import Glibc

/// The stream of an open connection: reading, writing, closing.
extension Connection {
  func ready(_ readiness: EventLoop.Readiness) {
    if readiness.contains(.write) { flush() }
    // The flush may have ended the connection; reading is then none.
    if !readiness.isDisjoint(with: [.read, .hangUp, .error]) { receive() }
  }

  // MARK: - Reading

  private func receive() {
    guard let socket else { return }
    switch socket.receive(atMost: receiveSize.bytes) {
    case .wouldBlock: break
    case .bytes(let bytes):
      receiveSize.note(bytes.count)
      received(bytes)
    case .end: receivedEnd()
    case .failed(let code):
      if case .lingering = phase {
        finish(nil)
      } else {
        finish(TransportError(call: "recv", code: code))
      }
    }
  }

  func received(_ bytes: [UInt8]) {
    switch phase {
    case .negotiatingProxy(let handshake): receivedFromProxy(bytes, handshake)
    case .negotiatingTLS(let session):
      session.receive(bytes)
      continueHandshake(session)
    case .open:
      guard let tls else { return emit(.received(bytes)) }
      tls.receive(bytes)
      deliverDecrypted(tls)
    // What comes after `close` is nobody's.
    case .idle, .resolving, .racing, .flushing, .lingering, .closed: break
    }
  }

  func deliverDecrypted(_ tls: TLSSession) {
    var plaintext: [UInt8] = []
    var outcome = TLSSession.Decrypted.needsMore
    var failure: TransportError?
    do throws(TransportError) {
      while true {
        outcome = try tls.read()
        guard case .bytes(let bytes) = outcome else { break }
        if plaintext.isEmpty { plaintext = bytes } else { plaintext += bytes }
      }
    } catch {
      failure = error
    }
    // An answer of TLS itself, such as to a key update.
    queue(tls.takeOutgoing())
    if !plaintext.isEmpty, case .open = phase { emit(.received(plaintext)) }
    if let failure {
      finish(failure)
    } else if case .end = outcome, case .open = phase {
      finish(.closedByPeer)
    }
  }

  private func receivedEnd() {
    switch phase {
    case .lingering, .flushing: finish(nil)
    case .open where tls != nil: finish(.truncated)
    case .negotiatingProxy: finish(.proxy(reason: "it closed the connection"))
    case .negotiatingTLS: finish(.tls(.other(reason: "the server closed the connection")))
    default: finish(.closedByPeer)
    }
  }

  // MARK: - Writing

  func transmit(_ bytes: [UInt8]) {
    switch phase {
    case .flushing, .lingering, .closed: return
    case .open: break
    case .idle, .resolving, .racing, .negotiatingProxy, .negotiatingTLS:
      preconditionFailure("send before opened")
    }
    guard let tls else { return queue(bytes) }
    do throws(TransportError) {
      try tls.write(bytes)
      queue(tls.takeOutgoing())
    } catch {
      finish(error)
    }
  }

  /// Sends bytes of the network, now as far as the kernel takes them and the rest when it can.
  func queue(_ bytes: [UInt8]) {
    guard isWritable, socket != nil, !bytes.isEmpty else { return }
    let mustFlush = outgoing.isEmpty
    outgoing.append(bytes)
    if mustFlush { flush() }
    if outgoing.count > options.maximumOutgoingBytes {
      finish(.outgoingBufferFull(limit: options.maximumOutgoingBytes))
    }
  }

  private func flush() {
    guard let socket else { return }
    while let next = outgoing.first {
      switch socket.send(next) {
      case .bytes(0): return updateInterest()
      case .bytes(let count): outgoing.drop(count)
      case .failed(EPIPE):
        // Its last words may still wait to be read; their end closes the connection.
        isWritable = false
        outgoing.removeAll()
      case .failed(let code):
        return finish(TransportError(call: "send", code: code))
      }
    }
    updateInterest()
    if case .flushing = phase { linger() }
  }

  // MARK: - Closing

  func beginClosing() {
    switch phase {
    case .flushing, .lingering, .closed: return
    case .idle, .resolving, .racing, .negotiatingProxy, .negotiatingTLS: finish(nil)
    case .open:
      if let tls {
        tls.end()
        queue(tls.takeOutgoing())
      }
      guard case .open = phase else { return }
      phase = .flushing
      setDeadline(options.deadlines.close) { [self] in
        assumeIsolated { $0.finish(nil) }
      }
      if outgoing.isEmpty { linger() } else { updateInterest() }
    }
  }

  private func linger() {
    phase = .lingering
    socket?.endWriting()
    updateInterest()
  }
}
