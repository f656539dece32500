/// The events of a feed or of a recording, one by one.
///
/// Each loop over it is a run of its own: it connects, or opens the recording, with its first event, and ends with the
/// loop, whether that ends by itself, is left with `break`, `return` or an error, or its task is cancelled. A
/// cancelled loop ends without an error, once its connections are closed. A loop that is left goes on at once while
/// connections close behind it; ``Client/close()`` waits for them.
///
/// Gaps and dropped events are counted in ``Client/status``; ``markingLosses()`` gives them at their place among the
/// events.
public struct EventSequence<Element: Event>: AsyncSequence, Sendable {
  /// Why a loop ends before its time.
  public typealias Failure = QuotewireError

  let start: @Sendable () throws(QuotewireError) -> Feed

  /// Nothing starts before the first event is asked for.
  public func makeAsyncIterator() -> Iterator { Iterator(reader: EventReader(start)) }

  /// The same events with losses at their places.
  public func markingLosses() -> MarkedEventSequence<Element> { MarkedEventSequence(start: start) }

  /// One run.
  public struct Iterator: AsyncIteratorProtocol {
    let reader: EventReader

    /// The next event; nil after the last one, and when the task is cancelled.
    ///
    /// - Throws: once, where the run ends before its time and everything that came before was given out.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(QuotewireError) -> Element? {
      while true {
        switch reader.step() {
        case .event: return reader.read(Element.self)
        case .loss: continue
        case .empty: try await reader.refill(isolation: actor)
        case .over: return nil
        }
      }
    }
  }
}

/// An event, or a loss where events are missing.
public enum MarkedEvent<Content: Event>: Sendable {
  /// An event.
  case event(Content)
  /// The feed was interrupted here.
  case gap(Gap)
  /// So many events were dropped here because the buffer was full.
  case dropped(Int)
}

/// The events of a feed or of a recording with losses at their places, see ``EventSequence/markingLosses()``.
public struct MarkedEventSequence<Content: Event>: AsyncSequence, Sendable {
  /// An event or a loss.
  public typealias Element = MarkedEvent<Content>
  /// Why a loop ends before its time.
  public typealias Failure = QuotewireError

  let start: @Sendable () throws(QuotewireError) -> Feed

  /// Nothing starts before the first event is asked for.
  public func makeAsyncIterator() -> Iterator { Iterator(reader: EventReader(start)) }

  /// One run.
  public struct Iterator: AsyncIteratorProtocol {
    let reader: EventReader

    /// The next event or loss; nil after the last one, and when the task is cancelled.
    ///
    /// - Throws: once, where the run ends before its time and everything that came before was given out.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(QuotewireError) -> MarkedEvent<Content>? {
      while true {
        switch reader.step() {
        case .event: return .event(reader.read(Content.self))
        case .loss(.gap(let gap)): return .gap(Gap(gap))
        case .loss(.dropped(let count)): return .dropped(count)
        case .empty: try await reader.refill(isolation: actor)
        case .over: return nil
        }
      }
    }
  }
}
