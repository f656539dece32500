package import Bytes

extension RecordingReader {
  /// Puts the reader before the first entry whose order time (the latest wall time of it and all before it) is `wall`
  /// or later. Goes back from segment end to segment end, then forward within one segment; a damaged segment end
  /// costs a search for the one before it. Statistics and damage start anew.
  package mutating func seek(to wall: WallNanos) {
    var start: ResumePoint?
    var candidate = scanner.lastSegmentEnd(before: scanner.count)
    while let view = candidate, let end = unsafe SegmentEnd(parsing: scanner.payload(of: view)) {
      if end.latestWall < wall {
        start = resumePoint(after: view, end)
        break
      }
      candidate = segmentEnd(before: view, end)
    }
    if let start {
      restart(at: start, fromStart: false, skippingUntil: wall)
    } else {
      restart(at: ResumePoint(fileID: header.fileID), fromStart: true, skippingUntil: wall)
    }
  }

  /// Puts the reader back to the first entry.
  package mutating func rewind() {
    restart(at: ResumePoint(fileID: header.fileID), fromStart: true, skippingUntil: WallNanos(rawValue: .min))
  }

  private func segmentEnd(before view: EntryView, _ end: SegmentEnd) -> EntryView? {
    guard end.previous > 0 else { return nil }
    // Only backwards, so that a hostile chain ends.
    if end.previous < UInt64(view.start), let previous = scanner.segmentEnd(at: Int(end.previous)) { return previous }
    return scanner.lastSegmentEnd(before: view.start)
  }

  private func resumePoint(after view: EntryView, _ end: SegmentEnd) -> ResumePoint {
    var point = ResumePoint(fileID: header.fileID)
    point.latestWall = end.latestWall
    point.closeSegment(endAt: view.start, number: end.number, next: view.end)
    return point
  }
}
