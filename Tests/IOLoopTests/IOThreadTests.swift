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

        func note(_ step: @Sendable () -> Void) { step() }

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

        func receive(isReady: Bool, at time: ContinuousClock.Instant) {}

        func flush() -> IOThread.Wait {
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
            func receive(isReady: Bool, at time: ContinuousClock.Instant) {}
            func flush() -> IOThread.Wait {
                thread.detach(self)
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

    /// Reads a byte from a pipe whenever it is told that there is one.
    private final class Reader: IOThread.Client {
        let bytesRead = Atomic(0)
        /// How often it was told that there is none.
        let quietTurns = Atomic(0)
        let pipe: (read: Int32, write: Int32)

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard Glibc.pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
            pipe = (ends[0], ends[1])
            // Who has just come is told to look, though there may be nothing.
            _ = fcntl(pipe.read, F_SETFL, O_NONBLOCK)
        }

        deinit {
            close(pipe.read)
            close(pipe.write)
        }

        func send() { _ = Glibc.write(pipe.write, "x", 1) }

        func receive(isReady: Bool, at time: ContinuousClock.Instant) {
            guard isReady else {
                quietTurns.add(1, ordering: .relaxed)
                return
            }
            var byte: UInt8 = 0
            if Glibc.read(pipe.read, &byte, 1) == 1 { bytesRead.add(1, ordering: .relaxed) }
        }

        func flush() -> IOThread.Wait {
            .init(descriptor: pipe.read, wantsToWrite: false, timeoutMilliseconds: -1)
        }
    }

    @Test("of several clients each is told whether its own descriptor is ready, as many come and go")
    func severalClients() async throws {
        let resident = try Resident()
        let (first, second, third) = (try Reader(), try Reader(), try Reader())
        for reader in [first, second, third] { resident.thread.attach(reader) }

        second.send()
        #expect(try await eventually { second.bytesRead.load(ordering: .relaxed) == 1 })
        resident.thread.detach(first)
        first.send()
        for _ in 1...3 { third.send() }
        #expect(try await eventually { third.bytesRead.load(ordering: .relaxed) == 3 })
        second.send()
        #expect(try await eventually { second.bytesRead.load(ordering: .relaxed) == 2 })

        #expect(first.bytesRead.load(ordering: .relaxed) == 0)
        #expect(second.quietTurns.load(ordering: .relaxed) >= 3)
        for reader in [second, third] { resident.thread.detach(reader) }
    }

    @Test("the shortest of several clients' time-outs ends the sleep")
    func shortestTimeout() async throws {
        let resident = try Resident()
        let (patient, hasty) = (Counter(timeoutMilliseconds: -1), Counter(timeoutMilliseconds: 5))
        resident.thread.attach(patient)
        resident.thread.attach(hasty)

        #expect(try await eventually { hasty.turns.load(ordering: .relaxed) > 5 })
        resident.thread.detach(patient)
        resident.thread.detach(hasty)
    }

    @Test("what has arrived is taken before the jobs that were waiting, and sent after them")
    func order() async throws {
        let resident = try Resident()
        let recorder = Recorder()
        resident.thread.attach(recorder)
        #expect(try await eventually { recorder.steps.contains("flush") })

        await resident.note { recorder.note("job") }

        #expect(try await eventually { recorder.steps.count >= 3 })
        let steps = recorder.steps
        let job = try #require(steps.firstIndex(of: "job"))
        #expect(job > 0 && steps[job - 1] == "receive")
        #expect(try await eventually { recorder.steps.count > job + 1 })
        #expect(recorder.steps[job + 1] == "flush")
        resident.thread.detach(recorder)
    }

    /// Notes what it is told, in order.
    private final class Recorder: IOThread.Client {
        private let noted = Mutex<[String]>([])
        var steps: [String] { noted.withLock { $0 } }

        func note(_ step: String) { noted.withLock { $0.append(step) } }

        func receive(isReady: Bool, at time: ContinuousClock.Instant) { note("receive") }

        func flush() -> IOThread.Wait {
            note("flush")
            return .init(descriptor: -1, wantsToWrite: false, timeoutMilliseconds: -1)
        }
    }

    private actor Waker {
        nonisolated let thread: IOThread
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
        init(thread: IOThread) { self.thread = thread }
        func wake() {}
    }
}
