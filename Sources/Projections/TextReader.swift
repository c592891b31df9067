import GraphModel
import JSONTape

/// Reads TEXT values: `"plain"`, `{"th":…,"en":…}`, `[{"text":…,"lang":…,"kind":…}]`.
enum TextReader {
  /// A form of a name, its bytes still in the tape.
  struct Form {
    var text: UnsafeRawBufferPointer
    var language: UnsafeRawBufferPointer
    var kind: TextForm.Kind
  }

  /// Why a text cannot be read, and where below the value.
  struct Failure {
    var path: String
    var expected: String
    var found: String
    var hint: String?
  }

  private static var noLanguage: UnsafeRawBufferPointer { .init(start: nil, count: 0) }

  /// Visits the forms of a text in its order; returns why it stopped, if it did.
  @inline(__always)
  static func forEachForm(
    at index: Int,
    of tape: JSONTape,
    _ visit: (Form) -> Void
  ) -> Failure? {
    if tape.kind(at: index) == .string {
      let text = tape.string(at: index)
      if !text.isEmpty {
        visit(Form(text: text, language: noLanguage, kind: .name))
        return nil
      }
    }
    return forEachFormOfMany(at: index, of: tape, visit)
  }

  private static func forEachFormOfMany(
    at index: Int,
    of tape: JSONTape,
    _ visit: (Form) -> Void
  ) -> Failure? {
    switch tape.kind(at: index) {
    case .object: return object(at: index, of: tape, path: "", visit)
    case .array:
      var child = tape.firstChild(of: index)
      let end = tape.end(of: index)
      guard child < end, tape.count(at: index) <= DataDecoder.listCountMax else {
        return failure("", "a text", at: index, tape)
      }
      var number = 0
      while child < end {
        let path = "[\(number)]"
        switch tape.kind(at: child) {
        case .string:
          guard let text = text(at: child, tape) else {
            return failure(path, "a text", at: child, tape)
          }
          visit(Form(text: text, language: noLanguage, kind: .name))
        case .object:
          if let failure = object(at: child, of: tape, path: path, visit) { return failure }
        default: return failure(path, "a form of a text", at: child, tape)
        }
        child = tape.index(after: child)
        number += 1
      }
      return nil
    default: return failure("", "a text", at: index, tape)
    }
  }

  private static func text(at index: Int, _ tape: JSONTape) -> UnsafeRawBufferPointer? {
    guard tape.kind(at: index) == .string else { return nil }
    let text = tape.string(at: index)
    return text.isEmpty ? nil : text
  }

  private static func failure(
    _ path: String,
    _ expected: String,
    at index: Int,
    _ tape: JSONTape,
    hint: String? = nil
  ) -> Failure {
    Failure(path: path, expected: expected, found: found(at: index, of: tape), hint: hint)
  }

  /// One form with its language and kind, or a form for each language.
  private static func object(
    at index: Int,
    of tape: JSONTape,
    path: String,
    _ visit: (Form) -> Void
  ) -> Failure? {
    if tape.member("text", of: index) != nil {
      return form(at: index, of: tape, path: path, visit)
    }
    var child = tape.firstChild(of: index)
    let end = tape.end(of: index)
    guard child < end else { return failure(path, "a text", at: index, tape) }
    while child < end {
      let language = tape.string(at: child)
      guard isLanguageTag(language) else {
        return Failure(
          path: path,
          expected: "a language tag",
          found: quoted(language),
          hint: "a text is \"…\", {\"th\":\"…\"} or [{\"text\":\"…\",\"lang\":\"th\"}]"
        )
      }
      guard let text = text(at: child + 1, tape) else {
        let name = String(decoding: language, as: UTF8.self)
        return failure("\(path).\(name)", "a text", at: child + 1, tape)
      }
      visit(Form(text: text, language: language, kind: .name))
      child = tape.index(after: child + 1)
    }
    return nil
  }

  private static func form(
    at index: Int,
    of tape: JSONTape,
    path: String,
    _ visit: (Form) -> Void
  ) -> Failure? {
    var form = Form(text: noLanguage, language: noLanguage, kind: .name)
    var child = tape.firstChild(of: index)
    let end = tape.end(of: index)
    while child < end {
      let name = String(decoding: tape.string(at: child), as: UTF8.self)
      let value = child + 1
      let text = text(at: value, tape)
      switch name {
      case "text":
        guard let text else { return failure("\(path).text", "a text", at: value, tape) }
        form.text = text
      case "lang":
        guard let text, isLanguageTag(text) else {
          return failure("\(path).lang", "a language tag", at: value, tape)
        }
        form.language = text
      case "kind":
        guard let text, let kind = TextForm.Kind(spelling: String(decoding: text, as: UTF8.self))
        else {
          let kinds = listed(TextForm.Kind.allCases.map(\.spelling))
          return failure("\(path).kind", "a kind of name", at: value, tape, hint: "one of \(kinds)")
        }
        form.kind = kind
      default:
        return Failure(
          path: path,
          expected: "\"text\", \"lang\" or \"kind\" in a form of a text",
          found: quoted(name)
        )
      }
      child = tape.index(after: value)
    }
    visit(form)
    return nil
  }

  /// Letters, digits and hyphens, a letter first: what BCP 47 allows, without its registry.
  private static func isLanguageTag(_ text: UnsafeRawBufferPointer) -> Bool {
    guard (1...35).contains(text.count), isLetter(text[0]) else { return false }
    return text.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20)
  }

  /// The form that stands for the text as a string: the first of kind *name*, else the first.
  static func shownForm(at index: Int, of tape: JSONTape) -> UnsafeRawBufferPointer {
    var shown: UnsafeRawBufferPointer?
    var hasName = false
    let failure = forEachForm(at: index, of: tape) { form in
      guard !hasName, shown == nil || form.kind == .name else { return }
      shown = form.text
      hasName = form.kind == .name
    }
    precondition(failure == nil, "a text was not checked before it was used")
    return shown ?? noLanguage
  }
}
