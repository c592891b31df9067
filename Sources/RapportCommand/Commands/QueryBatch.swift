import GraphModel
import JSONTape
import OrderedCollections
import Queries
import Rapport
import SystemPackage

/// Answers queries line by line: one JSON object in, one out, until the end of input.
struct QueryBatch {
  let store: Store
  /// What to ask instead of the store's own graph.
  let view: StoreView?
  let options: QueryOptions
  private let parser = JSONParser(depthMax: 64)
  private let output = Output.standard

  private struct Request {
    let query: String
    let parameters: [String: Value]
  }

  init(store: Store, view: StoreView?, options: QueryOptions) {
    self.store = store
    self.view = view
    self.options = options
  }

  func run() throws(StoreFailure) {
    var lines = InputLines(.standardInput)
    while let line = try lines.next() {
      guard line.contains(where: { !Self.whiteSpace.contains($0) }) else { continue }
      do {
        try answer(try request(line))
      } catch {
        try output.write(Self.answer(to: error) + "\n")
      }
      try output.flush()
    }
  }

  private static let whiteSpace: [UInt8] = [0x20, 0x09, 0x0D]

  private func request(_ line: [UInt8]) throws(StoreFailure) -> Request {
    do {
      let tape = try line.withUnsafeBytes { bytes in try parser.parse(bytes) }
      return try Self.request(tape)
    } catch let error as JSONError {
      throw StoreFailure(.data, "the request is not JSON: \(error.message)")
    } catch let problem as ParameterProblem {
      throw StoreFailure(.data, "the request's parameters: \(problem.message)")
    } catch {
      throw error as? StoreFailure ?? StoreFailure(.software, "\(error)")
    }
  }

  private static func request(_ tape: JSONTape) throws -> Request {
    let example = #"expected {"query": "…", "parameters": {…}}"#
    guard tape.kind(at: tape.root) == .object else {
      throw StoreFailure(.data, "the request is not an object: \(example)")
    }
    guard let query = tape.member("query", of: tape.root), tape.kind(at: query) == .string else {
      throw StoreFailure(.data, "the request has no text \"query\": \(example)")
    }
    var parameters: [String: Value] = [:]
    if let member = tape.member("parameters", of: tape.root), tape.kind(at: member) != .null {
      guard tape.kind(at: member) == .object else {
        throw StoreFailure(.data, "the request's \"parameters\" are not an object: \(example)")
      }
      for (name, value) in try ParameterReader.map(tape, member) { parameters[name] = value }
    }
    return Request(query: ParameterReader.string(tape, query), parameters: parameters)
  }

  private func answer(_ request: Request) throws(StoreFailure) {
    let start = ContinuousClock.now
    let answer = try ask(request)
    let result = answer.result
    let elapsed = (ContinuousClock.now - start).components
    let nanoseconds = elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
    let text = "{\"columns\":[" + result.columns.map(jsonQuoted).joined(separator: ",") + "]"
    try output.write(text + ",\"rows\":[")
    try writeRows(of: result)
    let quarantined =
      answer.quarantinedCount > 0 ? ",\"quarantined\":\(answer.quarantinedCount)" : ""
    try output.write("],\"ns\":\(nanoseconds)\(quarantined)}\n")
  }

  private func ask(_ request: Request) throws(StoreFailure) -> QueryAnswer {
    if let view {
      return try view.query(request.query, parameters: request.parameters, options: options)
    }
    return try store.query(request.query, parameters: request.parameters, options: options)
  }

  /// How many bytes of rows are collected before they are passed on.
  private static let byteCountAtOnce = 1 << 16

  private func writeRows(of result: QueryResult) throws(StoreFailure) {
    var bytes: [UInt8] = []
    for row in 0..<result.rowCount {
      if row > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(UInt8(ascii: "["))
      for column in result.columns.indices {
        if column > 0 { bytes.append(UInt8(ascii: ",")) }
        result.writeJSON(row: row, column: column, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
      if bytes.count >= Self.byteCountAtOnce {
        try output.write(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    try output.write(bytes)
  }

  private static func answer(to failure: StoreFailure) -> String {
    let kind =
      switch failure.kind {
      case .usage: "usage"
      case .data: "data"
      case .noInput: "noInput"
      case .software: "software"
      case .inputOutput: "inputOutput"
      case .temporary: "temporary"
      }
    return #"{"error":{"kind":"\#(kind)","message":\#(jsonQuoted(failure.message))}}"#
  }
}
