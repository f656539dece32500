import Glibc

/// The sanitizer that the tests and the program were built with (tools/sanitize). It takes many times the time and the
/// memory: waits are longer under it, and neither rates nor memory are judged.
public enum Sanitizer {
  public static let isThere = unsafe getenv("QUOTEWIRE_SANITIZER") != nil
  /// The factor for every limit of time in a test.
  public static let patience = isThere ? 10 : 1
}
