/// Every bound that the language puts on its input, in one place.
public enum LanguageLimits {
  /// How deep parentheses, subqueries, types and statements may nest.
  ///
  /// A stack of 512 KiB holds the recursion of the parser at this depth, also unoptimized.
  public static let nestingDepthMax = 100

  /// How many levels an expression's tree may have, such as `1 + 1 + …`, which leans left.
  ///
  /// Whoever walks a tree recursively needs at most so many steps of its stack. A long
  /// chain of AND or of OR is no deep tree: it is built balanced.
  public static let treeHeightMax = 200

  /// How many levels a query in another one counts for, since it takes so much more stack.
  static let queryLevelCount = 3

  /// How many levels a node or an edge of a pattern counts for.
  static let elementLevelCount = 2

  /// Chains of AND, OR and XOR up to this length lean left, as they are written; longer ones are
  /// built balanced.
  public static let leaningChainCountMax = 32

  /// How many labels one label expression may name.
  public static let labelCountMax = 100

  /// The size of one query or schema file, in bytes.
  public static let sourceByteCountMax = 16 << 20

  /// How many mistakes of a schema file are reported before the parser gives up.
  public static let diagnosticCountMax = 100
}
