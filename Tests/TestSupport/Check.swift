package import Testing

/// `#expect` for expressions on values that cannot be copied, which the macro cannot take apart.
package func check(
  _ condition: Bool, _ comment: @autoclosure () -> Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(condition, comment(), sourceLocation: sourceLocation)
}
