import IO
package import Ingest
import Market
import Parquet
import Rings
import Sinks
import Synchronization

/// Recordings into a day's folder, or nothing where the folder is what it would become.
package enum EndOfDayRun {
  package static func run(_ settings: EndOfDaySettings, _ hooks: RunHooks) throws(EndOfDayError) -> EndOfDayOutcome {
    guard EndOfDaySettings.jobsRange.contains(settings.jobs) else {
      throw .usage("the number of threads is \(EndOfDaySettings.jobsRange), not \(settings.jobs)")
    }
    let options = try options(settings)
    // A recording that is missing shall leave no folder behind.
    let before = try statuses(settings.recordings)
    let folder = try DayFolder(settings.folder)
    let sums = try FileSum.of(settings.recordings, jobs: settings.jobs).compactMap { $0 }
    guard sums.count == settings.recordings.count else { throw .changed(path: settings.recordings[0]) }
    let plan = try DayPlan.of(settings, options: options, sums: sums, folder)
    do throws(IOError) {
      if case .nothing(let manifest) = plan {
        try folder.endWork()
        return EndOfDayOutcome(manifest: manifest)
      }
      try folder.beginWork()
    } catch { throw .io(error) }
    do throws(EndOfDayError) {
      let making = DayMaking(settings, plan, workPath: folder.workPath)
      var outcome = try making.make(options: options, sums: sums, hooks)
      for (path, status) in zip(settings.recordings, before) where FileStatus(of: path) != status {
        throw .changed(path: path)
      }
      do throws(IOError) { try folder.publish(outcome.manifest) } catch { throw .io(error) }
      outcome.made.sort()
      return outcome
    } catch {
      // What was published before stays; what cannot be removed the next run removes.
      try? folder.endWork()
      throw error
    }
  }

  private static func options(_ settings: EndOfDaySettings) throws(EndOfDayError) -> String {
    do throws(IOError) {
      return "codec \(try PageCompression.identity(settings.codec)), bars \(settings.makesBars ? "of UTC" : "none")"
    } catch { throw .io(error) }
  }

  private static func statuses(_ paths: [String]) throws(EndOfDayError) -> [FileStatus] {
    var statuses: [FileStatus] = []
    for path in paths {
      guard let status = FileStatus(of: path) else {
        throw .recording(path: path, reason: "there is no such file, or it may not be read")
      }
      statuses.append(status)
    }
    return statuses
  }
}
