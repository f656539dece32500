/// Decoders of what is written, to hold the encoders against: plain and slow.
enum Reference {
  static func varint(_ bytes: [UInt8], _ at: inout Int) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = bytes[at]
      at += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  static func zigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }

  static func bits(_ bytes: [UInt8], _ from: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in 0..<count where bytes[(from + i) / 8] >> UInt8((from + i) % 8) & 1 == 1 { value |= 1 << UInt64(i) }
    return value
  }

  static func snappy(_ bytes: [UInt8]) -> [UInt8]? {
    var at = 0
    let length = Int(varint(bytes, &at))
    var out: [UInt8] = []
    while at < bytes.count {
      let tag = Int(bytes[at])
      at += 1
      if tag & 3 == 0 {
        var count = tag >> 2
        if count >= 60 {
          let more = count - 59
          count = (0..<more).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
          at += more
        }
        out += bytes[at...(at + count)]
        at += count + 1
      } else {
        let count = tag & 3 == 1 ? (tag >> 2 & 7) + 4 : (tag >> 2) + 1
        let distance = tag & 3 == 1 ? (tag >> 5) << 8 | Int(bytes[at]) : Int(bytes[at]) | Int(bytes[at + 1]) << 8
        at += tag & 3 == 1 ? 1 : 2
        guard distance > 0, distance <= out.count, tag & 3 != 3 else { return nil }
        for _ in 0..<count { out.append(out[out.count - distance]) }
      }
    }
    return out.count == length ? out : nil
  }

  static func levels(_ bytes: [UInt8], width: Int, count: Int) -> [UInt32] {
    var values: [UInt32] = []
    var at = 0
    while at < bytes.count {
      let head = varint(bytes, &at)
      if head & 1 == 0 {
        let value = (0..<(width + 7) / 8).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
        at += (width + 7) / 8
        values += Array(repeating: value, count: Int(head >> 1))
      } else {
        let groups = Int(head >> 1)
        for i in 0..<8 * groups { values.append(UInt32(bits(bytes, 8 * at + i * width, width))) }
        at += groups * width
      }
    }
    return Array(values.prefix(count))
  }

  static func deltas(_ bytes: [UInt8], is32: Bool) -> [Int64] {
    var at = 0
    let (block, minis, count) = (Int(varint(bytes, &at)), Int(varint(bytes, &at)), Int(varint(bytes, &at)))
    var values = [zigzag(varint(bytes, &at))]
    if count == 0 { return [] }
    while values.count < count {
      let least = zigzag(varint(bytes, &at))
      let widths = bytes[at..<at + minis].map { Int($0) }
      at += minis
      for width in widths where values.count < count {
        for i in 0..<block / minis where values.count < count {
          let delta = Int64(bitPattern: bits(bytes, 8 * at + i * width, width)) &+ least
          let sum = values[values.count - 1] &+ delta
          values.append(is32 ? Int64(Int32(truncatingIfNeeded: sum)) : sum)
        }
        at += block / minis * width / 8
      }
    }
    return values
  }
}
