import Synchronization

/// What a server counted since it started; any thread may look.
package final class ServerStats: Sendable {
  private let numbers: [Number]

  private final class Number: Sendable {
    let value = Atomic<Int>(0)
  }

  package enum Name: Int, CaseIterable, Sendable {
    case clientsAccepted, clientsRefused, clientsOpen, handshakesFailed, messagesReceived, messagesSent, dataMessages,
      events, bytesSent, errorsSent, slowClients, eventsSkipped, framesUnreadable
  }

  package init() { numbers = Name.allCases.map { _ in Number() } }

  package subscript(_ name: Name) -> Int { numbers[name.rawValue].value.load(ordering: .relaxed) }

  func add(_ name: Name, _ count: Int = 1) {
    if count != 0 { numbers[name.rawValue].value.wrappingAdd(count, ordering: .relaxed) }
  }
}
