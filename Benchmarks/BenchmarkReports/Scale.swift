import BenchmarkKit
import Glibc

/// From values to places on a drawing.
struct Scale {
  enum Kind { case linear, logarithmic }
  let kind: Kind
  let low: Double
  let high: Double
  let from: Double
  let to: Double

  /// The domain is widened where it has no width; a logarithmic one begins above 0.
  init(_ low: Double, _ high: Double, _ kind: Kind = .linear, from: Double, to: Double) {
    self.kind = kind
    let floor = kind == .logarithmic ? max(low, 1e-3) : low
    self.low = floor
    self.high = high > floor ? high : floor + max(abs(floor) * 0.01, 1e-9)
    self.from = from
    self.to = to
  }

  func at(_ value: Double) -> Double {
    let share =
      kind == .linear
      ? (value - low) / (high - low) : (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low))
    return from + min(1, max(0, share)) * (to - from)
  }

  /// Round values: steps of 1, 2 or 5 times a power of ten, at most `count` of them; powers of ten where logarithmic.
  func ticks(_ count: Int = 4) -> [Double] {
    if kind == .logarithmic {
      let powers = Int(log10(low).rounded(.up))...max(Int(log10(low).rounded(.up)), Int(log10(high).rounded(.down)))
      return powers.map { pow(10, Double($0)) }.filter { $0 >= low && $0 <= high }
    }
    let raw = (high - low) / Double(count)
    let power = pow(10, log10(raw).rounded(.down))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= raw * 0.999 } ?? raw
    let first = (low / step).rounded(.up)
    return (0...count).map { (first + Double($0)) * step }.filter { $0 <= high }
  }
}

/// Text for markup.
enum Markup {
  static func escaped(_ text: String) -> String {
    var out = ""
    for c in text.unicodeScalars {
      switch c {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.unicodeScalars.append(c)
      }
    }
    return out
  }

  /// A coordinate.
  static func n(_ value: Double) -> String { Show.fixed(value, 1) }
}

/// An SVG picture that is told to those who do not see it.
struct Picture {
  private var body = ""
  let width: Double
  let height: Double

  init(_ width: Double, _ height: Double) {
    self.width = width
    self.height = height
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    let (a, b, c, d) = (Markup.n(x1), Markup.n(y1), Markup.n(x2), Markup.n(y2))
    body += "<line class=\"\(style)\" x1=\"\(a)\" y1=\"\(b)\" x2=\"\(c)\" y2=\"\(d)\"/>"
  }

  mutating func text(_ x: Double, _ y: Double, _ text: String, _ style: String = "", anchor: String = "middle") {
    body += "<text class=\"\(style)\" x=\"\(Markup.n(x))\" y=\"\(Markup.n(y))\" text-anchor=\"\(anchor)\">"
    body += Markup.escaped(text) + "</text>"
  }

  mutating func rectangle(_ x: Double, _ y: Double, _ w: Double, _ h: Double, _ style: String) {
    body += "<rect class=\"\(style)\" x=\"\(Markup.n(x))\" y=\"\(Markup.n(y))\" "
    body += "width=\"\(Markup.n(max(0, w)))\" height=\"\(Markup.n(max(0, h)))\"/>"
  }

  mutating func circle(_ x: Double, _ y: Double, _ r: Double, _ style: String, tip: String = "") {
    body += "<circle class=\"\(style)\" cx=\"\(Markup.n(x))\" cy=\"\(Markup.n(y))\" r=\"\(Markup.n(r))\">"
    body += (tip.isEmpty ? "" : "<title>\(Markup.escaped(tip))</title>") + "</circle>"
  }

  /// × for what is far off.
  mutating func cross(_ x: Double, _ y: Double, _ r: Double, _ style: String) {
    line(x - r, y - r, x + r, y + r, style)
    line(x - r, y + r, x + r, y - r, style)
  }

  mutating func path(_ points: [(x: Double, y: Double)], _ style: String, closedAt bottom: Double? = nil) {
    guard let first = points.first, let last = points.last else { return }
    var d = points.enumerated().map { ($0 == 0 ? "M" : "L") + Markup.n($1.x) + " " + Markup.n($1.y) }.joined()
    if let bottom { d += "L\(Markup.n(last.x)) \(Markup.n(bottom))L\(Markup.n(first.x)) \(Markup.n(bottom))Z" }
    body += "<path class=\"\(style)\" d=\"\(d)\"/>"
  }

  func svg(title: String, description: String, style: String = "") -> String {
    let (w, h) = (Markup.n(width), Markup.n(height))
    return "<svg class=\"\(style)\" role=\"img\" viewBox=\"0 0 \(w) \(h)\"><title>\(Markup.escaped(title))</title>"
      + "<desc>\(Markup.escaped(description))</desc>\(body)</svg>"
  }
}
