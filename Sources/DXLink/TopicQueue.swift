/// Numbers of topics, first in first out.
struct TopicQueue: Sendable {
  private var numbers: [UInt32] = []
  private var head = 0

  var count: Int { numbers.count - head }
  var isEmpty: Bool { head == numbers.count }
  var first: Int? { isEmpty ? nil : Int(numbers[head]) }
  var byteCount: Int { numbers.capacity * MemoryLayout<UInt32>.stride }

  mutating func append(_ number: Int) { numbers.append(UInt32(number)) }

  mutating func popFirst() -> Int? {
    guard let first else { return nil }
    head += 1
    if head == numbers.count {
      numbers.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 4096, head * 2 > numbers.count {
      numbers.removeFirst(head)
      head = 0
    }
    return first
  }

  mutating func removeAll(where isGone: (Int) -> Bool) {
    numbers.removeFirst(head)
    head = 0
    numbers.removeAll { isGone(Int($0)) }
  }

  mutating func removeAll() {
    numbers.removeAll(keepingCapacity: true)
    head = 0
  }
}
