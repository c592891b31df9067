import CLineEditing
import Glibc
import Rapport
import SystemPackage

/// Where a shell's lines come from.
protocol ShellLines: AnyObject {
  /// The next line; the prompt is shown where there is a terminal.
  func next(prompt: String) throws(StoreFailure) -> ShellLine
  /// Notes a statement for those who look for earlier ones.
  func remember(_ statement: String)
}

enum ShellLine: Equatable {
  case text(String)
  /// Ctrl-C: what was typed is dropped.
  case interrupted
  case end
}

/// Lines of a pipe or a file.
final class PipedLines: ShellLines {
  private var lines = InputLines(.standardInput)

  func next(prompt: String) throws(StoreFailure) -> ShellLine {
    guard let line = try lines.next() else { return .end }
    return .text(String(decoding: line, as: UTF8.self))
  }

  func remember(_ statement: String) {}
}

/// Lines that a person types: with editing, history and completion.
final class EditedLines: ShellLines {
  private let editor: OpaquePointer

  private static let historyCountMax: Int32 = 1000

  /// `nil` where the terminal cannot be used for that.
  init?() {
    let history = Self.historyFile()
    let made = rapport_line_editor_create(history, Self.historyCountMax) { text, length, replaced in
      guard let text, let replaced else { return nil }
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      let result = ShellCompletion.complete(String(decoding: bytes, as: UTF8.self))
      replaced.pointee = result.prefix.utf8.count
      if result.candidates.isEmpty { return nil }
      return strdup(result.candidates.map { $0 + "\n" }.joined())
    }
    guard let made else { return nil }
    editor = made
  }

  deinit { rapport_line_editor_destroy(editor) }

  func next(prompt: String) -> ShellLine {
    var text: UnsafePointer<CChar>?
    var length = 0
    switch rapport_line_editor_read(editor, prompt, &text, &length) {
    case rapport_line_read:
      let bytes = UnsafeRawBufferPointer(start: text, count: length)
      return .text(String(decoding: bytes, as: UTF8.self))
    case rapport_line_interrupted: return .interrupted
    default: return .end
    }
  }

  func remember(_ statement: String) {
    rapport_line_editor_remember(editor, statement)
  }

  /// By the XDG base directories; `nil` where there is no place for it.
  private static func historyFile() -> String? {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    let state = variable("XDG_STATE_HOME") ?? variable("HOME").map { $0 + "/.local/state" }
    guard let state else { return nil }
    var path = ""
    for part in (state + "/rapport").split(separator: "/") {
      path += "/" + part
      mkdir(path, 0o700)
    }
    return path + "/history"
  }
}

/// What the line editor's completion asks, which cannot be handed anything else.
enum ShellCompletion {
  /// Belongs to the one thread that reads lines.
  nonisolated(unsafe) static var completion = Completion()
  /// The lines of the query before the one that is edited.
  nonisolated(unsafe) static var earlierLines = ""

  static func complete(_ line: String) -> Completion.Result {
    completion.complete(earlierLines + line)
  }
}
