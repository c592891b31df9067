import Expressions
import Foundation
import Language
import Queries
import Rapport
import Testing

/// The page about the query language: what it shows is what the sample answers, and nothing of the
/// language is missing.
///
/// With `RAPPORT_RECORD_CASES` set, the answers of now are written into the page, to be read by
/// whoever changed it.
@Suite struct `The page about the language` {
  private static let page = PackagePaths.file("Sources/Rapport/Rapport.docc/Language.md")

  private static var isRecording: Bool {
    ProcessInfo.processInfo.environment["RAPPORT_RECORD_CASES"] != nil
  }

  /// A store with the sample.
  private static func sample() throws -> TestStore {
    let events = PackagePaths.file("Tools/samples/nbtc-anrt.ndjson")
    return try TestStore(events: try String(contentsOf: events, encoding: .utf8))
  }

  @Test func `shows queries with the answers that they have`() throws {
    let store = try Self.sample()
    var lines = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "\n")
    var count = 0
    var index = 0
    while let start = lines[index...].firstIndex(of: "```rapport") {
      let end = try #require(lines[start...].firstIndex(of: "```"))
      let query = lines[(start + 1)..<end].joined(separator: "\n")
      try #require(lines[end + 2] == "```text", "no answer below \(query)")
      let answerEnd = try #require(lines[(end + 3)...].firstIndex(of: "```"))
      let run = try rapport("query", store.path, query)
      let answer = (run.output + run.errors).split(separator: "\n").map { String($0.trimmedAtEnd) }
      count += 1
      #expect(run.exitCode == 0, "\(query)")
      if Self.isRecording {
        lines.replaceSubrange((end + 3)..<answerEnd, with: answer)
      } else {
        #expect(Array(lines[(end + 3)..<answerEnd]) == answer, "\(query)")
      }
      index = end + 3
    }
    #expect(count > 45)
    if Self.isRecording {
      try lines.joined(separator: "\n").write(to: Self.page, atomically: true, encoding: .utf8)
    }
  }

  /// Rows of tables whose last two cells are an expression, or a whole query, and its value.
  @Test func `shows expressions with the values that they have`() throws {
    let sample = try Self.sample()
    let store = try Store.open(at: sample.path, readOnly: true)
    var lines = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "\n")
    var count = 0
    for index in lines.indices {
      let cells = Self.cells(lines[index])
      guard cells.count >= 2, let value = cells.last?.code,
        let expression = cells[cells.count - 2].code
      else { continue }
      let query = expression.contains("RETURN") ? expression : "RETURN \(expression)"
      let actual = try store.query(query).result.text(row: 0, column: 0)
      count += 1
      if Self.isRecording {
        let shown = value.replacing("|", with: "\\|")
        let written = actual.replacing("|", with: "\\|")
        lines[index] = lines[index].dropLast(shown.count + 4) + "`\(written)` |"
      } else {
        #expect(value == actual, "\(expression)")
      }
    }
    #expect(count > 150)
    if Self.isRecording {
      try lines.joined(separator: "\n").write(to: Self.page, atomically: true, encoding: .utf8)
    }
  }

  /// What stands in code, in blocks and in lines.
  private static func code(of text: String) -> String {
    var isCode = false
    return text.split(separator: "`", omittingEmptySubsequences: false).map { part in
      defer { isCode.toggle() }
      return isCode ? String(part) : ""
    }.joined(separator: " ")
  }

  private struct Cell {
    var text: String
    /// What stands in backquotes, where the cell is that and nothing else.
    var code: String? {
      guard text.count >= 2, text.hasPrefix("`"), text.hasSuffix("`") else { return nil }
      return String(text.dropFirst().dropLast()).replacing("\\|", with: "|")
    }
  }

  private static func cells(_ line: String) -> [Cell] {
    guard line.hasPrefix("| ") else { return [] }
    return line.replacing("\\|", with: "\u{1}").split(separator: "|").map { cell in
      Cell(text: cell.trimmingCharacters(in: .whitespaces).replacing("\u{1}", with: "\\|"))
    }
  }

  @Test func `leaves out no function, keyword or operator`() throws {
    let text = try String(contentsOf: Self.page, encoding: .utf8)
    let functions =
      FunctionLibrary.names + FunctionLibrary.aggregates.map(\.name) + GraphFunctions.names
    for function in functions {
      let isThere = text.ranges(of: "\(function)(").contains { range in
        // Within a longer name it is another function.
        guard range.lowerBound > text.startIndex else { return true }
        let former = text[text.index(before: range.lowerBound)]
        return !former.isLetter && !former.isNumber && former != "." && former != "_"
      }
      #expect(isThere, "the function \(function) is missing")
    }
    let words = Set(Self.code(of: text).split { !$0.isLetter }.map(String.init))
    let lowerCase: Set<String> = [
      "TRUE", "FALSE", "NULL", "ALL", "ANY", "NONE", "SINGLE", "REDUCE",
    ]
    // AT belongs to KNOWN AT, which is not there yet.
    for keyword in Token.Kind.queryKeywords where keyword != "AT" {
      let isThere =
        words.contains(keyword)
        || (lowerCase.contains(keyword) && words.contains(keyword.lowercased()))
      #expect(isThere, "the keyword \(keyword) is missing")
    }
    for symbol in ["=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "=~", "~"] {
      #expect(text.contains("`\(symbol)`"), "the operator \(symbol) is missing")
    }
  }
}

extension StringProtocol {
  fileprivate var trimmedAtEnd: SubSequence {
    var end = endIndex
    while end > startIndex, self[index(before: end)] == " " { end = index(before: end) }
    return self[..<end]
  }
}
