// Control: lines in, lines out over a Unix socket; a server for a running program, and the other end.
//
// Invariant: whatever comes in, memory and time are bounded by the limits below, each whole line gets exactly one line
// as its answer, in order, and a line is read only when the answer before it was taken.
//
// Out of scope: what the lines mean; whoever opens the server answers them.

/// What a server takes.
package struct ControlLimits: Sendable {
  /// Connections at a time; further ones are told so and closed.
  package var connections = 8
  /// Bytes of one line, without its line feed.
  package var lineBytes = 1 << 20
  /// Seconds that a connection may neither ask nor take its answer.
  package var idleSeconds = 60.0

  package init() {}
}
