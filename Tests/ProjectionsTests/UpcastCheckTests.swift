import Testing

/// A schema with one event; its declarations begin on line 2.
private func schema(version: Int, _ upcasts: String) -> String {
  """
  SCHEMA s VERSION 1
  EVENT e VERSION \(version) { id ID, n INTEGER }
  NODE A ON e AS e NODE (:A { id: e.id })

  """ + upcasts
}

@Suite struct `Upcasts are checked when a schema is loaded` {
  @Test func `every version has a step to the next`() {
    let text = schema(
      version: 4,
      "UPCAST e 2 TO 3 REMOVE x EXAMPLE { id: 'a', n: 1 } TO { id: 'a', n: 1 }"
    )
    #expect(
      mistakes(in: text) == [
        "2:7: \"e\" has no step from version 1 to 2 (write UPCAST e 1 TO 2 …)",
        "2:7: \"e\" has no step from version 3 to 4 (write UPCAST e 3 TO 4 …)",
      ]
    )
  }

  @Test func `steps that go round in a circle are refused, each at its place`() {
    let example = "REMOVE x EXAMPLE { id: 'a', n: 1 } TO { id: 'a', n: 1 }"
    let text = schema(
      version: 2,
      """
      UPCAST e 1 TO 2 \(example)
      UPCAST e 2 TO 1 \(example)
      UPCAST e 1 TO 1 \(example)
      UPCAST e 1 TO 2 \(example)
      UPCAST e 2 TO 3 \(example)
      UPCAST e 1 TO 3 \(example)
      """
    )
    let found = mistakes(in: text)
    #expect(
      found.map { $0.prefix { $0 != "(" } } == [
        "5:8: UPCAST e 2 TO 1 goes back ",
        "6:8: UPCAST e 1 TO 1 goes back ",
        "7:8: UPCAST e 1 TO 2 is declared twice ",
        "8:8: UPCAST e 2 TO 3 goes past the declared version 2 ",
        "9:8: UPCAST e 1 TO 3 leaves out a version ",
      ]
    )
    #expect(found.allSatisfy { $0.hasSuffix(")") }, "each has a hint")
  }

  @Test func `an example of an old version has to end in what the declaration says`() {
    let text = schema(
      version: 3,
      """
      UPCAST e 1 TO 2 SET m = x REMOVE x
        EXAMPLE { id: 'a', x: 'one' } TO { id: 'a', m: 'one' }
        EXAMPLE { id: 'a', x: 1 } TO { id: 'a', m: 1 }
      UPCAST e 2 TO 3 SET n = m REMOVE m
        EXAMPLE { id: 'a', m: 1 } TO { id: 'a', n: 1 }
      """
    )
    #expect(
      mistakes(in: text) == [
        "5:36: the example becomes data that does not fit version 3 in the end: data.n: expected an"
          + " integer, found \"one\" (mend one of the steps from here to there)"
      ]
    )
  }

  @Test func `a later step that cannot take an example is named`() {
    let text = schema(
      version: 3,
      """
      UPCAST e 1 TO 2 SET m = x REMOVE x
        EXAMPLE { id: 'a', x: 0 } TO { id: 'a', m: 0 }
      UPCAST e 2 TO 3 SET n = 8 / m REMOVE m
        EXAMPLE { id: 'a', m: 2 } TO { id: 'a', n: 4 }
      """
    )
    let found = mistakes(in: text)
    #expect(found.count == 1)
    #expect(
      found.first?.hasPrefix(
        "5:32: the step from version 2 to 3 fails on this example: division of 8 by zero ("
      ) == true
    )
  }

  @Test func `mistakes of several upcasts are all told in one run`() {
    let text = schema(
      version: 3,
      """
      UPCAST e 1 TO 2 SET n = x
        EXAMPLE { id: 'a', x: 1 } TO { id: 'a', n: 1 }
        EXAMPLE { id: 'a', x: 2 } TO { id: 'a', x: 2, n: 3 }
      UPCAST e 2 TO 3 REMOVE x
        EXAMPLE { x: 1, n: 2 } TO { n: 2 }
        EXAMPLE { id: 'a', n: nowhere } TO { id: 'a' }
      UPCAST f 1 TO 2 REMOVE x
      """
    )
    #expect(
      mistakes(in: text).map { $0.prefix { $0 != "," && $0 != "(" } } == [
        "5:32: the example becomes {\"id\":\"a\"", "6:32: the example becomes {\"id\":\"a\"",
        "8:29: the example becomes data that does not fit version 3: data.id: expected an id",
        "9:25: expected a constant", "10:8: there is no event \"f\"",
      ]
    )
  }
}
