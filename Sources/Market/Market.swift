// Market: events of fixed layout, their schemas, event flags, and the table that turns texts into ids.
//
// Invariant: an event is one record of 128 bytes, or two adjacent ones where its type says so
// (`EventType.recordCount`); a schema's offsets are those of the event's struct; a text id that was handed out stays
// valid as long as its table.
//
// Out of scope: how events get here (DXLink), how they travel (Rings), how they are written (Formats).
