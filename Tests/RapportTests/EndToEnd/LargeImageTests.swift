import Foundation
import Testing

/// An image that is large enough to be trusted without another look at every byte.
@Suite struct `A large image` {
  private static let query = "MATCH (p:Person {id: 'person:7777'}) RETURN p.name AS name"

  @Test func `is trusted as long as nobody has changed it`() throws {
    let store = try TestStore(events: SampleEvents.people(1...10_000))
    #expect(try store.rows(Self.query) == ["Person 7777"])
    let image = URL(filePath: store.path + "/image/graph.image")
    let note = URL(filePath: store.path + "/image/graph.checked")
    let noted = try Data(contentsOf: note)
    #expect(try store.rows(Self.query) == ["Person 7777"])
    #expect(try Data(contentsOf: note) == noted)

    // Somebody changes a name in it, and takes care of its size and its time.
    let time = try FileManager.default.attributesOfItem(atPath: image.path)[.modificationDate]
    let bytes = try Data(contentsOf: image)
    let place = try #require(bytes.firstRange(of: Data("Person 7777".utf8)))
    let file = try FileHandle(forUpdating: image)
    try file.seek(toOffset: UInt64(place.lowerBound))
    try file.write(contentsOf: Data("Person 6666".utf8))
    try file.close()
    try FileManager.default.setAttributes(
      [.modificationDate: time ?? Date()],
      ofItemAtPath: image.path
    )
    #expect(try store.rows(Self.query) == ["Person 7777"])
    // By now it is made anew, and noted.
    #expect(try Data(contentsOf: image) == bytes)
    #expect(try Data(contentsOf: note) != noted)
  }

  @Test func `of a copied store is looked at once`() throws {
    let store = try TestStore(events: SampleEvents.people(1...10_000))
    #expect(try store.rows(Self.query) == ["Person 7777"])
    let copy = store.folder.path("copy")
    try FileManager.default.copyItem(atPath: store.path, toPath: copy)
    let note = URL(filePath: copy + "/image/graph.checked")
    let copied = try Data(contentsOf: note)
    let run = try rapport("query", copy, Self.query, "--format", "tsv")
    #expect(run.output == "name\nPerson 7777\n", run.comment)
    #expect(try Data(contentsOf: note) != copied)
  }
}
