import DataFactory
import Foundation
import Testing

@testable import adf_trigger

@Suite("What is known of marked runs")
struct MarkerBookTests {
    private static let noon = Date(timeIntervalSince1970: 1_800_000_000)

    private static func book(capacity: Int = 100) -> MarkerBook {
        MarkerBook(marker: "requestId", lookBack: 3600, capacity: capacity)
    }

    /// A run with an id as its marker, that began so many seconds before noon.
    private static func run(_ id: String, before seconds: Double) -> PipelineRun {
        let start = noon.addingTimeInterval(-seconds).ISO8601Format()
        return PipelineRun(runID: "run-\(id)", parameters: ["RequestID": id.uppercased()], runStart: start)
    }

    private static func read(
        _ runs: [PipelineRun],
        into book: inout MarkerBook,
        at now: Date = noon,
        unreadable: Int = 0,
        isAtEnd: Bool = true
    ) {
        var walk = book.walk(at: now)
        book.read(RunPage(runs: runs, unreadableCount: unreadable), in: &walk)
        book.end(walk, isAtEnd: isAtEnd)
    }

    @Test("a run is found by its marker, in whatever case name and value come back")
    func found() {
        var book = Self.book()
        Self.read([Self.run("a", before: 10)], into: &book)

        #expect(book.runID(of: "a") == "run-a")
        #expect(book.runID(of: "b") == nil)
    }

    @Test("the first walk goes as far back as a run may be old, the next only to what was shown already")
    func walks() {
        var book = Self.book()
        let first = book.walk(at: Self.noon)
        Self.read([Self.run("a", before: 10), Self.run("b", before: 900)], into: &book)
        let second = book.walk(at: Self.noon)

        #expect(first.updatedAfter == Self.noon.addingTimeInterval(-3600))
        #expect(second.updatedAfter == Self.noon.addingTimeInterval(-10 - MarkerBook.disorder))
        #expect(book.isComplete(at: Self.noon))
    }

    @Test("however late runs are shown, the next walk begins at the last one that was, within the look-back")
    func lag() {
        var book = Self.book()
        Self.read([Self.run("a", before: 10)], into: &book)

        #expect(book.walk(at: Self.noon + 1800).updatedAfter == Self.noon - 10 - MarkerBook.disorder)
        #expect(book.walk(at: Self.noon + 86_400).updatedAfter == Self.noon + 86_400 - 3600)
    }

    @Test("a walk that failed half-way does not shorten the next one")
    func failedWalk() {
        var book = Self.book()
        var walk = book.walk(at: Self.noon)
        book.read(RunPage(runs: [Self.run("a", before: 10)], continuationToken: "more"), in: &walk)

        #expect(book.walk(at: Self.noon).updatedAfter == Self.noon.addingTimeInterval(-3600))
        #expect(book.runID(of: "a") == "run-a")
        #expect(!book.isComplete(at: Self.noon))
    }

    @Test("what was not read for want of pages leaves the book incomplete until it is too old to matter")
    func pageLimit() {
        var book = Self.book()
        Self.read([Self.run("a", before: 10), Self.run("b", before: 900)], into: &book, isAtEnd: false)

        #expect(!book.isComplete(at: Self.noon))
        #expect(book.isComplete(at: Self.noon + 3600 - 900))
    }

    @Test("a later walk that does not reach the end leaves a gap as well")
    func gap() {
        var book = Self.book()
        Self.read([Self.run("a", before: 900)], into: &book)
        Self.read([Self.run("b", before: 10)], into: &book, isAtEnd: false)

        #expect(!book.isComplete(at: Self.noon))
        #expect(book.runID(of: "a") == "run-a")
    }

    @Test("a run that could not be read may be any")
    func unreadable() {
        var book = Self.book()
        Self.read([Self.run("a", before: 10)], into: &book, unreadable: 1)

        #expect(!book.isComplete(at: Self.noon + 3599))
        #expect(book.isComplete(at: Self.noon + 3600))
    }

    @Test("the oldest runs are forgotten beyond the capacity, and the book says so")
    func capacity() {
        var book = Self.book(capacity: 4)
        Self.read((1...5).map { Self.run("\($0)", before: Double($0)) }, into: &book)
        #expect(book.isComplete(at: Self.noon))

        Self.read([Self.run("0", before: 0)], into: &book)

        #expect((0...3).allSatisfy { book.runID(of: "\($0)") != nil })
        #expect(book.runID(of: "4") == nil)
        #expect(!book.isComplete(at: Self.noon))
    }

    @Test("that all runs of a time are shown is proved by one that began well after it")
    func proof() {
        var book = Self.book()
        #expect(!book.isShown(until: Self.noon - 3600))
        Self.read([Self.run("a", before: 10)], into: &book)

        #expect(book.isShown(until: Self.noon - 10 - MarkerBook.disorder))
        #expect(!book.isShown(until: Self.noon - 9 - MarkerBook.disorder))
    }
}
