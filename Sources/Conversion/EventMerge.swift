import Bytes
import Market
import Rings

/// The events of several inputs, merged by the time of their arrival or one input after the other.
struct EventMerge: ~Copyable {
  private final class Lane {
    let path: String
    let source: EventSource
    var batch = EventBatch(capacity: 1024)
    /// Bytes of the batch that were handed on.
    var at = 0
    var isAtEnd = false

    init(_ input: ConversionInput) throws(ConversionError) {
      path = input.path
      source = try EventSource(input)
    }

    /// The event that comes next; nil where the batch has no more.
    var next: EventRef? {
      unsafe batch.withRecords { all in
        at < all.count ? unsafe EventRef(all.baseAddress! + at) : nil
      }
    }
  }

  private let lanes: [Lane]
  private let isMerged: Bool
  private var table = TextTable(limits: TextStore.Limits(maximumTexts: 4 << 20, maximumBytes: 512 << 20))

  init(_ inputs: [ConversionInput], isMerged: Bool) throws(ConversionError) {
    var lanes: [Lane] = []
    for input in inputs { lanes.append(try Lane(input)) }
    self.lanes = lanes
    self.isMerged = isMerged
  }

  var texts: TextStore { table.store }
  var gaps: [Gap] { lanes.flatMap(\.source.gaps) }

  /// Puts the next events into an empty batch until it is full; false behind the last.
  mutating func fill(_ out: inout EventBatch, _ progress: (Int) -> Void) throws(ConversionError) -> Bool {
    while out.recordCount + EventRecord.maximumPerEvent <= out.capacity {
      guard let lane = try first(progress), let event = lane.next, let type = event.type else { break }
      guard let to = unsafe out.append(type) else { break }
      unsafe event.withBytes { bytes in
        unsafe to.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        lane.at += bytes.count
      }
    }
    return !out.isEmpty
  }

  /// The lane whose next event comes first: the earlier input where two arrived at once.
  private mutating func first(_ progress: (Int) -> Void) throws(ConversionError) -> Lane? {
    var best: Lane?
    var time = Int64.max
    for lane in lanes where !lane.isAtEnd {
      if lane.next == nil {
        lane.batch.removeAll()
        lane.at = 0
        lane.isAtEnd = try !lane.source.fill(&lane.batch, &table, progress)
      }
      guard let event = lane.next else { continue }
      if !isMerged { return lane }
      if best == nil || event.receivedNanos < time {
        best = lane
        time = event.receivedNanos
      }
    }
    return best
  }

  /// Adds what the inputs could not give. Rows behind a limit were read and are left out.
  func count(_ report: inout ConversionReport) {
    for lane in lanes {
      report.torn += lane.source.torn
      report.rowsRead += lane.source.refused
      report.rowsRefused += lane.source.refused
      let room = ConversionReport.maximumRefusals - report.refusals.count
      for refusal in lane.source.refusals.prefix(max(0, room)) { report.refusals.append("\(lane.path): \(refusal)") }
    }
  }
}
