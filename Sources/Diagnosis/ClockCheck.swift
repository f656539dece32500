package import Bytes

/// This machine's clock against what the server says.
package enum ClockCheck {
  /// A difference over this is worth a warning, in seconds; the header has whole seconds, and travels.
  package static let toleranceSeconds = 3.0
  /// A difference over this fails: certificates and tokens are judged by the clock.
  package static let failSeconds = 300.0

  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Seconds since 1970 of an HTTP date (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`; nil for others.
  package static func seconds(httpDate text: String) -> Int64? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT", let day = Int(words[1]),
      let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3])
    else { return nil }
    let time = words[4].split(separator: ":").compactMap { Int64($0) }
    guard time.count == 3, (1...31).contains(day), (1970...9999).contains(year), (0..<24).contains(time[0]),
      (0..<60).contains(time[1]), (0...60).contains(time[2])
    else { return nil }
    // Days from 1970-03-01 style years that begin in March, so that the leap day is their last.
    let shifted = month < 2 ? year - 1 : year
    let monthFromMarch = Int64((month + 10) % 12)
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    return days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]
  }

  /// By the Date header of the answer to the upgrade, which lies between two readings of our clock.
  package static func judge(httpDate: String, asked: WallNanos, answered: WallNanos) -> Check? {
    guard let seconds = seconds(httpDate: httpDate) else { return nil }
    let ours = (Double(asked.rawValue) + Double(answered.rawValue)) / 2e9
    // The header leaves out the fraction: half a second on average.
    let difference = ours - Double(seconds) - 0.5
    let size = abs(difference)
    let words = "\(words(size)) \(difference < 0 ? "behind" : "ahead of") the server's (its Date header)"
    if size <= toleranceSeconds {
      return Check("clock", .ok, "within \(Int(toleranceSeconds)) s of the server's (its Date header)")
    }
    let advice = "this machine's clock is \(words); one of the two is wrong: set this one by NTP (timedatectl)"
    return Check("clock", size > failSeconds ? .fail : .warn, advice)
  }

  /// By the newest time of an event: it can be old, as on a closed market, but not in the future.
  package static func judge(newestEventMillis millis: Int64, received: WallNanos) -> Check {
    let age = Double(received.rawValue) / 1e9 - Double(millis) / 1e3
    if age < -toleranceSeconds {
      let words = "the newest event is \(words(-age)) in the future: this machine's clock is behind"
      return Check("clock", -age > failSeconds ? .fail : .warn, words + " the feed's; set it by NTP (timedatectl)")
    }
    return Check(
      "clock", .ok,
      "not behind the feed's: its newest event is \(words(max(0, age))) old (no Date header to compare)")
  }

  private static func words(_ seconds: Double) -> String {
    if seconds < 100 { return "\((seconds * 10).rounded() / 10) s" }
    if seconds < 7200 { return "\(Int(min(seconds, 1e15) / 60)) minutes" }
    return seconds < 172_800 ? "\(Int(seconds / 3600)) hours" : "\(Int(min(seconds, 1e15) / 86_400)) days"
  }
}
