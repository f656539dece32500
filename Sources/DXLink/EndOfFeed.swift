/// How a server that plays something finite says that all of it was sent: it closes the WebSocket with code 1000 and
/// this reason, so that a client need not take the end for a loss.
package enum EndOfFeed {
  package static let closeCode: UInt16 = 1000
  package static let reason = "end of recording"
}
