/// The nearest right word to a mistyped one.
enum Suggestion {
  /// The candidate with the least edit distance, if that is at most a third of the word's length (and at least 1).
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let limit = max(1, word.count / 3)
    let best = candidates.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
    guard let best, best.1 <= limit else { return nil }
    return best.0
  }

  /// ` did you mean 'x'?`, or nothing where no word is near.
  static func hint(_ word: String, _ candidates: [String]) -> String {
    nearest(to: word, among: candidates).map { " did you mean '\($0)'?" } ?? ""
  }

  /// Edits from one to the other: letters added, taken away, replaced, or two neighbours swapped (the restricted
  /// Damerau-Levenshtein distance), by three rows.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    var beforeLast = Array(0...b.count)
    var last = beforeLast
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var least = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, beforeLast[j - 1] + 1) }
        row.append(least)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
