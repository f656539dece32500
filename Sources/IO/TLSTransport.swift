import Bytes
import COpenSSL
import Glibc

/// What OpenSSL's callbacks need of one session: the socket, and what they saw. Lives on the heap at a fixed address.
struct TLSTransport: ~Copyable {
  let descriptor: Int32
  /// What arrived and OpenSSL did not yet ask for.
  var arrived: ReceiveBuffer
  /// errno of the last failed socket call: between the call and `SSL_get_error` anything may overwrite the global one.
  var errno: Int32 = 0
  var sawEnd = false
  /// Whether the next recv may wait for bytes.
  var waits = false
  /// Within one read of the caller: a recv gave fewer bytes than it was asked for, so the socket has no more, and is
  /// not asked again. Nil outside, where it is always asked.
  var isDrained: Bool?
  /// Whether the server asked for a certificate of ours.
  var certificateWanted = false
  /// The first flaw that the certificate check met.
  var flaw: Flaw?

  struct Flaw {
    var code: Int
    var depth: Int
    var sentCertificates: Int
    var issuer: String
    /// The day on which the certificate begins or ends, whichever was violated.
    var day: String
  }

  /// - Parameter readBytes: the room that each recv is offered.
  init(descriptor: Int32, readBytes: Int) {
    self.descriptor = descriptor
    arrived = ReceiveBuffer(capacity: readBytes, maximumCapacity: readBytes)
  }

