// Rings: how one thread hands things to another. Cursors, the record ring, the byte ring, texts that one thread adds
// and others read, waiting, and the threads themselves.
//
// Invariant of each ring: consumer <= producer <= consumer + capacity; one thread owns each half. The producer's
// release-store of its cursor pairs with the consumer's acquire-load of it and makes the bytes before it visible; the
// consumer's release-store pairs with the producer's acquire-load and gives the room back.
//
// Out of scope: what the bytes mean, many producers or many consumers on one ring.
