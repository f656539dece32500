import Bytes
import HTTP
package import IO
import JSON
import WebSocket

/// An access token, while it serves.
package struct AccessToken: Sendable {
  let token: Secret
  let credentials: Credentials
  let usableUntil: MonotonicNanos
}

/// What a quote token is and where it serves.
package struct QuoteToken: Sendable {
  package let token: Secret
  package let feed: FeedURL
  /// `api`, or in the sandbox `demo`.
  package let level: String
  /// For people: where the login was found, and who answered.
  package let place: String
  package let url: AccountURL
}

/// Asks the interface: the login, then the quote token.
package struct LoginClient: Sendable {
  let settings: AccountSettings

  /// Of an access token whose life the answer does not tell, in seconds.
  private static let accessSeconds = 900.0
  /// The part of its life after which an access token is not used for another question.
  private static let accessFraction = 0.9
  /// The server's own words in a sentence, at most.
  private static let maximumWords = 200

  package init(_ settings: AccountSettings) { self.settings = settings }

  /// A fresh quote token.
  /// - Parameter access: an access token from before is used while it serves, a new one left here.
  package func quoteToken(_ access: inout AccessToken?, stop: Wakeup?) throws(AccountError) -> QuoteToken {
    let credentials = try settings.source.read()
    return try quoteToken(credentials, &access, stop: stop)
  }

  /// The same with credentials that are stored nowhere yet.
  package func quoteToken(
    _ credentials: Credentials, _ access: inout AccessToken?, stop: Wakeup?
  ) throws(AccountError) -> QuoteToken {
    let url = try url(credentials)
    let client = RESTClient(url: url, tls: settings.tls, connector: settings.connector, limits: settings.limits)
    if let kept = access, kept.credentials != credentials || MonotonicNanos.now() >= kept.usableUntil { access = nil }
    if let kept = access {
      // The server may have forgotten it; then a new one is asked for, once.
      let response = try client.send(quoteRequest(url, kept), Self.quoteQuestion, stop: stop)
      if response.status != 401 { return try quoteToken(response, url, kept) }
    }
    access = nil
    let fresh = try login(client, url, credentials, stop)
    access = fresh
    return try quoteToken(try client.send(quoteRequest(url, fresh), Self.quoteQuestion, stop: stop), url, fresh)
  }

  private func url(_ credentials: Credentials) throws(AccountError) -> AccountURL {
    if let url = settings.url ?? credentials.url { return url }
    return try AccountURL(parsing: AccountURL.standard)
  }

  private static let loginQuestion = "the login"
  private static let quoteQuestion = "the request for a quote token"

  private func request(_ method: HTTPRequest.Method, _ path: String, _ url: AccountURL) -> HTTPRequest {
    var request = HTTPRequest(method, url.prefix + path, host: url.hostHeader)
    request.headers = [HeaderField("User-Agent", settings.userAgent)]
    return request
  }

  private func quoteRequest(_ url: AccountURL, _ access: AccessToken) -> HTTPRequest {
    var request = request(.get, "/api-quote-tokens", url)
    request.headers.append(HeaderField("Authorization", "Bearer \(access.token.text)"))
    return request
  }

  private func login(
    _ client: RESTClient, _ url: AccountURL, _ credentials: Credentials, _ stop: Wakeup?
  ) throws(AccountError) -> AccessToken {
    var request = request(.post, "/oauth/token", url)
    // Secrets have no characters that JSON would escape, see `Secret.flaw`.
    request.json =
      "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"\(credentials.refreshToken.text)\","
      + "\"client_secret\":\"\(credentials.clientSecret.text)\"}"
    let asked = MonotonicNanos.now()
    let response = try client.send(request, Self.loginQuestion, stop: stop)
    let secrets = [credentials.clientSecret, credentials.refreshToken]
    let advice =
      "check the client secret and the refresh token from \(credentials.place), and that they are for "
      + "\(url.endpoint.host): production and sandbox have their own; 'quotewire login' stores new ones"
    let fields = try fields(response, Self.loginQuestion, secrets, advice)
    let token = Secret(fields.text("access_token") ?? "")
    if let flaw = token.flaw { throw .badAnswer(question: Self.loginQuestion, reason: "its access_token \(flaw)") }
    let said = fields.number("expires_in") ?? Self.accessSeconds
    let seconds = said.isFinite ? max(1, min(said, 86_400)) : Self.accessSeconds
    return AccessToken(
      token: token, credentials: credentials, usableUntil: asked.advanced(bySeconds: seconds * Self.accessFraction))
  }

  private func quoteToken(
    _ response: HTTPResponse, _ url: AccountURL, _ access: AccessToken
  ) throws(AccountError) -> QuoteToken {
    let secrets = [access.token, access.credentials.clientSecret, access.credentials.refreshToken]
    let advice = "the account has to be open and the application allowed to read: streaming takes a full customer"
    let question = Self.quoteQuestion
    let fields = try fields(response, question, secrets, advice)
    let token = Secret(fields.text("data.token") ?? "")
    if let flaw = token.flaw { throw .badAnswer(question: question, reason: "its token \(flaw)") }
    guard let text = fields.text("data.dxlink-url") else {
      throw .badAnswer(question: question, reason: "it names no dxlink-url")
    }
    let feed: FeedURL
    do throws(IOError) {
      let named = try FeedURL(parsing: text)
      feed = settings.feed ?? named
    } catch {
      throw .badAnswer(question: question, reason: Secret.without(secrets + [token], "\(error)"))
    }
    guard feed.isSecure || feed.endpoint.isLoopback || settings.allowsPlaintext else {
      throw .badAnswer(question: question, reason: "its dxlink-url is not wss://, and the token would be readable")
    }
    let level = HTTPText.printable(String((fields.text("data.level") ?? "unknown").prefix(40)))
    return QuoteToken(token: token, feed: feed, level: level, place: access.credentials.place, url: url)
  }

  /// The fields of a good answer; any other one as an error.
  private func fields(
    _ response: HTTPResponse, _ question: String, _ secrets: [Secret], _ advice: String
  ) throws(AccountError) -> AnswerFields {
    let limit = settings.limits.http.maximumBodyBytes
    if response.isSuccess {
      do throws(JSONError) { return try AnswerFields(response.body, limitBytes: limit) } catch {
        throw .badAnswer(question: question, reason: "it is no JSON object (\(error))")
      }
    }
    let status = Secret.without(secrets, response.statusWords)
    let words = Secret.without(secrets, words(response, limit))
    switch response.status {
    case 429: throw .tooMany(question: question, retryAfterSeconds: response.retryAfterSeconds)
    case 408, 425, 500...599: throw .failing(question: question, status: status)
    case 300...399:
      throw .refused(
        question: question, status: status, words: "", advice: "it sends us elsewhere; check --account-url")
    case 404, 405:
      throw .refused(question: question, status: status, words: words, advice: "check --account-url; " + advice)
    default: throw .refused(question: question, status: status, words: words, advice: advice)
    }
  }

  /// What the server says about an error, in the shape of the interface or of OAuth.
  private func words(_ response: HTTPResponse, _ limit: Int) -> String {
    guard let fields = try? AnswerFields(response.body, limitBytes: limit) else { return "" }
    let code = fields.text("error.code") ?? fields.text("error_code") ?? fields.text("error")
    let message = fields.text("error.message") ?? fields.text("error_description")
    let all = [code, message].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
    return HTTPText.printable(String(all.prefix(Self.maximumWords)))
  }
}
