package import Bytes
package import WebSocket

/// One request on a connection of its own.
///
///     POST /oauth/token HTTP/1.1
///     Host: api.tastyworks.com
///     Connection: close
///     Accept: application/json
///     Accept-Encoding: identity
///     Content-Type: application/json
///     Content-Length: 71
package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  package var method: Method
  /// Path and query, with the leading slash.
  package var target: String
  /// The value of the Host header.
  package var host: String
  package var headers: [HeaderField] = []
  /// A JSON text; nil for a request without a body.
  package var json: String?

  package init(_ method: Method, _ target: String, host: String) {
    self.method = method
    self.target = target
    self.host = host
  }

  /// Appends the request. An error names the field, never its value.
  package func write(into out: inout ByteWriter) throws(HTTPError) {
    guard target.hasPrefix("/"), HTTPText.isVisible(target), !target.utf8.contains(UInt8(ascii: "#")) else {
      throw .fieldInvalid("path")
    }
    guard !host.isEmpty, HTTPText.isVisible(host) else { throw .fieldInvalid("host") }
    out.append("\(method.rawValue) \(target) HTTP/1.1\r\nHost: \(host)\r\n" as String)
    out.append("Connection: close\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n")
    for field in headers {
      guard HTTPText.isToken(field.name), HTTPText.isFieldValue(field.value) else {
        throw .fieldInvalid(HTTPText.printable(field.name))
      }
      out.append("\(field.name): \(field.value)\r\n" as String)
    }
    if let json {
      out.append("Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n" as String)
    }
    out.append("\r\n")
    if let json { out.append(json) }
  }
}
