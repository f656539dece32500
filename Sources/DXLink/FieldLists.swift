package import Market

/// The fields to ask for, or to send, by type and in order.
package struct FieldLists: Sendable, Equatable {
  /// How much to ask for.
  package enum Detail: Sendable, CaseIterable {
    /// All fields but `eventTime`, which servers leave at 0.
    case all
    /// The fields of quotes and trades that most readers use; all fields of other types.
    case essential
  }

  private var lists: [[String]]

  package init(_ detail: Detail = .all) {
    lists = Schema.all.map { Self.list($0, detail) }
  }

  /// What a client asks for when nobody says otherwise.
  package static let standard = FieldLists(.all)

  package subscript(_ type: EventType) -> [String] {
    get { lists[type.index] }
    set { lists[type.index] = newValue }
  }

  /// The lists of some types, in their order, as messages carry them.
  package func typeFields(_ types: some Sequence<EventType>) -> [TypeFields] {
    types.map { TypeFields($0.name, self[$0]) }
  }

  /// What a server makes of a wish: names that the model has, in the order asked; it drops the others in silence.
  /// `aliases` says whether second names such as `orderSide` count as known.
  package static func accepted(_ asked: [String], for type: EventType, aliases: Bool = false) -> [String] {
    let schema = Schema.of(type)
    return asked.filter { name in
      name == "eventType" || schema.fields.contains { $0.name == name || (aliases && $0.alias == name) }
    }
  }

  private static func list(_ schema: Schema, _ detail: Detail) -> [String] {
    if detail == .essential, let short = essential(schema.type) { return short }
    let head: [String] =
      schema.type == .quote ? ["eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize"] : ["eventSymbol"]
    var names = head
    for field in schema.fields where field.name != "eventTime" && !head.contains(field.name) {
      names.append(field.name)
      // The specification and the model name the side of an order differently; servers drop the name they do not know.
      if let alias = field.alias, field.name == "side" { names.append(alias) }
    }
    return names
  }

  private static func essential(_ type: EventType) -> [String]? {
    switch type {
    case .quote: ["eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize"]
    case .trade, .tradeETH: ["eventSymbol", "time", "price", "size", "dayVolume"]
    default: nil
    }
  }
}
