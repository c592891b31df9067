/// What a projection makes of the rows of the patterns before it.
struct PatternUse {
  /// The slots that it reads.
  var needed: Set<Int> = []
  /// The slots that are by themselves among what rows are grouped by, or told apart by.
  var groupedBy: Set<Int> = []
  /// Whether of each group nothing but the number of its rows is asked for.
  var isCounted = false
}
