import Digests
import Testing

/// Against the examples of FIPS 180-4 and RFC 6234, and against itself in pieces.
@Suite struct `SHA-256` {
  private func hexadecimal(_ digest: SHA256Digest) -> String {
    digest.bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func `knows the published digests`(text: String, expected: String) {
    #expect(hexadecimal(SHA256.digest(of: Array(text.utf8))) == expected)
  }

  @Test func `of pieces is that of the whole`() {
    let bytes = (0..<200).map { UInt8(truncatingIfNeeded: $0 * 31) }
    for count in 0...bytes.count {
      let whole = SHA256.digest(of: Array(bytes[..<count]))
      for split in stride(from: 0, through: count, by: 7) {
        var hash = SHA256()
        hash.update(Array(bytes[..<split]))
        // To ask for a digest changes nothing.
        _ = hash.digest
        hash.update(Array(bytes[split..<count]))
        #expect(hash.digest == whole, "\(split) of \(count)")
      }
    }
  }

  @Test func `digests have 32 bytes`() {
    let digest = SHA256.digest(of: [1, 2, 3])
    #expect(digest.bytes.count == SHA256Digest.byteCount)
    #expect(digest.bytes.withUnsafeBytes { SHA256Digest(bytes: $0) } == digest)
    #expect(digest.bytes.dropLast().withUnsafeBytes { SHA256Digest(bytes: $0) } == nil)
    #expect(digest != SHA256.digest(of: [1, 2, 4]))
  }
}
