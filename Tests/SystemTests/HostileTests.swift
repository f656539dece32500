import TestSupport
import Testing

private let authorityNeeded = ConditionTrait.enabled(
  if: TestAuthority.shared != nil, "needs the openssl command")

@Suite("A client of a hostile server", .tags(.system))
struct HostileTests {
  @Test(
    "before the WebSocket stands, goes on, tries again or stops", arguments: HostileCase.handshakes)
  func handshake(_ test: HostileCase) async throws { try await judge(test, "handshake") }

  @Test("that sends wrong frames keeps every good row", arguments: HostileCase.frames)
  func frame(_ test: HostileCase) async throws { try await judge(test, "frames") }

  @Test("whose connection fails keeps every good row", arguments: HostileCase.transports)
  func transport(_ test: HostileCase) async throws { try await judge(test, "TCP") }

  @Test("that sends wrong messages skips and counts them", arguments: HostileCase.messages)
  func message(_ test: HostileCase) async throws { try await judge(test, "messages") }

  @Test(
    "that does TLS wrong: the right outcome, and a sentence that names the cause", authorityNeeded,
    arguments: HostileCase.secure)
  func secure(_ test: HostileCase) async throws { try await judge(test, "TLS") }

  @Test(
    "whose session goes wrong goes on, connects again or stops", arguments: HostileCase.sessions)
  func session(_ test: HostileCase) async throws { try await judge(test, "session") }
}

/// Runs a case, beside others, and states everything that was not as it should be.
func judge(_ test: some HostileTestable, _ group: String) async throws {
  await HostileTable.gate.enter()
  let clock = ContinuousClock()
  let started = clock.now
  var outcome = HostileOutcome()
  do { outcome = try await test.run() } catch { outcome.complaints = ["\(error)"] }
  let passed = started.duration(to: clock.now)
  outcome.seconds = Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
  await HostileTable.gate.leave()
  HostileTable.add(group: group, test.name, outcome)
  #expect(outcome.complaints.isEmpty, "\(test.name): \(outcome.complaints.joined(separator: "; "))")
}

/// A case of either catalogue.
protocol HostileTestable: Sendable {
  var name: String { get }
  func run() async throws -> HostileOutcome
}

extension HostileCase: HostileTestable {}
extension ServeCase: HostileTestable {}

@Suite("A server of hostile clients", .tags(.system))
struct HostileClientTests {
  @Test("survives each of them and serves a good client beside it", arguments: ServeCase.all)
  func attack(_ test: ServeCase) async throws { try await judge(test, "serve") }

  @Test("with TLS does so too", authorityNeeded, arguments: ServeCase.secure)
  func secure(_ test: ServeCase) async throws { try await judge(test, "serve, TLS") }
}
