import Foundation
import IOLoop
import Synchronization
import Testing

@Suite("The I/O thread is an actor's executor", .serialized, .timeLimit(.minutes(5)))
struct IOThreadTests {
    /// Lives on an I/O thread, like a connection.
    private actor Resident {
        nonisolated let thread: IOThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
        private var count = 0

        init(named name: String = "resident") throws {
            thread = try IOThread(name: name, stackByteCount: 1 << 20)
        }

        init(thread: IOThread) { self.thread = thread }

        /// Gives way again and again, so that there is always another job.
        func spin(until isDone: @Sendable () -> Bool) async {
            while !isDone() { await Task.yield() }
        }

        /// Before and after giving way, by Linux's own numbers: the compiler takes `pthread_self` for constant.
        func currentThreads() async -> [String] {
            let before = IOThreadTests.currentThread()
            await Task.yield()
            return [before, IOThreadTests.currentThread()]
        }

        func increment() -> Int {
            count += 1
            return count
        }

        func incrementBySynchronousEntry() -> Int { enter() }

        func isOnThread() -> Bool { thread.isIsolatingCurrentContext() == true }

        private nonisolated func enter() -> Int { assumeIsolated { $0.increment() } }
    }

    /// `<process>/task/<thread>`, from the kernel.
    private static func currentThread() -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")) ?? "unknown"
    }

    /// Threads of this process by name: other suites run beside this one, so that a plain count says nothing.
    private func threadCount(named name: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
            let comm = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
            return comm?.trimmingCharacters(in: .newlines) == name
        }
    }

    private func uniqueName() -> String { "io-\(UUID().uuidString.prefix(10))" }

    private func eventually(_ condition: () throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while try !condition() {
            guard ContinuousClock.now < deadline else { return false }
            await Task.yield()
        }
        return true
    }

    @Test("all jobs of an actor run on one thread, which is not the caller's")
    func oneThread() async throws {
        let resident = try Resident()

        let threads = await withTaskGroup { group in
            for _ in 0..<200 { group.addTask { await resident.currentThreads() } }
            return await group.reduce(into: [String]()) { $0 += $1 }
        }

        #expect(threads.count == 400)
        #expect(Set(threads).count == 1)
    }

    @Test("two actors have two threads")
    func twoThreads() async throws {
        let (first, second) = (try Resident(), try Resident())

        let threads = await first.currentThreads() + second.currentThreads()

        #expect(Set(threads).count == 2)
    }

    @Test("concurrent callers are served one after the other")
    func serial() async throws {
        let resident = try Resident()

        await withTaskGroup { group in
            for _ in 0..<1000 { group.addTask { _ = await resident.increment() } }
        }

        #expect(await resident.increment() == 1001)
    }

    @Test("a job can enter its actor synchronously")
    func assumeIsolated() async throws {
        let resident = try Resident()

        #expect(await resident.incrementBySynchronousEntry() == 1)
        #expect(await resident.incrementBySynchronousEntry() == 2)
    }

    @Test("the executor tells its own thread from others")
    func isolationCheck() async throws {
        let resident = try Resident()

        #expect(await resident.isOnThread())
        #expect(resident.thread.isIsolatingCurrentContext() == false)
    }

    @Test("the thread bears its name, cut to what Linux takes, and ends with its actor")
    func lifetime() async throws {
        let name = uniqueName()
        var resident: Resident? = try Resident(named: name + " and more")
        _ = await resident?.increment()
        // 15 bytes: a space and "a" are left of the rest.
        let taskName = String((name + " and more").prefix(15))
        #expect(try threadCount(named: taskName) == 1)

        resident = nil

        #expect(try await eventually { try threadCount(named: taskName) == 0 })
    }

    @Test("a thread that never got a job ends too")
    func lifetimeWithoutJobs() async throws {
        let name = uniqueName()
        do {
            let thread = try IOThread(name: name, stackByteCount: 1 << 20)
            #expect(try await eventually { try threadCount(named: name) == 1 })
            withExtendedLifetime(thread) {}
        }

        #expect(try await eventually { try threadCount(named: name) == 0 })
    }

    @Test("a task that prefers the thread runs there, also after it has waited for others")
    func taskExecutor() async throws {
        let thread = try IOThread(name: "prefers", stackByteCount: 1 << 20)
        let other = try Resident()

        let threads = await withTaskGroup(of: [String].self) { group in
            group.addTask(executorPreference: thread) {
                let before = Self.currentThread()
                _ = await other.increment()
                await Task.yield()
                return [before, Self.currentThread()]
            }
            return await group.next() ?? []
        }
        let onThread = Resident(thread: thread)
        let own = await onThread.currentThreads()

        #expect(threads.count == 2)
        #expect(Set(threads) == Set(own))
    }

    @Test("jobs that make jobs without end leave the client its turns")
    func endlessJobs() async throws {
        let resident = try Resident()
        let counter = Counter(timeoutMilliseconds: 1000)
        resident.thread.attach(counter)

        await withTaskGroup { group in
            for _ in 1...4 {
                group.addTask { await resident.spin(until: { counter.turns.load(ordering: .relaxed) > 5 }) }
            }
        }

        #expect(counter.turns.load(ordering: .relaxed) > 5)
    }

    private final class Counter: IOThread.Client {
        let turns = Atomic(0)
        let timeoutMilliseconds: Int32

        init(timeoutMilliseconds: Int32) {
            self.timeoutMilliseconds = timeoutMilliseconds
        }

        func turn() -> IOThread.Wait {
            turns.add(1, ordering: .relaxed)
            return .init(descriptor: -1, wantsToWrite: false, timeoutMilliseconds: timeoutMilliseconds)
        }
    }

    @Test("an attached client gets a turn after a job, and after its time-out without one")
    func client() async throws {
        let resident = try Resident()
        let counter = Counter(timeoutMilliseconds: 5)
        resident.thread.attach(counter)

        _ = await resident.increment()

        #expect(try await eventually { counter.turns.load(ordering: .relaxed) > 5 })
    }

    @Test("a client that was let go is kept by nobody, though the thread sleeps without end")
    func detachedClient() async throws {
        // The client lets itself go in its turn, and then no job ever comes: what a connection does that is lost while
        // nobody waits on it.
        final class OneTurn: IOThread.Client {
            let thread: IOThread
            init(thread: IOThread) { self.thread = thread }
            func turn() -> IOThread.Wait {
                thread.detach()
                return .forJobsOnly
            }
        }
        let name = uniqueName()
        do {
            let thread = try IOThread(name: name, stackByteCount: 1 << 20)
            thread.attach(OneTurn(thread: thread))
            let resident = Waker(thread: thread)
            await resident.wake()
        }

        #expect(try await eventually { try threadCount(named: name) == 0 })
    }

    private actor Waker {
        nonisolated let thread: IOThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
        init(thread: IOThread) { self.thread = thread }
        func wake() {}
    }
}
