// Quotewire: the library for programs of other people. A client gives the events of a feed as an asynchronous
// sequence, a recording gives the same sequence from a file.
//
// Invariant: what is public here names no type of the modules below, and what is public anywhere else is no part of the
// library. Every event that was decoded is given to the loop, dropped and counted by the policy of its buffer, or came
// after the loop had ended. A loop that ends, however it does, ends its connections and its threads.
//
// Out of scope: files and formats (the command line has them), how events get here (Ingest).
