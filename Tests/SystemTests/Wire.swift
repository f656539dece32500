import COpenSSL
import Foundation

/// Bytes as the two sides put them on the wire, good and bad: made by hand, not by the code under test.
enum Wire {
  /// A frame (RFC 6455 section 5.2) with its length in the shortest form. `first` is FIN, reserved bits and opcode.
  static func frame(_ first: UInt8, _ payload: [UInt8], mask: [UInt8]? = nil) -> [UInt8] {
    let bit: UInt8 = mask == nil ? 0 : 0x80
    var out = [first]
    switch payload.count {
    case ...125: out.append(bit | UInt8(payload.count))
    case ...65_535: out += [bit | 126] + number(UInt64(payload.count), bytes: 2)
    default: out += [bit | 127] + number(UInt64(payload.count), bytes: 8)
    }
    guard let mask else { return out + payload }
    return out + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
  }

  /// A frame's head with the length code and the bytes behind it as they are given, right or wrong.
  static func head(_ first: UInt8, _ lengthCode: UInt8, _ length: UInt64, bytes: Int) -> [UInt8] {
    [first, lengthCode] + number(length, bytes: bytes)
  }

  static func text(_ text: String) -> [UInt8] { frame(0x81, Array(text.utf8)) }

  static func close(_ code: Int, _ reason: String = "") -> [UInt8] {
    frame(0x88, number(UInt64(code), bytes: 2) + Array(reason.utf8))
  }

  /// The text in frames of so many bytes.
  static func fragments(_ text: String, each size: Int) -> [UInt8] {
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var from = 0
    while from < bytes.count {
      let to = min(bytes.count, from + size)
      out += frame((from == 0 ? 1 : 0) | (to == bytes.count ? 0x80 : 0), Array(bytes[from..<to]))
      from = to
    }
    return out
  }

  /// Most significant byte first.
  static func number(_ value: UInt64, bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (bytes - 1 - $0))) }
  }

  /// Sec-WebSocket-Accept for a key (RFC 6455 section 4.2.2).
  static func accept(_ key: String) -> String {
    let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    _ = unsafe EVP_Digest(text, text.count, &digest, nil, EVP_sha1(), nil)
    return Data(digest).base64EncodedString()
  }

  // MARK: dxLink

  static let setup =
    #"{"type":"SETUP","channel":0,"version":"1.0-test","keepaliveTimeout":60,"acceptKeepaliveTimeout":60}"#
  static let authorized = #"{"type":"AUTH_STATE","channel":0,"state":"AUTHORIZED","userId":"test"}"#
  static let unauthorized = #"{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}"#
  static let opened =
    #"{"type":"CHANNEL_OPENED","channel":1,"service":"FEED","parameters":{"contract":"AUTO","subFormat":"LIST"}}"#
  static let closed = #"{"type":"CHANNEL_CLOSED","channel":1}"#
  static let keepalive = #"{"type":"KEEPALIVE","channel":0}"#
  static let configuration = configuration([
    "eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize",
  ])

  static func configuration(_ fields: [String], channel: Int = 1) -> String {
    let names = fields.map { "\"\($0)\"" }.joined(separator: ",")
    return
      #"{"type":"FEED_CONFIG","channel":\#(channel),"dataFormat":"COMPACT","aggregationPeriod":0,"#
      + #""eventFields":{"Quote":[\#(names)]}}"#
  }

  static func error(_ code: String, _ message: String, channel: Int = 0) -> String {
    #"{"type":"ERROR","channel":\#(channel),"error":"\#(code)","message":"\#(message)"}"#
  }

  /// A FEED_DATA with what stands between the brackets of `data`.
  static func data(_ inner: String, channel: Int = 1) -> String {
    #"{"type":"FEED_DATA","channel":\#(channel),"data":[\#(inner)]}"#
  }

  /// Good rows of symbol A, told apart by their bid price.
  static func quotes(_ numbers: ClosedRange<Int>, channel: Int = 1) -> String {
    data("\"Quote\",[" + numbers.map { row($0) }.joined(separator: ",") + "]", channel: channel)
  }

  static func row(_ number: Int, symbol: String = "A") -> String {
    "\"\(symbol)\",\(number).0,\(number).5,1.0,2.0"
  }

  static func deep(_ levels: Int) -> String {
    String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
  }
}
