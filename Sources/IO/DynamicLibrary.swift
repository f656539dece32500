import Glibc

/// A shared library that is loaded at run time, so that the program also runs where it is not installed.
@safe
package struct DynamicLibrary: ~Copyable {
  private let handle: UnsafeMutableRawPointer
  private let name: String
  private let debianPackage: String

  /// - Parameters:
  ///   - name: the file name with its version ("libzstd.so.1"), searched for as the dynamic linker does.
  ///   - debianPackage: what to install where it is absent.
  package init(_ name: String, debianPackage: String) throws(IOError) {
    guard let handle = unsafe dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
      throw .missingLibrary(name: name, debianPackage: debianPackage, reason: Self.lastError())
    }
    unsafe self.handle = handle
    self.name = name
    self.debianPackage = debianPackage
  }

  deinit { unsafe dlclose(handle) }

  /// A function of the library. `type` must be its `@convention(c)` type: nobody can check it. It may be called only
  /// while the library is loaded.
  @unsafe
  package func function<F>(_ symbol: String, as type: F.Type) throws(IOError) -> F {
    precondition(MemoryLayout<F>.size == MemoryLayout<Int>.size)
    guard let address = unsafe dlsym(handle, symbol) else {
      throw .missingLibrary(name: name, debianPackage: debianPackage, reason: "it has no function \(symbol)")
    }
    return unsafe unsafeBitCast(address, to: F.self)
  }

  private static func lastError() -> String {
    guard let text = unsafe dlerror() else { return "unknown reason" }
    return unsafe String(cString: text)
  }
}
