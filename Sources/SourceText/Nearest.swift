/// The candidate that a misspelled word most likely means, or `nil` where none is near.
///
/// Near is measured in typing slips (a letter too many, missing, wrong, or two
/// swapped), case aside: one in a short word, up to three in a long one. Among
/// equally near candidates the first wins.
public func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
  let letters = Array(word.lowercased())
  guard !letters.isEmpty, letters.count <= 64 else { return nil }
  let slipCountMax = letters.count < 3 ? 0 : min(3, max(1, letters.count / 3))
  var best: (candidate: String, slips: Int)?
  for candidate in candidates {
    let bound = best.map { $0.slips - 1 } ?? slipCountMax
    guard bound >= 0 else { break }
    let other = Array(candidate.lowercased())
    guard abs(other.count - letters.count) <= bound else { continue }
    let slips = slipCount(letters, other)
    if slips <= bound { best = (candidate, slips) }
  }
  return best?.candidate
}

/// The Damerau–Levenshtein distance, where no letter takes part in two swaps.
private func slipCount(_ left: [Character], _ right: [Character]) -> Int {
  var beforeLast = [Int](repeating: 0, count: right.count + 1)
  var last = Array(0...right.count)
  var current = last
  for row in 1..<(left.count + 1) {
    current[0] = row
    for column in 1..<(right.count + 1) {
      let isSame = left[row - 1] == right[column - 1]
      var slips = min(
        last[column] + 1,
        current[column - 1] + 1,
        last[column - 1] + (isSame ? 0 : 1)
      )
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1]
      {
        slips = min(slips, beforeLast[column - 2] + 1)
      }
      current[column] = slips
    }
    (beforeLast, last, current) = (last, current, beforeLast)
  }
  return last[right.count]
}
