import CVersion

/// The program's version, and the commit that it was built from.
package enum Version {
  package static let text = "0.1.0"

  /// A short hash, with `-modified` behind it where the tree had changes; nil where the build was not told.
  package static let commit: String? = {
    let told = unsafe String(cString: qw_commit())
    return told.isEmpty ? nil : told
  }()

  /// What recordings and servers are told, with the commit as build metadata of semantic versioning.
  package static let product = text + (commit.map { "+" + $0 } ?? "")

  /// What `quotewire --version` says.
  package static let line = "quotewire \(text) (commit \(commit ?? "unknown"))"
}
