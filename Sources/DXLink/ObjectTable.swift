import CShims
import JSON
import Market

/// One event type's FULL objects in the order of keys that was seen last. Plain memory, owned by an `ObjectTable`.
@unsafe
struct ObjectLayout {
  /// What follows the symbol; nil until an order was learned.
  var columns: UnsafePointer<qw_columns>?
  /// `{"eventType":"Quote","eventSymbol":`
  let opening: Words<6>
}

/// The layouts of FULL objects, learned from objects that the scanner read: servers write the keys of a type in one
/// order.
@safe
final class ObjectTable {
  let layouts: UnsafeMutablePointer<ObjectLayout>
  private var memory: [CompiledColumns?]
  private var orders: [[Int]]
  /// An order that was seen once; it is learned when it comes again.
  private var candidates: [[Int]]
  private var plansLeft = maximumPlans

  /// Orders that are compiled at most: a server that goes on changing them is read by the scanner.
  private static let maximumPlans = 256

  init(_ keys: [FieldKeys]) {
    unsafe layouts = .allocate(capacity: keys.count)
    memory = Array(repeating: nil, count: keys.count)
    orders = Array(repeating: [], count: keys.count)
    candidates = orders
    for (i, one) in keys.enumerated() {
      let opening = Array("{\"eventType\":\"".utf8) + one.typeName + Array("\",\"eventSymbol\":".utf8)
      unsafe (layouts + i).initialize(
        to: ObjectLayout(columns: nil, opening: Words(opening)))
    }
  }

  deinit { unsafe layouts.deallocate() }

  /// Takes note of the keys of an object that was read: positions in the names of the type's `FieldKeys`.
  func learn(_ type: Int, _ order: [Int], _ keys: FieldKeys, _ level: SIMDLevel) {
    if order == orders[type] { return }
    guard order == candidates[type] else {
      candidates[type] = order
      return
    }
    guard plansLeft > 0 else { return }
    plansLeft -= 1
    orders[type] = order
    let ops = order.map(keys.op(at:))
    let isHeaded = ops.count > 2 && ops[0].action == .eventType && ops[1].action == .symbol
    let compiled = CompiledColumns(level)
    let names = order.dropFirst(2).map(keys.name(at:))
    unsafe layouts[type].columns = isHeaded ? compiled.columns(Array(ops.dropFirst(2)), names: names, keys) : nil
    memory[type] = compiled
  }
}
