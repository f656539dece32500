// Formats: events as text, CSV and NDJSON: encoders that append rows to a byte buffer, decoders that take bytes in
// blocks.
//
// Invariant: what an encoder wrote, its decoder reads back to the same event: every field of the schema and the receive
// time, texts by content. An encoder allocates nothing in steady state. A decoder's memory is bounded by its limits.
//
// Out of scope: files and their names (Sinks), recordings and frame text (Recording), dxLink messages (DXLink). The
// columns, units and null rules are told in docs/formats.md.
