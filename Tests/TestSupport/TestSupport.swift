// TestSupport: what several test targets share: seeded randomness, where shared data lies, temporary folders, tags.

public import Testing

extension Tag {
  @Tag public static var unit: Self
  @Tag public static var property: Self
  @Tag public static var system: Self
  @Tag public static var slow: Self
}
