import Dispatch
import Foundation
import GraphModel
import Synchronization
import Testing

@testable import EventStorage

@Suite struct `The append queue` {
  private final class Observations: Sendable {
    let groups = Mutex<[[UInt32]]>([])
    let results = Mutex<[UInt32: UInt32]>([:])
  }

  private static func ticket(_ number: UInt32) -> AppendQueue.Ticket {
    AppendQueue.Ticket(
      batch: EventBatch(),
      range: 0..<0,
      options: AppendOptions(expectedPosition: EventPosition(number))
    )
  }

  @Test func `runs together what waited together, each with its own result`() {
    let queue = AppendQueue()
    let observations = Observations()
    let isRunning = DispatchSemaphore(value: 0)
    let mayFinish = DispatchSemaphore(value: 0)
    let isDone = DispatchGroup()
    func start(_ number: UInt32) {
      isDone.enter()
      Thread.detachNewThread {
        let ticket = Self.ticket(number)
        let result = try? queue.perform(ticket) { tickets in
          let numbers = tickets.compactMap { $0.options.expectedPosition?.rawValue }
          observations.groups.withLock { $0.append(numbers) }
          if numbers == [1] {
            isRunning.signal()
            mayFinish.wait()
          }
          for ticket in tickets {
            let position = ticket.options.expectedPosition ?? EventPosition(0)
            let end = LogEnd(position: position, root: MerkleTree.emptyRoot)
            ticket.finish(.success(AppendResult(end: end)))
          }
        }
        observations.results.withLock { $0[number] = result?.end.position.rawValue }
        isDone.leave()
      }
    }
    start(1)
    isRunning.wait()
    for number in 2...6 { start(UInt32(number)) }
    while queue.waitingCount < 5 { usleep(1000) }
    mayFinish.signal()
    isDone.wait()
    let groups = observations.groups.withLock { $0 }
    #expect(groups.count == 2)
    #expect(groups.last?.sorted() == [2, 3, 4, 5, 6])
    let results = observations.results.withLock { $0 }
    #expect(results == [1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6])
  }

  @Test func `serves threads that come one after another and all at once`() {
    let queue = AppendQueue()
    let count = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 400) { number in
      let ticket = Self.ticket(UInt32(number))
      _ = try? queue.perform(ticket) { tickets in
        // Never two leaders at a time: this would lose some of the count.
        let before = count.withLock { $0 }
        if number % 7 == 0 { usleep(50) }
        count.withLock { $0 = before + tickets.count }
        for ticket in tickets {
          let end = LogEnd(position: EventPosition(0), root: MerkleTree.emptyRoot)
          ticket.finish(.success(AppendResult(end: end)))
        }
      }
    }
    #expect(count.withLock { $0 } == 400)
    #expect(queue.waitingCount == 0)
  }
}
