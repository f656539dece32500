/// An offer of `permessage-deflate` (RFC 7692 section 7.1), as a client writes it.
///
///     permessage-deflate; server_no_context_takeover; client_max_window_bits=10
package struct DeflateOffer: Equatable, Sendable {
  /// The server shall forget its window behind each message.
  package var serverForgets = false
  /// The client is ready to forget its window behind each message.
  package var clientForgets = false
  /// The largest window that the server may use, nil where the client does not care.
  package var serverBits: Int?
  /// Whether the server may limit the client's window, and what the client would use without.
  package var clientBits: ClientBits = .any

  package enum ClientBits: Equatable, Sendable {
    case unsupported
    case any
    case atMost(Int)

    var limit: Int {
      if case .atMost(let bits) = self { bits } else { DeflateParameters.largestBits }
    }
  }

  package init() {}

  /// Reads an offer. Nil for another extension, and for one that has to be declined: parameters that are unknown,
  /// repeated or out of range (RFC 7692 section 7.1).
  package init?(_ text: String) {
    guard let fields = ExtensionFields(text), fields.name == DeflateParameters.name else { return nil }
    clientBits = .unsupported
    for field in fields.parameters {
      switch (field.name, field.value) {
      case ("server_no_context_takeover", nil): serverForgets = true
      case ("client_no_context_takeover", nil): clientForgets = true
      case ("server_max_window_bits", let value?):
        guard let bits = DeflateParameters.bits(value) else { return nil }
        serverBits = bits
      case ("client_max_window_bits", nil): clientBits = .any
      case ("client_max_window_bits", let value?):
        guard let bits = DeflateParameters.bits(value) else { return nil }
        clientBits = .atMost(bits)
      default: return nil
      }
    }
  }

  package var words: String {
    var words = DeflateParameters.name
    if serverForgets { words += "; server_no_context_takeover" }
    if clientForgets { words += "; client_no_context_takeover" }
    if let serverBits { words += "; server_max_window_bits=\(serverBits)" }
    switch clientBits {
    case .unsupported: break
    case .any: words += "; client_max_window_bits"
    case .atMost(let bits): words += "; client_max_window_bits=\(bits)"
    }
    return words
  }

  /// What a server with wishes of its own makes of the offer.
  func granted(_ wishes: DeflateOffer) -> DeflateParameters {
    var parameters = DeflateParameters()
    parameters.serverForgets = serverForgets || wishes.serverForgets
    parameters.clientForgets = clientForgets || wishes.clientForgets
    parameters.serverBits = min(serverBits ?? DeflateParameters.largestBits, wishes.serverBits ?? .max)
    // A client that does not say so cannot be asked for a smaller window.
    if clientBits != .unsupported { parameters.clientBits = min(clientBits.limit, wishes.clientBits.limit) }
    return parameters
  }

  /// What the server made of this offer; nil where it does not compress.
  /// - Throws: `extensionAnswerInvalid` for an answer that the offer does not allow.
  func read(answer: [String]) throws(WebSocketError) -> DeflateParameters? {
    var found: DeflateParameters?
    for item in answer {
      guard let fields = ExtensionFields(item) else { throw .extensionAnswerInvalid(HTTPText.printable(item)) }
      guard fields.name == DeflateParameters.name else { continue }
      guard found == nil, let parameters = read(fields) else {
        throw .extensionAnswerInvalid(HTTPText.printable(item))
      }
      found = parameters
    }
    return found
  }

  private func read(_ fields: ExtensionFields) -> DeflateParameters? {
    var parameters = DeflateParameters()
    parameters.clientBits = clientBits.limit
    parameters.clientForgets = clientForgets
    var saidServerBits = false
    for field in fields.parameters {
      switch (field.name, field.value) {
      case ("server_no_context_takeover", nil): parameters.serverForgets = true
      case ("client_no_context_takeover", nil): parameters.clientForgets = true
      case ("server_max_window_bits", let value?):
        guard let bits = DeflateParameters.bits(value), bits <= serverBits ?? bits else { return nil }
        parameters.serverBits = bits
        saidServerBits = true
      case ("client_max_window_bits", let value?):
        guard clientBits != .unsupported, let bits = DeflateParameters.bits(value), bits <= clientBits.limit else {
          return nil
        }
        parameters.clientBits = bits
      default: return nil
      }
    }
    // A server that accepts these has to say so (RFC 7692 sections 7.1.1.1 and 7.1.2.1).
    guard parameters.serverForgets || !serverForgets, saidServerBits || serverBits == nil else { return nil }
    return parameters
  }
}

/// What both sides agreed on.
package struct DeflateParameters: Equatable, Sendable {
  package var serverForgets = false
  package var clientForgets = false
  package var serverBits = DeflateParameters.largestBits
  package var clientBits = DeflateParameters.largestBits

  static let name = "permessage-deflate"
  static let largestBits = 15
  package init() {}

  /// 8 to 15, without leading zeros.
  static func bits(_ text: String) -> Int? {
    (8...largestBits).first { String($0) == text }
  }

  /// The server's answer. It repeats what the offer asked for, and says what the client did not ask for.
  func words(answering offer: DeflateOffer) -> String {
    var words = Self.name
    if serverForgets { words += "; server_no_context_takeover" }
    if clientForgets { words += "; client_no_context_takeover" }
    if offer.serverBits != nil || serverBits < Self.largestBits { words += "; server_max_window_bits=\(serverBits)" }
    if offer.clientBits != .unsupported && clientBits < Self.largestBits {
      words += "; client_max_window_bits=\(clientBits)"
    }
    return words
  }
}

/// One item of Sec-WebSocket-Extensions: a name and parameters, each at most once (RFC 6455 section 9.1).
struct ExtensionFields {
  var name: String
  var parameters: [(name: String, value: String?)] = []

  /// More parameters than this are refused.
  static let maximumParameters = 16

  /// Nil for what is not of the grammar. A quoted value has to be a token inside its quotes.
  init?(_ text: String) {
    var parts = text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)[...]
    guard let first = parts.popFirst(), parts.count <= Self.maximumParameters else { return nil }
    name = Substring(first).trimmed.asciiLowercased
    guard HTTPText.isToken(name) else { return nil }
    for part in parts {
      let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let key = Substring(sides[0]).trimmed.asciiLowercased
      guard HTTPText.isToken(key), !parameters.contains(where: { $0.name == key }) else { return nil }
      var value = sides.count == 2 ? Substring(sides[1]).trimmed : nil
      if let quoted = value, quoted.utf8.count >= 2, quoted.hasPrefix("\""), quoted.hasSuffix("\"") {
        value = String(quoted.dropFirst().dropLast())
      }
      if let value, !HTTPText.isToken(value) { return nil }
      parameters.append((key, value))
    }
  }
}
