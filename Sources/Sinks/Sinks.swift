// Sinks: where events go. A port on the lane's side of a ring applies the overflow policy; a worker on the other side
// drains its rings, encodes and writes to files or standard output; the recording has a port and a worker of its own.
//
// Invariant, for every sink: decoded events = accepted + dropped, and accepted = written at a clean end.
//
// Out of scope: what a row looks like (Formats), what a recording's bytes are (Recording), message buses.
