/// The distinct values of a `char` column, each with a code: 0 for none, others as they come. Belongs to one thread.
@safe
package final class CharDictionary {
  /// By unit: its code; 0 for one that did not come yet. Pages that are never touched cost nothing.
  private let codes: UnsafeMutablePointer<UInt16>
  /// By code.
  private var units: [UInt16] = [0]

  private static let unitCount = 1 << 16

  package init() {
    unsafe codes = .allocate(capacity: Self.unitCount)
    unsafe codes.initialize(repeating: 0, count: Self.unitCount)
  }

  deinit { unsafe codes.deallocate() }

  package var count: Int { units.count }

  package func removeAll() {
    for unit in units { unsafe codes[Int(unit)] = 0 }
    units = [0]
  }

  /// Gives codes to values that have none yet.
  package func add(_ values: UnsafePointer<UInt16>, _ count: Int) {
    var any: UInt16 = 0
    for i in 0..<count { any |= unsafe values[i] }
    if any == 0 { return }
    for i in 0..<count {
      let unit = unsafe values[i]
      if unsafe codes[Int(unit)] == 0 && unit != 0 { _ = add(unit) }
    }
  }

  /// Codes of values, new or known.
  package func codes(_ from: UnsafePointer<UInt16>, _ count: Int, _ to: UnsafeMutablePointer<UInt16>) {
    // Most columns of most feeds have none.
    var any: UInt16 = 0
    for i in 0..<count { any |= unsafe from[i] }
    if any == 0 { return unsafe to.update(repeating: 0, count: count) }
    for i in 0..<count {
      let unit = unsafe from[i]
      var code = unsafe codes[Int(unit)]
      if code == 0 && unit != 0 { code = add(unit) }
      unsafe to[i] = code
    }
  }

  @inline(never)
  private func add(_ unit: UInt16) -> UInt16 {
    let code = UInt16(units.count)
    units.append(unit)
    unsafe codes[Int(unit)] = code
    return code
  }

  /// The text of a code: empty for none, one character, or `\uD800` for half of a surrogate pair.
  package func text(_ code: Int) -> [UInt8] { Self.text(of: units[code]) }

  package static func text(of unit: UInt16) -> [UInt8] {
    if unit == 0 { return [] }
    if let scalar = Unicode.Scalar(unit) { return Array(String(Character(scalar)).utf8) }
    let digits = String(unit, radix: 16, uppercase: true)
    return Array("\\u\(digits)".utf8)
  }

  /// The value that has this text; nil where none has.
  package static func unit(of text: UnsafeRawBufferPointer) -> UInt16? {
    if text.count == 0 { return 0 }
    let string = unsafe String(decoding: text, as: UTF8.self)
    if text.count == 6, string.hasPrefix("\\u"), let unit = UInt16(string.dropFirst(2), radix: 16) {
      return Unicode.Scalar(unit) == nil ? unit : nil
    }
    let units = Array(string.utf16)
    // Damaged UTF-8 was replaced.
    let isSame = unsafe string.utf8.elementsEqual(text)
    return units.count == 1 && isSame ? units[0] : nil
  }
}
