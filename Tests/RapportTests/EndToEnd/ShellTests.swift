import Foundation
import Testing

@testable import RapportCommand

@Suite struct `The shell` {
  private static let events = SampleEvents.person(1, name: "อารยา") + "\n"

  // MARK: Over a pipe

  @Test func `answers statements that a semicolon ends, wherever it stands`() throws {
    let store = try TestStore(events: Self.events)
    let run = try rapport(
      "shell",
      store.path,
      "--format",
      "csv",
      input: """
        MATCH (p:Person) // a comment; with a semicolon
        RETURN p.name AS name;
        RETURN ';' AS a; RETURN 2 AS b
        """
    )
    try run.expectSuccess()
    #expect(run.output == "name\r\nอารยา\r\na\r\n;\r\nb\r\n2\r\n", run.comment)
    #expect(run.errors.isEmpty, run.comment)
  }

  @Test func `goes on after a mistake, and tells of it in the end`() throws {
    let store = try TestStore(events: Self.events)
    let run = try rapport(
      "shell",
      store.path,
      input: "RETURN 1 AS x;\n\n  RETURN y;\nRETURN 2 AS z;"
    )
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("standard input:3:10: error: variable \"y\""), run.comment)
    #expect(run.output.contains("x") && run.output.contains("z"), run.comment)
  }

  @Test func `does what commands ask`() throws {
    let store = try TestStore(events: Self.events)
    let file = store.folder.path("rows.csv")
    let input = """
      :format ndjson
      :param year 2022
      :params
      RETURN $year AS year;
      :save \(file)
      :save \(file)
      RETURN 7 AS seven;
      :save! \(file)
      :formt json
      :format xml
      :schema
      :quit
      RETURN 'after the end';
      """
    let run = try rapport("shell", store.path, input: input)
    #expect(run.output.hasPrefix("$year = 2022\n{\"year\":2022}\n{\"seven\":7}\n"), run.comment)
    #expect(run.output.contains("SCHEMA meetings"), run.comment)
    #expect(!run.output.contains("after the end"), run.comment)
    #expect(run.errors.contains("exists\n  hint: :save! \(file) overwrites it"), run.comment)
    #expect(run.errors.contains("did you mean \":format\"?"), run.comment)
    #expect(run.errors.contains(":format expects one of table, json"), run.comment)
    #expect(run.exitCode == 64, run.comment)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "seven\r\n7\r\n")
  }

  @Test func `keeps to its limits`() throws {
    let store = try TestStore()
    let run = try rapport(
      "shell",
      store.path,
      "--timeout",
      "100ms",
      input: "UNWIND range(1, 10000000) AS a UNWIND range(1, 1000) AS b RETURN sum(b);\nRETURN 1;"
    )
    #expect(run.errors.contains("ran out of time") && run.errors.contains("--timeout"), run.comment)
    #expect(run.output.contains("(1 row)"), run.comment)
  }

  // MARK: In a terminal

  private static let script = "/usr/bin/script"

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: script), "there is no script(1)"))
  func `stops a query at Ctrl-C and goes on, and completes names`() throws {
    let store = try TestStore(events: Self.events)
    let keys = Pipe()
    // Without exec some shells stay, hear the Ctrl-C as well, and end with a code of their own.
    let command =
      "exec env XDG_STATE_HOME='\(store.folder.path("state"))' "
      + "'\(PackagePaths.program.path)' shell '\(store.path)'"
    let shell = try RunningCommand(
      Self.script,
      ["--quiet", "--return", "--command", command, "/dev/null"],
      input: .pipe(keys)
    )
    func type(_ text: String) { keys.fileHandleForWriting.write(Data(text.utf8)) }
    var seen = 0
    // What is typed between two lines is the terminal's, not the editor's, so each step waits.
    func waitFor(_ text: String, repeating keys: String? = nil) {
      let end = ContinuousClock.now + .seconds(120)
      while ContinuousClock.now < end {
        let new = shell.output.dropFirst(seen)
        if let range = new.range(of: text) {
          seen += new.distance(from: new.startIndex, to: range.upperBound)
          return
        }
        if let keys { type(keys) }
        usleep(100_000)
      }
      Issue.record("\(text) did not come: \(shell.output)")
    }
    waitFor("rapport> ")
    type(
      "UNWIND range(1, 10000000) AS a UNWIND range(1, 10000000) AS b RETURN count(*) AS never;\r"
    )
    waitFor("never;")
    waitFor("the query was stopped", repeating: "\u{3}")
    waitFor("rapport> ")
    type("MATCH (p:Per\t) RETURN p.na\t AS result;\r")
    waitFor("อารยา")
    waitFor("rapport> ")
    type("RETURN 'dropped\u{3}RETURN 40 + 2 AS answer;\r")
    waitFor("42")
    waitFor("rapport> ")
    type("\u{4}")
    let run = try shell.wait()
    #expect(run.exitCode == 0, run.comment)
    let history = try String(
      contentsOfFile: store.folder.path("state/rapport/history"),
      encoding: .utf8
    )
    #expect(history.contains("answer") && !history.contains("dropped"), "\(history)")
  }

  // MARK: Completion

  private static let completion: Completion = {
    var completion = Completion()
    completion.labels = ["Person", "Place", "Meeting"]
    completion.edgeTypes = ["PART_OF", "ATTENDED"]
    completion.properties = ["name", "nickname", "date"]
    completion.parameters = ["year"]
    return completion
  }()

  @Test(arguments: [
    ("MATCH (p:P", ["Person", "Place"]), ("MATCH (p:Person|Me", ["Meeting"]),
    ("MATCH (p:!", ["Meeting", "Person", "Place"]), ("MATCH (p)-[:", ["ATTENDED", "PART_OF"]),
    ("MATCH (p)-[e:PART_OF|at", ["ATTENDED"]), ("MATCH (p)<-[:pa", ["PART_OF"]),
    ("MATCH (p {n", ["name", "nickname"]), ("MATCH (p) RETURN p.da", ["date"]),
    ("MATCH (p) WHERE p IS LABELED Pl", ["Place"]), ("RETURN $", ["year"]),
    ("MAT", ["MATCH"]), ("RETURN star", ["STARTS", "startNode("]),
    ("MATCH (person)-[x]-(p) RETURN pers", ["person"]),
    ("RETURN {nu", ["NULL", "nullIf("]),
    ("RETURN [n IN [1] WHERE na", ["names("]), ("RETURN ", []), ("RETURN 'na", []),
    (":fo", [":format"]), (":format j", ["json"]), (":time o", ["off", "on"]),
  ])
  func `completes what may stand at a place`(text: String, expected: [String]) {
    #expect(Self.completion.complete(text).candidates == expected)
  }
}
