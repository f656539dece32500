import IO

/// What a run has to make.
enum DayPlan {
  /// Everything is as the manifest says.
  case nothing(Manifest)
  /// Some files of a set that is else as the manifest says.
  case some(Set<String>, Manifest, reasons: [String])
  case all(reasons: [String])

  /// Compares what there is with what was asked for.
  static func of(
    _ settings: EndOfDaySettings, options: String, sums: [FileSum], _ folder: borrowing DayFolder
  ) throws(EndOfDayError) -> DayPlan {
    guard let manifest = folder.manifest() else {
      if folder.hasManifest { return .all(reasons: ["its manifest is damaged, or of another version"]) }
      if !folder.hasLeftovers, !settings.force, let name = folder.anyOutput {
        throw .foreignFiles(folder: folder.path, name: name)
      }
      return .all(reasons: folder.hasLeftovers ? ["a run before was ended before its time"] : [])
    }
    if settings.force { return .all(reasons: ["--force was given"]) }
    if manifest.options != options {
      return .all(reasons: ["it was made with '\(manifest.options)', now it is '\(options)'"])
    }
    if manifest.inputs.map(\.sum) != sums { return .all(reasons: [change(manifest, sums)]) }
    let paths = manifest.outputs.map { folder.path + "/" + $0.name }
    let found = try FileSum.of(paths, jobs: settings.jobs)
    var wrong: Set<String> = []
    var reasons: [String] = []
    for (output, sum) in zip(manifest.outputs, found) where sum != output.sum {
      wrong.insert(output.name)
      reasons.append("\(output.name) is " + (sum == nil ? "missing" : "not as it was made"))
    }
    return wrong.isEmpty ? .nothing(manifest) : .some(wrong, manifest, reasons: reasons)
  }

  private static func change(_ manifest: Manifest, _ sums: [FileSum]) -> String {
    if manifest.inputs.count != sums.count {
      return "it was made of \(manifest.inputs.count) recordings, now there are \(sums.count)"
    }
    let changed = zip(manifest.inputs, sums).count { $0.sum != $1 }
    return "\(changed) of \(sums.count) recordings are others than it was made of"
  }

  /// Whether a file is to be made.
  func wants(_ name: String) -> Bool {
    switch self {
    case .nothing: false
    case .some(let names, _, _): names.contains(name)
    case .all: true
    }
  }
}
