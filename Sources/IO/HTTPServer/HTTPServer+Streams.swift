import EventLoop

/// The turns of streams.
extension HTTPServer {
  /// Gives the streams that were resumed their turn at once; from within a handler, in the next
  /// turn. Only on the server's loop.
  package nonisolated func sendNow() {
    assumeIsolated { $0.runStreams() }
  }

  /// Gives each stream that is due its turn.
  func sendStreams() {
    for index in context.streams.takeDue() {
      let place = Int(index)
      guard context.streams.slots[place].phase == .due else { continue }
      switch sender.send(at: place) {
      case .waits: break
      case .hasMore: context.streams.keepDue(at: place)
      case .isBlocked: awaitReader(at: place)
      case .isOver: end(at: place)
      }
    }
  }

  /// Until the reader has taken something, or for as long as it may take nothing.
  private func awaitReader(at place: Int) {
    let streams = context.streams
    let id = streams.id(at: place)
    guard let connection = streams.slots[place].connection else { return }
    do {
      try loop.watch(connection.socket.descriptor, for: .write) { _ in
        self.assumeIsolated { $0.goOn(id) }
      }
    } catch {
      // Without room in epoll the stream can't go on; its reader comes back.
      end(at: place)
      return
    }
    let cutOff = loop.schedule(after: configuration.inactivityTimeout) {
      self.assumeIsolated { $0.cutOff(id) }
    }
    streams.block(at: place, until: cutOff)
  }

  /// The reader takes more, or is gone: sending shows which.
  private func goOn(_ id: StreamID) {
    guard let place = context.streams.place(of: id) else { return }
    stopAwaiting(at: place)
    context.streams.unblock(at: place)
  }

  private func cutOff(_ id: StreamID) {
    guard let place = context.streams.place(of: id) else { return }
    stopAwaiting(at: place)
    end(at: place)
  }

  /// The stream is over. What follows from a connection less is seen to in the next run.
  private func end(at place: Int) {
    context.endStream(at: place)
    scheduleRun()
  }

  private func stopAwaiting(at place: Int) {
    let slot = context.streams.slots[place]
    guard slot.phase == .blocked, let connection = slot.connection, let cutOff = slot.cutOff else {
      return
    }
    loop.unwatch(connection.socket.descriptor)
    loop.cancel(cutOff)
  }

  /// Ends all streams at once, whatever they have to send.
  func endStreams() {
    for place in context.streams.slots.indices {
      stopAwaiting(at: place)
      context.endStream(at: place)
    }
  }
}