  /// A BIO over a socket, in place of OpenSSL's own, whose write(2) could raise SIGPIPE.
  static func makeBIO(_ transport: UnsafeMutablePointer<TLSTransport>) -> OpaquePointer? {
    guard let bio = unsafe BIO_new(method) else { return nil }
    unsafe BIO_set_data(bio, transport)
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  // Made once, never changed and never freed.
  nonisolated(unsafe) private static let method: OpaquePointer? = {
    let method = unsafe BIO_meth_new(qw_bio_new_type(), "quotewire socket")
    unsafe BIO_meth_set_read_ex(method) { bio, buffer, count, got in
      unsafe TLSTransport.read(bio!, buffer!, count, got!)
    }
    unsafe BIO_meth_set_write_ex(method) { bio, bytes, count, sent in
      unsafe TLSTransport.write(bio!, bytes!, count, sent!)
    }
    unsafe BIO_meth_set_ctrl(method) { bio, command, _, _ in
      switch Int(command) {
      case Int(QW_BIO_CTRL_FLUSH): return 1
      case Int(QW_BIO_CTRL_EOF): return unsafe TLSTransport.of(bio!).pointee.sawEnd ? 1 : 0
      default: return 0
      }
    }
    return unsafe method
  }()

  // The pointer that `makeBIO` stored; the session frees it after the BIO.
  private static func of(_ bio: OpaquePointer) -> UnsafeMutablePointer<TLSTransport> {
    unsafe BIO_get_data(bio)!.assumingMemoryBound(to: TLSTransport.self)
  }

  private static func read(
    _ bio: OpaquePointer, _ buffer: UnsafeMutablePointer<CChar>, _ count: Int, _ got: UnsafeMutablePointer<Int>
  ) -> Int32 {
    let transport = unsafe of(bio)
    unsafe qw_bio_clear_retry(bio)
    let result = unsafe transport.pointee.receive()
    unsafe got.pointee = unsafe transport.pointee.take(UnsafeMutableRawBufferPointer(start: buffer, count: count))
    if result > 0 { return 1 }
    if result == 0 {
      unsafe transport.pointee.sawEnd = true
      return 0
    }
    if result == -Int(EAGAIN) {
      unsafe qw_bio_retry_read(bio)
    } else {
      unsafe transport.pointee.errno = Int32(-result)
    }
    return -1
  }

  /// One recv(2) where nothing is left of the last one: the number of bytes there are, 0 at the end, or minus an errno.
  private mutating func receive() -> Int {
    if !arrived.isEmpty { return arrived.readableCount }
    var result = -Int(EAGAIN)
    if isDrained != true {
      _ = arrived.makeRoom(arrived.capacity)
      let (descriptor, waits) = (descriptor, waits)
      let got = unsafe arrived.fill { room in
        result = unsafe SystemCall.receive(descriptor, room, waits: waits)
        return max(0, result)
      }
      if got > 0, isDrained != nil { isDrained = !arrived.isFull }
    }
    waits = false
    return result
  }

  /// Gives out what arrived, as far as there is room, and tells how much.
  private mutating func take(_ room: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(room.count, arrived.readableCount)
    if count == 0 { return 0 }
    unsafe arrived.withReadable { bytes in
      unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
    arrived.consume(count)
    return count
  }

  private static func write(
    _ bio: OpaquePointer, _ bytes: UnsafePointer<CChar>, _ count: Int, _ sent: UnsafeMutablePointer<Int>
  ) -> Int32 {
    let transport = unsafe of(bio)
    unsafe qw_bio_clear_retry(bio)
    let result = unsafe SystemCall.send(
      transport.pointee.descriptor, UnsafeRawBufferPointer(start: bytes, count: count))
    unsafe sent.pointee = max(0, result)
    if result > 0 { return 1 }
    if result == -Int(EAGAIN) {
      unsafe qw_bio_retry_write(bio)
    } else {
      unsafe transport.pointee.errno = Int32(-result)
    }
    return -1
  }

  /// OpenSSL's callback for a server that asks for a certificate: there is none.
  static let noteCertificateWanted:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32 = { ssl, _, _ in
      if let ssl = unsafe ssl, let stored = unsafe qw_ssl_get_pointer(ssl) {
        unsafe stored.assumingMemoryBound(to: TLSTransport.self).pointee.certificateWanted = true
      }
      return 0
    }

  /// OpenSSL's verify callback: keeps the first flaw for the error message and changes no verdict.
  static let noteVerification: @convention(c) (Int32, OpaquePointer?) -> Int32 = { accepted, store in
    if accepted == 1 { return 1 }
    guard let ssl = unsafe qw_ssl_of_verification(store!), let stored = unsafe qw_ssl_get_pointer(ssl) else { return 0 }
    let transport = unsafe stored.assumingMemoryBound(to: TLSTransport.self)
    if unsafe transport.pointee.flaw != nil { return 0 }
    let code = unsafe X509_STORE_CTX_get_error(store)
    let certificate = unsafe X509_STORE_CTX_get_current_cert(store)
    let begins = code == X509_V_ERR_CERT_NOT_YET_VALID
    let limit = unsafe begins ? X509_get0_notBefore(certificate) : X509_get0_notAfter(certificate)
    unsafe transport.pointee.flaw = unsafe Flaw(
      code: Int(code),
      depth: Int(X509_STORE_CTX_get_error_depth(store)),
      sentCertificates: unsafe Int(OPENSSL_sk_num(X509_STORE_CTX_get0_untrusted(store))),
      issuer: TLSTransport.name(X509_get_issuer_name(certificate)),
      day: TLSTransport.day(limit))
    return 0
  }

  private static func name(_ name: OpaquePointer?) -> String {
    guard let name = unsafe name else { return "an unnamed authority" }
    var text = [CChar](repeating: 0, count: 256)
    for part in [NID_commonName, NID_organizationName] {
      let count = unsafe X509_NAME_get_text_by_NID(name, part, &text, Int32(text.count))
      if count > 0 {
        // The text comes from the peer.
        let bytes = text.prefix(Int(count)).map { UInt8(bitPattern: $0) }
        return "\"\(IOText.quoted(String(decoding: bytes, as: UTF8.self)))\""
      }
    }
    return "an unnamed authority"
  }

  private static func day(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    var parts = unsafe tm()
    guard let time = unsafe time, unsafe ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unreadable date" }
    func two(_ n: Int32) -> String { n < 10 ? "0\(n)" : "\(n)" }
    return unsafe "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}
