/// A seeded generator, so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Random events of the shipped schema, over few ids so that they contradict each other.
struct RandomLog {
  private var generator: SeededGenerator
  private var count = 0

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// The next `count` events as lines of NDJSON.
  mutating func lines(_ count: Int) -> [String] { (0..<count).map { _ in line() } }

  private mutating func line() -> String {
    count += 1
    let time = "20\(10 + number(10))-0\(1 + number(9))-1\(number(10))T0\(number(10)):00:00Z"
    let (type, data) = event()
    return #"{"type":"\#(type)","id":"e\#(count)","source":"urn:s\#(number(3))","time":"\#(time)","#
      + #""data":\#(data)}"#
  }

  private mutating func event() -> (type: String, data: String) {
    switch number(9) {
    case 0:
      (
        "person.registered",
        #"{"id":"p\#(number(6))","name":{"en":"Name \#(number(4))","th":"ชื่อ \#(number(3))"}}"#
      )
    case 1:
      (
        "organization.registered",
        #"{"id":"o\#(number(4))","name":"Org \#(number(4))","classification":"c\#(number(3))"}"#
      )
    case 2: ("regulator.registered", #"{"id":"o\#(number(4))","name":"Regulator \#(number(3))"}"#)
    case 3: ("topic.defined", #"{"id":"t\#(number(4))","name":"Topic","part_of":"t\#(number(4))"}"#)
    case 4:
      (
        "person.appointed",
        #"{"person":"p\#(number(6))","organization":"o\#(number(4))","title":"T\#(number(2))","#
          + #""from":"20\#(10 + number(5))","to":"20\#(15 + number(5))-03"}"#
      )
    case 5:
      (
        "appointment.ended",
        #"{"person":"p\#(number(6))","organization":"o\#(number(4))","to":"20\#(15 + number(5))"}"#
      )
    case 6:
      ("actor.named", #"{"id":"p\#(number(6))","name":[{"text":"V\#(number(5))","lang":"fr"}]}"#)
    default:
      (
        "meeting.held",
        #"{"id":"m\#(number(5))","date":"20\#(10 + number(9))-0\#(1 + number(9))","#
          + #""title":"Meeting \#(number(9))","host":"o\#(number(4))","#
          + #""attendees":[{"person":"p\#(number(6))","role":"r\#(number(3))"},"#
          + #"{"person":"p\#(number(6))","for":"o\#(number(4))"}],"topics":["t\#(number(4))"]}"#
      )
    }
  }

  private mutating func number(_ count: Int) -> Int {
    Int.random(in: 0..<count, using: &generator)
  }
}
