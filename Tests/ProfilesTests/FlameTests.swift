import Glibc
import TestSupport
import Testing

@testable import Profiles

@Suite("Flame graphs", .tags(.unit))
struct FlameTests {
  private static func stacks(_ lines: String...) throws -> FoldedStacks {
    try FoldedStacks(lines: lines.map { $0[...] }, path: "test")
  }

  @Test("boxes lie under their callers, as wide as their samples, side by side by name")
  func layout() throws {
    let layout = FlameLayout(try Self.stacks("t;A`f;B`g 6", "t;A`f 1", "t;A`e 2", "s;A`f 1"), leastShare: 0)
    #expect(
      layout.boxes == [
        .init(frame: "all", depth: 0, start: 0, count: 10, own: 0),
        .init(frame: "s", depth: 1, start: 0, count: 1, own: 0),
        .init(frame: "t", depth: 1, start: 1, count: 9, own: 0),
        .init(frame: "A`f", depth: 2, start: 0, count: 1, own: 1),
        .init(frame: "A`e", depth: 2, start: 1, count: 2, own: 2),
        .init(frame: "A`f", depth: 2, start: 3, count: 7, own: 1),
        .init(frame: "B`g", depth: 3, start: 3, count: 6, own: 6),
      ])
    #expect(layout.depth == 3)
    #expect(layout.modules.map(\.name) == ["B", "A"])
    #expect(layout.modules.map(\.count) == [6, 4])
  }

  @Test("functions under the limit are put together, and left out where they are too few even so")
  func merged() throws {
    let layout = FlameLayout(
      try Self.stacks("t;A`big 970", "t;A`a 9", "t;A`b 8", "t;A`c 9", "s;A`x 1", "s;A`y 3"), leastShare: 0.01)
    #expect(layout.boxes.map(\.frame) == ["all", "t", "A`big", ""])
    #expect(layout.boxes[1].start == 0)
    #expect(layout.boxes[3] == .init(frame: "", depth: 2, start: 970, count: 26, own: 0, merged: 3))
  }

  @Test("whatever the stacks, boxes lie within their callers and do not overlap")
  func nested() throws {
    var random = SeededRandom(seed: 4711)
    for _ in 0..<40 {
      var stacks = FoldedStacks()
      for _ in 0..<200 {
        let depth = Int.random(in: 1...9, using: &random)
        let stack = (0..<depth).map { _ in "M`\(Int.random(in: 0...2, using: &random))" }
        stacks.add(stack, Int.random(in: 1...40, using: &random))
      }
      let layout = FlameLayout(stacks, leastShare: Double.random(in: 0...0.05, using: &random))
      for box in layout.boxes.dropFirst() {
        let above = layout.boxes.filter { $0.depth == box.depth - 1 && $0.start <= box.start }.last
        let caller = try #require(above, "seed \(random.seed)")
        #expect(box.start + box.count <= caller.start + caller.count, "seed \(random.seed)")
        #expect(caller.merged == 0, "seed \(random.seed)")
      }
      for (left, right) in zip(layout.boxes, layout.boxes.dropFirst()) where left.depth == right.depth {
        #expect(left.start + left.count <= right.start, "seed \(random.seed)")
      }
      #expect(layout.modules.reduce(0) { $0 + $1.count } == stacks.total)
    }
  }

  @Test(
    "a name is cut to its box",
    arguments: [("abcdefgh", 200.0, "abcdefgh"), ("abcdefgh", 42, "abcd…"), ("ab", 9, "")])
  func cut(name: String, pixels: Double, text: String) {
    #expect(FlameSVG.cut(name, pixels) == text)
  }

  // MARK: the file

  private static let hostile = [
    "A`<script>alert(1)</script>", "A`\" onload=\"x()\" '", "A`]]></script><g>", "A`&amp;&#0;",
    "A`\u{1}\u{FFFF}\u{202E}é",
    "<x/>`y", "A`${x}`y",
  ]

  private static func svg() -> String {
    var stacks = FoldedStacks()
    for name in hostile { stacks.add(["thread <1>", name], 10) }
    return FlameSVG.text(FlameLayout(stacks), title: "<t> & \"q\"", note: "]]> <n>", unit: "sam<ples")
  }

  @Test("nothing in a name becomes markup or code")
  func escaped() {
    let text = Self.svg()
    #expect(text.split(separator: "<script").count == 2)
    #expect(text.split(separator: "]]>", omittingEmptySubsequences: false).count == 2)
    #expect(!text.contains("alert(1)</"))
    #expect(!text.contains("\" onload=\""))
    #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!text.contains("\u{1}"))
  }

  private static let reader = """
    import sys, xml.etree.ElementTree as E
    s = '{http://www.w3.org/2000/svg}'
    root = E.parse(sys.argv[1]).getroot()
    for g in root.iter(s + 'g'):
        assert [c.tag for c in g] == [s + 'title', s + 'rect', s + 'text'], g.attrib
        assert sorted(g.attrib) == sorted(['class', 'data-x', 'data-w', 'data-d', 'data-s', 'data-n']), g.attrib
        print(g.get('data-n').encode('unicode_escape').decode())
    assert len(list(root.iter(s + 'script'))) == 1
    assert not any('href' in k or k.startswith('on') for e in root.iter() for k in e.attrib)

    """

  private static func run(_ command: String) -> String? {
    guard let pipe = unsafe popen(command, "r") else { return nil }
    var text = ""
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let got = unsafe fread(&block, 1, block.count, pipe)
      if got == 0 { break }
      text += String(decoding: block[0..<got], as: UTF8.self)
    }
    return unsafe pclose(pipe) == 0 ? text : nil
  }

  @Test(
    "an XML parser reads the file and finds each name whole",
    .enabled(if: run("python3 -c 'print(1)' 2>/dev/null") == "1\n", "python3 is not here"))
  func wellFormed() throws {
    let folder = TemporaryFolder()
    try ProfileCommands.write(Self.svg(), to: folder.file("x.svg"))
    try ProfileCommands.write(Self.reader, to: folder.file("read.py"))
    let text = try #require(Self.run("python3 \(folder.file("read.py")) \(folder.file("x.svg"))"))
    let names = Set(text.split(separator: "\n"))
    let expected = [
      "<script>alert(1)</script>", "\" onload=\"x()\" '", "]]></script><g>", "&amp;&#0;", "thread <1>", "${x}`y",
    ]
    for name in expected {
      #expect(names.contains(name[...]), "\(name)")
    }
    #expect(names.contains("\\ufffd\\ufffd\\u202e\\xe9"))
  }

  @Test("the picture needs nothing from elsewhere and works in light and dark")
  func selfContained() {
    let text = Self.svg()
    let addresses = text.split(separator: "http").dropFirst().filter { !$0.hasPrefix("://www.w3.org/") }
    #expect(addresses.isEmpty)
    #expect(text.contains("prefers-color-scheme: dark"))
    #expect(!text.contains("innerHTML") && !text.contains("eval(") && !text.contains("@import"))
  }

  @Test("equal stacks give equal files")
  func stable() throws {
    let one = try Self.stacks("t;A`f 3", "t;B`g 4", "s;C`h 5")
    let two = try Self.stacks("s;C`h 5", "t;B`g 4", "t;A`f 3")
    #expect(
      FlameSVG.text(FlameLayout(one), title: "x", note: "", unit: "samples")
        == FlameSVG.text(FlameLayout(two), title: "x", note: "", unit: "samples"))
  }
}
