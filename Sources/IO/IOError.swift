import Glibc

/// Everything that the outside world can do to this layer.
package enum IOError: Error, Equatable, Sendable {
  /// A system call failed. `action` is a verb phrase ("open", "send to"), `subject` a path or an address.
  case system(action: String, subject: String, errno: Int32)
  /// A URL, a host or an address that cannot be used.
  case invalidAddress(text: String, reason: String)
  /// The resolver has no address for the host.
  case unknownHost(host: String, reason: String, temporary: Bool)
  /// A phase took longer than its limit.
  case timedOut(phase: String, subject: String, limitMillis: Int)
  /// The stop wakeup was signalled during a phase.
  case stopped(phase: String, subject: String)
  /// No address of the host took the connection; one sentence for each.
  case notConnected(subject: String, attempts: [String])
  /// Another program listens on the address already.
  case portTaken(address: String)
  /// TLS failed. `established` is false during the handshake.
  case tls(TLSFailure, peer: String, established: Bool)
  /// The connection ended without TLS's close message: what came last may be incomplete.
  case truncated(peer: String)
  /// A file that was read is not what it has to be.
  case unusableFile(path: String, reason: String)
  /// The target of a new file exists and overwriting was not asked for.
  case alreadyExists(path: String)
  /// Another writer holds the file.
  case locked(path: String)
  /// A run-time library is not installed.
  case missingLibrary(name: String, debianPackage: String, reason: String)
  /// Compressed bytes that are damaged, cut off or refused by the library.
  case badCompression(library: String, reason: String)
  /// A named limit was reached.
  case limitExceeded(what: String, limit: Int)

  /// The errno behind the error, 0 where there is none.
  package var errno: Int32 {
    if case .system(_, _, let errno) = self { errno } else { 0 }
  }

  /// Whether the same attempt may succeed later without anybody changing a setting.
  package var helpsToReconnect: Bool {
    switch self {
    case .system(_, _, let errno): Self.passing.contains(errno)
    case .unknownHost(_, _, let temporary): temporary
    case .timedOut, .notConnected, .truncated: true
    case .tls(let failure, _, let established): failure.helpsToReconnect(established: established)
    case .invalidAddress, .stopped, .portTaken, .unusableFile, .alreadyExists, .locked, .missingLibrary,
      .badCompression, .limitExceeded:
      false
    }
  }

  private static var passing: [Int32] {
    [
      ECONNRESET, ECONNREFUSED, ECONNABORTED, EPIPE, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN,
      ENETRESET, ENOTCONN, ENOBUFS, EADDRNOTAVAIL, EIO, EAGAIN, EPROTO,
    ]
  }
}

extension IOError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let action, let subject, let errno):
      return "cannot \(action) \(subject): \(ErrnoText.sentence(errno))"
    case .invalidAddress(let text, let reason):
      return "\"\(text)\" is not a usable address: \(reason)"
    case .unknownHost(let host, let reason, let temporary):
      let advice = temporary ? "the name service may answer later" : "check the spelling of the host"
      return "no address found for \(host): \(reason); \(advice)"
    case .timedOut(let phase, let subject, let limitMillis):
      return "\(phase) \(subject) took longer than its limit of \(limitMillis) ms"
    case .stopped(let phase, let subject):
      return "\(phase) \(subject) was stopped on request"
    case .notConnected(let subject, let attempts):
      return "cannot connect to \(subject): " + attempts.joined(separator: "; ")
    case .portTaken(let address):
      return "cannot listen on \(address): another program listens there; choose another port, or 0 for any free one"
    case .tls(let failure, let peer, let established):
      return established ? "the TLS connection to \(peer) failed: \(failure)" : "no TLS with \(peer): \(failure)"
    case .truncated(let peer):
      return "\(peer) ended the connection without closing TLS: the last message may be incomplete"
    case .unusableFile(let path, let reason):
      return "cannot use \(path): \(reason)"
    case .alreadyExists(let path):
      return "\(path) exists already; give --force to overwrite it"
    case .locked(let path):
      return "\(path) is being written by another process; let it finish, or choose another file"
    case .missingLibrary(let name, let debianPackage, let reason):
      return "the library \(name) cannot be loaded (\(reason)); install it, on Debian: apt install \(debianPackage)"
    case .badCompression(let library, let reason):
      return "\(library) data cannot be used: \(reason)"
    case .limitExceeded(let what, let limit):
      return "\(what) is over the limit of \(limit)"
    }
  }
}

/// Sentences for errno values: our own where advice helps, the C library's else.
enum ErrnoText {
  static func sentence(_ errno: Int32) -> String {
    switch errno {
    case ENOSPC: "no space left on the device; free some, or choose another place"
    case EFBIG: "the file would be larger than this process or file system allows (ulimit -f)"
    case EDQUOT: "the disk quota is used up; free some space, or choose another place"
    case EACCES, EPERM: "permission denied; check the owner and mode"
    case ENOENT: "no such file or directory"
    case EISDIR: "it is a directory"
    case ENOTDIR: "a part of the path is not a directory"
    case EEXIST: "it exists already"
    case EROFS: "the file system is read-only"
    case EMFILE: "this process has too many open files; raise the limit (ulimit -n)"
    case ENFILE: "the system has too many open files"
    case ECONNREFUSED: "the connection was refused: nobody listens there"
    case ECONNRESET: "the peer reset the connection"
    case EPIPE: "the peer has closed the connection"
    case ETIMEDOUT: "the peer stopped answering"
    case ENETUNREACH: "the network is unreachable"
    case EHOSTUNREACH: "there is no route to the host"
    case EADDRNOTAVAIL: "the address is not one of this machine"
    case EAFNOSUPPORT: "this machine does not support that kind of address"
    default: unsafe String(cString: strerror(errno))
    }
  }
}
