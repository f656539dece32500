import Books
package import Ingest
import Synchronization

/// The last view of each book, and all of them as a table.
package final class DepthScreen: Sendable {
  private struct State {
    var views: [String: DepthView] = [:]
    var order: [String] = []
    var changes = 0
  }

  private let state = Mutex(State())

  /// Books that are shown; those that came first.
  package static let maximumBooks = 32

  package init() {}

  package func take(_ view: DepthView) {
    let key = view.key
    state.withLock { state in
      state.changes += 1
      if state.views[key] == nil {
        guard state.order.count < Self.maximumBooks else { return }
        state.order.append(key)
      }
      state.views[key] = view
    }
  }

  /// Takes a snapshot of the DOM service.
  package func take(_ update: DOMUpdate, depth: Int) { take(DepthView(update, depth: depth)) }

  /// Lines of at most `columns` characters.
  package func lines(depth: Int, columns: Int) -> [String] {
    let (views, changes) = state.withLock { state in (state.order.compactMap { state.views[$0] }, state.changes) }
    var lines: [String] = []
    for view in views {
      lines.append("\(view.title)   \(view.state)\(view.missing > 0 ? ", \(view.missing) orders without room" : "")")
      lines.append(Self.row(["count", "bid size", "bid", "ask", "ask size", "count"]))
      let count = min(depth, max(view.bids.count, view.asks.count))
      for rank in 0..<count {
        let (bid, ask) = (Self.cells(view.bids, rank), Self.cells(view.asks, rank))
        lines.append(Self.row([bid.count, bid.size, bid.price, ask.price, ask.size, ask.count]))
      }
      lines.append("")
    }
    lines.append(views.isEmpty ? "nothing came so far" : "\(changes) changes")
    return lines.map { String($0.prefix(max(1, columns))) }
  }

  private static func cells(_ levels: [PriceLevel], _ rank: Int) -> (price: String, size: String, count: String) {
    guard rank < levels.count else { return ("", "", "") }
    let level = levels[rank]
    return ("\(level.price)", "\(level.size)", level.count > 0 ? "\(level.count)" : "")
  }

  private static func row(_ cells: [String]) -> String {
    cells.map { String(repeating: " ", count: max(1, 12 - $0.count)) + $0 }.joined()
  }
}
