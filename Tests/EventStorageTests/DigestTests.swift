import Testing

@testable import EventStorage

private func checksum(_ text: String, seed: UInt64 = 0) -> UInt64 {
  Array(text.utf8).withUnsafeBytes { Checksum.of($0, seed: seed) }
}

@Suite struct `The checksum` {
  // Source: the test vectors of xxHash and of its Python binding.
  @Test(
    arguments: [
      ("", 0, 0xEF46_DB37_51D8_E999),
      ("a", 0, 0xD24E_C4F1_A98C_6E5B),
      ("abc", 0, 0x44BC_2CF5_AD77_0999),
      ("xxhash", 20_141_025, 0xB559_B98D_844E_0635),
      ("Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64, UInt64)]
  )
  func `is XXH64`(text: String, seed: UInt64, expected: UInt64) {
    #expect(checksum(text, seed: seed) == expected)
  }
}

@Suite struct `The Merkle tree` {
  // Source: the test vectors of certificate-transparency, merkle_tree_test.
  private static let leaves: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57], Array(0x60...0x6F),
  ]
  private static let roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]

  private static func leafHash(_ index: Int) -> TreeHash {
    leaves[index].withUnsafeBytes { MerkleTree.leaf($0) }
  }

  private static func root(of range: Range<UInt64>) -> TreeHash {
    var tree = MerkleAccumulator()
    for index in range { tree.append(leafHash(Int(index))) }
    return tree.root
  }

  @Test(arguments: 0...8)
  func `has the roots of RFC 9162`(count: Int) {
    #expect(Self.root(of: 0..<UInt64(count)).description == Self.roots[count])
  }

  @Test func `keeps as many hashes as its count has bits`() {
    var tree = MerkleAccumulator()
    for index in 0..<7 { tree.append(Self.leafHash(index)) }
    #expect(tree.peaks.count == 3)
    #expect(MerkleAccumulator(count: 7, peaks: tree.peaks) == tree)
    #expect(MerkleAccumulator(count: 6, peaks: tree.peaks) == nil)
  }

  @Test func `proves that a leaf is in it`() {
    for count in 1...UInt64(8) {
      let root = Self.root(of: 0..<count)
      for index in 0..<count {
        let proof = MerkleTree.inclusionRanges(of: index, in: count).map(Self.root)
        let leaf = Self.leafHash(Int(index))
        func verify(_ leaf: TreeHash, _ index: UInt64, _ proof: [TreeHash]) -> Bool {
          MerkleTree.verifyInclusion(of: leaf, at: index, in: count, root: root, proof: proof)
        }
        #expect(verify(leaf, index, proof))
        #expect(!verify(Self.leafHash(Int(index ^ 1)), index, proof))
        #expect(!verify(leaf, index, proof + [leaf]))
        #expect(!verify(leaf, count, proof))
        if count > 1 { #expect(!verify(leaf, index, Array(proof.dropLast()))) }
      }
    }
  }

  @Test func `proves that it extends an earlier one`() {
    for count in 1...UInt64(8) {
      for earlier in 1...count {
        let proof = MerkleTree.consistencyRanges(from: earlier, to: count).map(Self.root)
        func verify(_ earlierRoot: TreeHash, _ root: TreeHash) -> Bool {
          MerkleTree.verifyConsistency(
            from: earlier,
            root: earlierRoot,
            to: count,
            root: root,
            proof: proof
          )
        }
        let earlierRoot = Self.root(of: 0..<earlier)
        let root = Self.root(of: 0..<count)
        #expect(verify(earlierRoot, root), "\(earlier) of \(count)")
        #expect(!verify(MerkleTree.emptyRoot, root))
        #expect(!verify(earlierRoot, MerkleTree.emptyRoot))
      }
    }
  }

  @Test func `hashes are written and read as digits`() {
    #expect(TreeHash(Self.roots[3])?.description == Self.roots[3])
    #expect(TreeHash("abc") == nil)
    #expect(TreeHash(String(repeating: "g", count: 64)) == nil)
  }
}

@Suite struct `Timestamps` {
  private func parse(_ text: String) -> Int64? {
    Array(text.utf8).withUnsafeBytes { Timestamp.microseconds(of: $0) }
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0),
      ("2022-07-21T08:30:00Z", 1_658_392_200_000_000),
      ("2022-07-21t15:30:00+07:00", 1_658_392_200_000_000),
      ("2022-07-21T08:30:00.5z", 1_658_392_200_500_000),
      ("2022-07-21T08:30:00.1234567Z", 1_658_392_200_123_456),
      ("1969-12-31T23:59:59.999999Z", -1),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
      ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
      ("9999-12-31T23:59:59Z", 253_402_300_799_000_000),
    ] as [(String, Int64)]
  )
  func `are read to the microsecond`(text: String, expected: Int64) {
    #expect(parse(text) == expected)
  }

  @Test(arguments: [
    "", "2022", "2022-07-21", "2022-07-21 08:30:00Z", "2022-07-21T08:30:00", "2022-13-01T00:00:00Z",
    "2022-02-30T00:00:00Z", "2022-07-21T24:00:00Z", "2022-07-21T08:60:00Z", "2022-07-21T08:30:61Z",
    "2022-07-21T08:30:00.Z", "2022-07-21T08:30:00+0700", "2022-07-21T08:30:00Zx",
    "2022-07-21T08:30:00+25:00", "2o22-07-21T08:30:00Z", "2022-07-21T08:30:00.123456789",
  ])
  func `that are no RFC 3339 are refused`(text: String) {
    #expect(parse(text) == nil)
  }

  @Test(arguments: [0, -1, 1_658_392_200_123_456, -62_167_219_200_000_000] as [Int64])
  func `are written so that they are read the same`(microseconds: Int64) {
    #expect(parse(Timestamp.text(of: microseconds)) == microseconds)
  }
}
