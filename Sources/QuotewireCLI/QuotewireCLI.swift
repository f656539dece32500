// QuotewireCLI: subcommands, options, help and progress. It reads arguments, asks the layers below, and words the
// answer.
//
// Invariant: standard output carries data or nothing; words for people go to standard error; the exit code is one of
// `ExitCode`.
//
// Out of scope: any logic that a library user would miss.
