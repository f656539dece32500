// Ingest: lanes (one connection, one thread), the pipeline from a payload to the sinks, replay, the supervisor that
// starts and stops them all, and the report at the end.
//
// Invariant: live and replay run the same code from the payload on (`PayloadPipeline`); a payload goes to the recording
// before anything interprets it.
//
// Out of scope: the protocol's states (DXLink), bytes on sockets (IO), files (Sinks).
