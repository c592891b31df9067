import Synchronization
import SystemPackage

/// One line on standard error that shows how far a long task is; wiped when it ends.
///
/// Draws nothing where standard error is no terminal.
final class ProgressLine: Sendable {
  private let title: String
  private let isShown: Bool
  private let width: Int
  private let start = ContinuousClock.now
  private let drawn = Mutex<ContinuousClock.Instant?>(nil)

  private static let interval = Swift.Duration.milliseconds(100)
  private static let barWidth = 24

  init(_ title: String, isQuiet: Bool) {
    self.title = title
    isShown = !isQuiet && Terminal.error.isTerminal
    width = Terminal.error.width ?? 80
  }

  /// Draws the line again, unless it was drawn just now; the fraction is from 0 to 1.
  func update(eventCount: Int, fraction: Double?) {
    guard isShown else { return }
    let now = ContinuousClock.now
    let isDue = drawn.withLock { drawn in
      if let drawn, now - drawn < Self.interval { return false }
      drawn = now
      return true
    }
    guard isDue else { return }
    let seconds = (now - start) / .seconds(1)
    draw(Self.line(title, eventCount: eventCount, seconds: seconds, fraction: fraction))
  }

  /// Removes the line, so that what is printed next starts on an empty one.
  func wipe() {
    let wasDrawn = drawn.withLock { drawn in
      defer { drawn = nil }
      return drawn != nil
    }
    guard wasDrawn else { return }
    _ = try? FileDescriptor.standardError.writeAll("\r\u{1B}[K".utf8)
  }

  private func draw(_ line: String) {
    _ = try? FileDescriptor.standardError.writeAll("\r\(line.prefix(width - 1))\u{1B}[K".utf8)
  }

  /// `ingesting  [######······]  50%  12,000 events  48,000/s  2 s left`.
  static func line(
    _ title: String,
    eventCount: Int,
    seconds: Double,
    fraction: Double?
  ) -> String {
    var parts = [title]
    let fraction = fraction.map { min(max($0, 0), 1) }
    if let fraction {
      let filled = Int(fraction * Double(barWidth))
      let bar =
        String(repeating: "#", count: filled) + String(repeating: "·", count: barWidth - filled)
      parts.append("[\(bar)] \(Int(fraction * 100))%")
    }
    parts.append("\(grouped(eventCount)) events")
    if seconds > 0 { parts.append("\(grouped(Int(Double(eventCount) / seconds)))/s") }
    if let fraction, fraction > 0, seconds > 1 {
      parts.append("\(Int((seconds / fraction - seconds).rounded(.up))) s left")
    }
    return parts.joined(separator: "  ")
  }
}

/// A count with a comma between thousands.
func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return number < 0 ? "-" + text : text
}
