package import Bytes

/// Begins a session of a lane. Payload: session number (64), URL bytes (16), version bytes (16), zeros (32), URL,
/// version.
package struct SessionStart: Hashable, Sendable {
  package var session: UInt64
  /// Without user information, query and fragment: those can hold secrets.
  package private(set) var url: String
  /// Version of the program that recorded.
  package var version: String

  /// Takes what could be a secret out of `url` by itself.
  package init(session: UInt64, url: String, version: String) {
    self.session = session
    self.url = Self.withoutSecrets(url)
    self.version = version
  }

  package init?(parsing payload: UnsafeRawBufferPointer) {
    let fields = unsafe ByteFields(payload)
    guard fields.count >= 16 else { return nil }
    let urlCount = Int(fields.load(8, as: UInt16.self))
    let versionCount = Int(fields.load(10, as: UInt16.self))
    guard fields.count >= 16 + urlCount + versionCount else { return nil }
    session = fields.load(0)
    url = fields.text(at: 16, count: urlCount)
    version = fields.text(at: 16 + urlCount, count: versionCount)
  }

  package func encode(into writer: inout ByteWriter) {
    let urlBytes = Array(url.utf8.prefix(Layout.maximumTextBytes))
    let versionBytes = Array(version.utf8.prefix(Layout.maximumTextBytes))
    writer.append(raw: session.littleEndian)
    writer.append(raw: UInt16(urlBytes.count).littleEndian)
    writer.append(raw: UInt16(versionBytes.count).littleEndian)
    writer.append(raw: UInt32(0))
    writer.append(urlBytes)
    writer.append(versionBytes)
  }

  /// Scheme, host, port and path only. An authority that is not plainly host and port goes as a whole, since a password
  /// with an unescaped `/` or `?` in it would leave its first half there.
  static func withoutSecrets(_ url: String) -> String {
    let bytes = Array(url.utf8)
    let scheme = bytes.indices.first { bytes[$0...].starts(with: "://".utf8) }
    let authorityStart = scheme.map { $0 + 3 } ?? 0
    let isEnd: (UInt8) -> Bool = { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    let authorityEnd = bytes[authorityStart...].firstIndex(where: isEnd) ?? bytes.endIndex
    let rest = bytes[authorityEnd...]
    let path = rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    var authority = bytes[authorityStart..<authorityEnd]
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      authority = authority[(at + 1)...]
    } else if rest.contains(UInt8(ascii: "@")) {
      authority = []
    }
    if let colon = authority.lastIndex(of: UInt8(ascii: ":")), authority.last != UInt8(ascii: "]"),
      !authority[(colon + 1)...].allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    {
      authority = []
    }
    let keptPath = authority.isEmpty ? [] : path
    return String(decoding: Array(bytes[..<authorityStart]) + authority + keptPath, as: UTF8.self)
  }
}

/// Ends a session of a lane. Payload: session number (64), WebSocket close code or 0 (16), reason bytes (16), zeros
/// (32), reason.
package struct SessionEnd: Hashable, Sendable {
  package var session: UInt64
  package var closeCode: UInt16
  package var reason: String

  package init(session: UInt64, closeCode: UInt16, reason: String) {
    self.session = session
    self.closeCode = closeCode
    self.reason = reason
  }

  package init?(parsing payload: UnsafeRawBufferPointer) {
    let fields = unsafe ByteFields(payload)
    guard fields.count >= 16 else { return nil }
    let reasonCount = Int(fields.load(10, as: UInt16.self))
    guard fields.count >= 16 + reasonCount else { return nil }
    session = fields.load(0)
    closeCode = fields.load(8)
    reason = fields.text(at: 16, count: reasonCount)
  }

  package func encode(into writer: inout ByteWriter) {
    let text = Array(reason.utf8.prefix(Layout.maximumTextBytes))
    writer.append(raw: session.littleEndian)
    writer.append(raw: closeCode.littleEndian)
    writer.append(raw: UInt16(text.count).littleEndian)
    writer.append(raw: UInt32(0))
    writer.append(text)
  }
}

/// Why something is missing. A cause that this version does not know survives as its number.
package struct GapCause: RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static var other: GapCause { GapCause(rawValue: 0) }
  /// The lane was without a connection: how much was missed is not known.
  package static var connectionLost: GapCause { GapCause(rawValue: 1) }
  /// Frames came faster than the recording took them: what was dropped is counted.
  package static var recordingOverflow: GapCause { GapCause(rawValue: 2) }
  /// The disk was full or failed: what was dropped is counted.
  package static var storageFailed: GapCause { GapCause(rawValue: 3) }
}

/// Something is provably missing from the recording. Payload: from and to, wall nanoseconds (64 each), lost frames
/// (64), lost payload bytes (64), cause (16), reason bytes (16), zeros (32), reason.
package struct GapMark: Hashable, Sendable {
  package var from: WallNanos
  package var to: WallNanos
  /// Frames that are known to have been lost; 0 where nobody could count.
  package var lostFrames: UInt64
  package var lostBytes: UInt64
  package var cause: GapCause
  package var reason: String

  package init(
    from: WallNanos, to: WallNanos, lostFrames: UInt64 = 0, lostBytes: UInt64 = 0, cause: GapCause, reason: String
  ) {
    self.from = from
    self.to = to
    self.lostFrames = lostFrames
    self.lostBytes = lostBytes
    self.cause = cause
    self.reason = reason
  }

  package init?(parsing payload: UnsafeRawBufferPointer) {
    let fields = unsafe ByteFields(payload)
    guard fields.count >= 40 else { return nil }
    let reasonCount = Int(fields.load(34, as: UInt16.self))
    guard fields.count >= 40 + reasonCount else { return nil }
    from = WallNanos(rawValue: fields.load(0))
    to = WallNanos(rawValue: fields.load(8))
    lostFrames = fields.load(16)
    lostBytes = fields.load(24)
    cause = GapCause(rawValue: fields.load(32))
    reason = fields.text(at: 40, count: reasonCount)
  }

  package func encode(into writer: inout ByteWriter) {
    let text = Array(reason.utf8.prefix(Layout.maximumTextBytes))
    writer.append(raw: from.rawValue.littleEndian)
    writer.append(raw: to.rawValue.littleEndian)
    writer.append(raw: lostFrames.littleEndian)
    writer.append(raw: lostBytes.littleEndian)
    writer.append(raw: cause.rawValue.littleEndian)
    writer.append(raw: UInt16(text.count).littleEndian)
    writer.append(raw: UInt32(0))
    writer.append(text)
  }
}
