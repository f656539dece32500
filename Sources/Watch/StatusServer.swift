package import HTTPServer
package import IO
package import Metrics

/// The addresses of `--metrics`: `/`, `/status.json`, `/metrics`, `/healthz`, `/readyz`.
package final class StatusServer {
  private let service: HTTPService

  /// Starts to listen. Both closures are called on the server's thread.
  package init(
    on address: SocketAddress, registry: Registry, limits: HTTPLimits = HTTPLimits(),
    report: @escaping @Sendable () -> StatusReport
  ) throws(IOError) {
    service = try HTTPService(on: address, limits: limits) { path in
      Self.page(path, registry, report)
    }
  }

  package var address: SocketAddress { service.address }

  static func page(_ path: String, _ registry: Registry, _ report: () -> StatusReport) -> HTTPResponse? {
    switch path {
    case "/": return HTTPResponse(contentType: "text/html; charset=utf-8", StatusPage.html)
    case "/status.json": return HTTPResponse(contentType: "application/json", report().json())
    case "/metrics": return HTTPResponse(contentType: PrometheusText.contentType, PrometheusText.encode(registry))
    case "/healthz": return HTTPResponse("ok\n")
    case "/readyz":
      let reasons = report().reasons
      if reasons.isEmpty { return HTTPResponse("ready\n") }
      return HTTPResponse(status: 503, reasons.map { $0 + "\n" }.joined())
    default: return nil
    }
  }
}
