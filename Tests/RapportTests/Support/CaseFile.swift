import Foundation
import Testing

/// A file of questions with their answers: `Cases/*.case`.
///
///     # A comment.
///     store Tools/samples/nbtc-anrt.ndjson
///
///     case who hosted the meeting
///     query
///     MATCH (o:Organization)-[:HOSTED]->(m:Meeting) RETURN o.name, m.date
///     rows unordered
///     สำนักงาน กสทช. | 2022-07-21
///     end
///
/// A `store` is made of the files after it, whose paths begin at the package's folder; a `.csv` is
/// turned into events by `Tools/import-uk-meetings`. It serves all cases up to the next. A query is
/// followed by `rows ordered`, `rows unordered`, or `error` and a part of the message. Instead
/// of a query there may be a `command` of the program, with STORE for the store's path, followed
/// by `contains` and `absent` with one text a line, and `exit` with the exit code.
struct CaseFile {
  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let line: Int
    let name: String
    /// The files that the store is made of.
    let inputs: [String]
    let question: Question
    let expectations: [Expectation]

    var testDescription: String { "\(file):\(line): \(name)" }
  }

  enum Question: Sendable {
    case query(String)
    case command([String])
  }

  enum Expectation: Sendable {
    case rows([String], isOrdered: Bool)
    case error(String)
    case contains(String)
    case absent(String)
    case exit(Int32)
  }

  /// What is wrong with a case file.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  private let name: String
  private let lines: [String]
  private var index = 0
  private var inputs: [String] = []
  private(set) var cases: [Case] = []

  init(name: String, text: String) throws {
    self.name = name
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while let line = nextLine() {
      if let rest = line.after("store ") {
        inputs = rest.split(separator: " ").map(String.init)
      } else if let rest = line.after("case ") {
        try readCase(named: rest)
      } else {
        throw malformed("expected \"store\", \"case\" or a comment, found \"\(line)\"")
      }
    }
  }

  /// All cases of the package, in the order of files and lines.
  static func all() throws -> [Case] {
    try FileManager.default.contentsOfDirectory(
      at: PackagePaths.cases,
      includingPropertiesForKeys: nil
    )
    .filter { $0.pathExtension == "case" }
    .sorted { $0.lastPathComponent < $1.lastPathComponent }
    .flatMap { url in
      let text = try String(contentsOf: url, encoding: .utf8)
      return try CaseFile(name: url.lastPathComponent, text: text).cases
    }
  }

  private mutating func readCase(named caseName: String) throws {
    let line = index
    guard !inputs.isEmpty else { throw malformed("a case needs a \"store\" before it") }
    guard let first = nextLine() else { throw malformed("the case ends too soon") }
    let question: Question
    if let rest = first.after("command ") {
      question = .command(try words(of: rest))
    } else if first == "query" {
      question = .query(block().joined(separator: "\n"))
    } else {
      throw malformed("expected \"query\" or \"command\", found \"\(first)\"")
    }
    var expectations: [Expectation] = []
    while let section = nextLine() {
      if section == "end" { break }
      expectations += try readSection(section)
    }
    guard !expectations.isEmpty else { throw malformed("the case expects nothing") }
    cases.append(
      Case(
        file: name,
        line: line,
        name: caseName,
        inputs: inputs,
        question: question,
        expectations: expectations
      )
    )
  }

  private mutating func readSection(_ section: String) throws -> [Expectation] {
    if let rest = section.after("exit ") {
      guard let code = Int32(rest) else { throw malformed("no exit code: \"\(rest)\"") }
      return [.exit(code)]
    }
    switch section {
    case "rows ordered": return [.rows(block(), isOrdered: true)]
    case "rows unordered": return [.rows(block(), isOrdered: false)]
    case "error": return block().map { .error($0) }
    case "contains": return block().map { .contains($0) }
    case "absent": return block().map { .absent($0) }
    default: throw malformed("no section of a case: \"\(section)\"")
    }
  }

  /// The lines up to the next section, without empty ones.
  private mutating func block() -> [String] {
    var block: [String] = []
    while index < lines.count, !Self.beginsSection(lines[index]) {
      if !lines[index].isEmpty { block.append(lines[index]) }
      index += 1
    }
    return block
  }

  private static func beginsSection(_ line: String) -> Bool {
    ["end", "rows ordered", "rows unordered", "error", "contains", "absent"].contains(line)
      || line.hasPrefix("exit ")
  }

  /// The next line that is neither empty nor a comment.
  private mutating func nextLine() -> String? {
    while index < lines.count {
      defer { index += 1 }
      let line = lines[index].trimmingCharacters(in: .whitespaces)
      if !line.isEmpty, !line.hasPrefix("#") { return line }
    }
    return nil
  }

  /// Words as a shell has them: quotation marks of both kinds hold a word together.
  private func words(of text: String) throws -> [String] {
    var words: [String] = []
    var word = ""
    var isInWord = false
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        isInWord = true
      } else if character == " " {
        if isInWord { words.append(word) }
        word = ""
        isInWord = false
      } else {
        word.append(character)
        isInWord = true
      }
    }
    guard quote == nil else { throw malformed("a quotation mark is not closed") }
    return isInWord ? words + [word] : words
  }

  private func malformed(_ message: String) -> Malformed {
    Malformed(description: "\(name):\(index): \(message)")
  }
}

extension String {
  /// What follows a prefix, or `nil` where it is not there.
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)).trimmingCharacters(in: .whitespaces) : nil
  }
}
