/// What folding knows about letters and honorifics.
enum FoldingTables {
  /// Marks, joiners and letters that folding leaves out.
  static func isDropped(_ value: UInt32) -> Bool {
    switch value {
    case 0x00AD, 0x0300...0x036F, 0x0483...0x0489, 0x0591...0x05BD, 0x05BF, 0x05C1...0x05C2,
      0x05C4...0x05C5, 0x05C7:
      true
    // Arabic: hamza, tatweel, vowel marks, Quranic marks.
    case 0x0610...0x061A, 0x0621, 0x0640, 0x064B...0x065F, 0x0670, 0x06D6...0x06DC,
      0x06DF...0x06E4, 0x06E7...0x06E8, 0x06EA...0x06ED:
      true
    // Thai and Lao tone marks, silencers and the sign of abbreviation; vowels stay.
    case 0x0E2F, 0x0E3A, 0x0E47...0x0E4C, 0x0E4E, 0x0EC8...0x0ECC:
      true
    case 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE00...0xFE0F, 0xFE20...0xFE2F:
      true
    // Joiners, direction marks, byte order mark.
    case 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF:
      true
    // Apostrophes and their look-alikes, which join.
    case 0x00B4, 0x02B9...0x02BF, 0x02C8, 0x2018...0x201B, 0x2032:
      true
    default: false
    }
  }

  /// The plain spelling of a letter that does not decompose.
  static func replacement(_ value: UInt32) -> String? {
    switch value {
    case 0x00DF, 0x1E9E: "ss"
    case 0x00C6, 0x00E6: "ae"
    case 0x0152, 0x0153: "oe"
    case 0x00D8, 0x00F8: "o"
    case 0x0141, 0x0142: "l"
    case 0x0110, 0x0111, 0x00D0, 0x00F0: "d"
    case 0x00DE, 0x00FE: "th"
    case 0x0126, 0x0127: "h"
    case 0x0131: "i"
    case 0x0138: "k"
    case 0x014A, 0x014B: "n"
    case 0x0166, 0x0167: "t"
    case 0xFB00: "ff"
    case 0xFB01: "fi"
    case 0xFB02: "fl"
    case 0xFB03: "ffi"
    case 0xFB04: "ffl"
    case 0xFB05, 0xFB06: "st"
    case 0x03C2: "σ"
    case 0x0629, 0x06C0, 0x06C1, 0x06BE, 0x06D5: "ه"
    case 0x0649, 0x06CC, 0x06D2: "ي"
    case 0x06A9: "ك"
    case 0x0671: "ا"
    default: nil
    }
  }

  /// FNV-1a, by which words are looked up without making strings.
  static func hash(_ word: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in word { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  static func contains(_ sorted: [UInt64], _ hash: UInt64) -> Bool {
    var low = 0
    var high = sorted.count
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle] < hash { low = middle + 1 } else { high = middle }
    }
    return low < sorted.count && sorted[low] == hash
  }

  private static func hashes(_ words: String) -> [UInt64] {
    words.split(whereSeparator: \.isWhitespace).map { hash($0.utf8) }.sorted()
  }

  /// Words that are titles where they stand in front of a name, in their folded form.
  static let titles = hashes(
    """
    mr mrs ms miss mx dr doctor prof professor sir dame lord lady baroness baron viscount
    viscountess earl count countess duke duchess rt hon honourable honorable right the he hrh
    mp eng engr ing ir capt captain col colonel gen general lt maj major sgt rev reverend
    m mme madame mlle mademoiselle monsieur me maitre
    herr frau sr sra srta senor senora don dona sig signor signora dott
    นาย นาง นางสาว ดร ศ รศ ผศ ศาสตราจารย คลินิก นพ พญ นายแพทย แพทยหญิง คุณ พลเอก พลโท พลตรี
    พนเอก พนโท พนตรี พล พตอ พตท
    دكتور دكتوره الدكتور الدكتوره استاذ الاستاذ مهندس المهندس سيد السيد السيده شيخ الشيخ
    """
  )

  /// Words that follow a name and are no part of it.
  static let postnominals = hashes(
    """
    mp mep msp qc kc td phd obe mbe cbe kcb kbe dbe gbe cb cmg kcmg gcmg kg esq frs fba pc dl
    """
  )

  /// Titles that are written together with the name, the longest first.
  static let thaiTitles: [[UInt8]] = ["นางสาว", "นาย", "นาง", "ดร"].map { Array($0.utf8) }
}
