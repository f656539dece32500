import Bytes

/// Names of folders for parts of a split.
enum PartName {
  /// Bytes of a symbol that stand in a name: more are cut, and a hash makes the name its own.
  private static let maximumBytes = 120

  /// A symbol as a name of a folder: letters, digits and `.-_=+@` stay, other bytes are written `%2F`; so are a dot in
  /// front, and the empty symbol is `%`.
  static func symbol(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "%" }
    var name = ""
    for (i, byte) in bytes.prefix(maximumBytes).enumerated() {
      let scalar = Unicode.Scalar(byte)
      let isWord = byte < 0x80 && scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
      let isKept = isWord || [0x2D, 0x5F, 0x3D, 0x2B, 0x40].contains(byte) || (byte == 0x2E && i > 0)
      name += isKept ? String(Character(scalar)) : percent(byte)
    }
    if bytes.count <= maximumBytes { return name }
    return name + "%" + String(FNV1a.hash(bytes), radix: 16)
  }

  private static func percent(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "%" + (digits.count == 1 ? "0" : "") + digits
  }

  /// `2026-03-02` of a day that counts from 1970 (the algorithm of Howard Hinnant's `civil_from_days`).
  static func day(_ day: Int) -> String {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let m = (5 * ofYear + 2) / 153
    let (d, month) = (ofYear - (153 * m + 2) / 5 + 1, m < 10 ? m + 3 : m - 9)
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    return "\(year + era * 400 + (month <= 2 ? 1 : 0))-\(two(month))-\(two(d))"
  }
}
