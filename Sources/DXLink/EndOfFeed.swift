/// How our own server says that a recording has been played to its end: a Close with code 1000 and this reason. A client
/// that meets it has everything and does not connect again. Real servers never send it.
package enum EndOfFeed {
  package static let reason = "end of recording"
}
