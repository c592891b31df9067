import GraphModel
import Synchronization
import SystemPackage

/// What decides how far the clocks of a place are from Greenwich.
enum Zone {
  case offset(Int32)
  case named(TimeZoneRules)

  /// The name in the IANA time zone database; `nil` for an offset.
  var name: String? {
    if case .named(let rules) = self { rules.name } else { nil }
  }

  /// The offset at a moment, in seconds since 1970-01-01T00:00:00Z.
  func offset(at seconds: Int64) -> Int32 {
    switch self {
    case .offset(let offset): offset
    case .named(let rules): rules.offset(at: seconds)
    }
  }

  /// The offset to take from what clocks show, in seconds since 1970-01-01T00:00:00 of theirs.
  ///
  /// Where they show it twice that is the former offset, and where they skip it, too.
  func offset(atLocal seconds: Int64) -> Int32 {
    guard case .named(let rules) = self else { return offset(at: seconds) }
    let former = rules.offset(at: seconds - Calendar.secondsPerDay)
    let latter = rules.offset(at: seconds + Calendar.secondsPerDay)
    func isValid(_ offset: Int32) -> Bool {
      rules.offset(at: seconds - Int64(offset)) == offset
    }
    return !isValid(former) && isValid(latter) ? latter : former
  }
}

/// The IANA time zone database, as the system's package `tzdata` keeps it.
enum TimeZoneDatabase {
  private static let known = Mutex<[String: TimeZoneRules]>([:])
  private static let directory = FilePath("/usr/share/zoneinfo")
  private static let fileSizeMax = 1 << 20
  private static let links = TimeZoneLinks(
    zones: read("zone.tab") ?? [],
    zonesSince1970: read("zone1970.tab") ?? []
  )

  /// The rules of a zone such as `Europe/Stockholm`, read once.
  static func rules(named name: String) throws(EvaluationError) -> TimeZoneRules {
    if let rules = known.withLock({ $0[name] }) { return rules }
    guard isName(name), let bytes = read(links.target(of: name)),
      let rules = TimeZoneRules(name: name, file: bytes)
    else {
      throw EvaluationError(
        .invalidArgument,
        "the time zone \"\(name)\" is not known",
        hint: isName("Etc/UTC") && read("Etc/UTC") == nil
          ? "names of time zones need the system package tzdata; offsets such as '+01:00' do not"
          : "write a name such as 'Asia/Bangkok', or an offset such as '+07:00' or 'Z'"
      )
    }
    known.withLock { $0[name] = rules }
    return rules
  }

  /// Names come from queries: none may lead out of the database.
  private static func isName(_ name: String) -> Bool {
    name.utf8.count <= 64
      && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
        part.utf8.first.map { isLetter($0) } ?? false
          && part.utf8.allSatisfy {
            isLetter($0) || (0x30...0x39).contains($0) || "_+-".utf8.contains($0)
          }
      }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func read(_ name: String) -> [UInt8]? {
    guard let file = try? FileDescriptor.open(directory.appending(name), .readOnly) else {
      return nil
    }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < fileSizeMax {
      guard let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0) }) else {
        return nil
      }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
    return nil
  }
}

/// When the clocks of a zone were and will be set, read from a TZif file.
///
/// Source: RFC 8536, The Time Zone Information Format.
final class TimeZoneRules: Sendable {
  let name: String
  /// The moments at which clocks are set, ascending, and the offset from each on.
  private let transitions: [(seconds: Int64, offset: Int32)]
  /// The offset before the first transition.
  private let firstOffset: Int32
  /// What holds after the last transition.
  private let rule: TimeZoneRule?

  /// `nil` where the bytes are no TZif file of version 2 or later.
  init?(name: String, file: [UInt8]) {
    var reader = TimeZoneFileReader(bytes: file)
    guard let first = reader.header(), first.version >= 0x32 else { return nil }
    reader.position += first.dataSize(timeSize: 4)
    guard let header = reader.header(), header.typeCount > 0 else { return nil }
    var times: [Int64] = []
    for _ in 0..<header.timeCount {
      guard let time = reader.number(8) else { return nil }
      times.append(time)
    }
    var indices: [Int] = []
    for _ in 0..<header.timeCount {
      guard let index = reader.number(1) else { return nil }
      indices.append(Int(index))
    }
    var offsets: [Int32] = []
    for _ in 0..<header.typeCount {
      guard let offset = reader.number(4), reader.number(2) != nil else { return nil }
      offsets.append(Int32(truncatingIfNeeded: offset))
    }
    guard indices.allSatisfy({ $0 < offsets.count }) else { return nil }
    reader.position += header.charCount + header.leapCount * 12 + header.indicatorCount
    self.name = name
    transitions = zip(times, indices).map { ($0, offsets[$1]) }
    firstOffset = offsets[0]
    rule = reader.footer().flatMap(TimeZoneRule.init)
  }

  /// The offset at a moment, in seconds since 1970-01-01T00:00:00Z.
  func offset(at seconds: Int64) -> Int32 {
    guard let last = transitions.last else {
      return rule?.offset(at: seconds) ?? firstOffset
    }
    if seconds >= last.seconds { return rule?.offset(at: seconds) ?? last.offset }
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle].seconds <= seconds { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? firstOffset : transitions[low - 1].offset
  }
}

/// Reads the parts of a TZif file.
private struct TimeZoneFileReader {
  let bytes: [UInt8]
  var position = 0

  struct Header {
    var version: UInt8
    var indicatorCount: Int
    var leapCount: Int
    var timeCount: Int
    var typeCount: Int
    var charCount: Int

    /// How long the data behind the header is, where a time has so many bytes.
    func dataSize(timeSize: Int) -> Int {
      timeCount * (timeSize + 1) + typeCount * 6 + charCount + leapCount * (timeSize + 4)
        + indicatorCount
    }
  }

  /// A number of 1, 2, 4 or 8 bytes, the highest first; signed from 4 bytes on.
  mutating func number(_ count: Int) -> Int64? {
    guard position >= 0, position + count <= bytes.count else { return nil }
    var result: Int64 = count >= 4 && bytes[position] >= 0x80 ? -1 : 0
    for byte in bytes[position..<position + count] { result = result << 8 | Int64(byte) }
    position += count
    return result
  }

  mutating func header() -> Header? {
    guard position + 44 <= bytes.count, bytes[position..<position + 4].elementsEqual("TZif".utf8)
    else { return nil }
    let version = bytes[position + 4]
    position += 20
    var counts: [Int] = []
    for _ in 0..<6 {
      guard let count = number(4), (0...1 << 16).contains(count) else { return nil }
      counts.append(Int(count))
    }
    return Header(
      version: version,
      indicatorCount: counts[0] + counts[1],
      leapCount: counts[2],
      timeCount: counts[3],
      typeCount: counts[4],
      charCount: counts[5]
    )
  }

  /// The line behind the data: the rule for later times.
  func footer() -> String? {
    guard position < bytes.count, bytes[position] == 0x0A,
      let end = bytes[(position + 1)...].firstIndex(of: 0x0A)
    else { return nil }
    return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
  }
}
