internal import CIOLoop
internal import Glibc
internal import NIOConcurrencyHelpers

/// The one OS thread that may touch some C libraries' handles, in the form of their actors' executor.
///
/// Such libraries are not thread-safe and do nothing in the background: somebody has to read, look at the clock and
/// wait. This thread does, and runs the actors' jobs in between, so "only that thread touches the handle" is actor
/// isolation and checked by the compiler. It sleeps in `poll` on a descriptor of each library's and on an eventfd that
/// ``enqueue(_:)`` writes.
///
/// It also runs whole tasks that prefer it. Where such a task is an actor's on this thread it reaches the others here
/// without being enqueued anew: preferring is part of that, for the runtime resumes a continuation on what the task
/// prefers, whatever actor awaits it, and on its own pool where that is nothing.
///
/// An actor holds its executor strongly; when all of them are gone the thread ends.
package final class IOThread: SerialExecutor, TaskExecutor {
    /// What the thread serves beside jobs.
    ///
    /// After every wake-up each client receives, then the jobs run, and then each sends what came of them.
    package protocol Client: AnyObject, Sendable {
        /// Takes what has arrived, without waiting for more. Called on the thread after every wake-up.
        ///
        /// - Parameters:
        ///   - isReady: Whether there was something, or room to write, at that time; true where nobody has looked.
        ///   - time: When the thread woke up.
        func receive(isReady: Bool, at time: ContinuousClock.Instant)

        /// Sends what can be without waiting, and looks at the clock. Called on the thread before it sleeps.
        func flush() -> Wait
    }

    /// What to wait for.
    package struct Wait {
        /// What `poll` looks at; negative where there is nothing.
        package var descriptor: Int32
        /// Whether room to write ends the wait, too.
        package var wantsToWrite: Bool
        /// How long to wait at most; negative for as long as it takes.
        package var timeoutMilliseconds: Int32

        /// Nothing but jobs.
        package static let forJobsOnly = Wait(descriptor: -1, wantsToWrite: false, timeoutMilliseconds: -1)

        /// Makes one.
        package init(descriptor: Int32, wantsToWrite: Bool, timeoutMilliseconds: Int32) {
            self.descriptor = descriptor
            self.wantsToWrite = wantsToWrite
            self.timeoutMilliseconds = timeoutMilliseconds
        }
    }

    /// The process may have no more of something (`ulimit`, or the container's limits).
    package struct Unavailable: Error, CustomStringConvertible {
        private let what: String
        private let errorNumber: Int32

        /// - Parameters:
        ///   - what: What there is no more of, in the singular.
        ///   - errorNumber: The system's error.
        package init(what: String, errorNumber: Int32) {
            self.what = what
            self.errorNumber = errorNumber
        }

        /// Says so, with the system's error number.
        package var description: String { "the process may have no other \(what) (errno \(errorNumber))" }
    }

    private let loop: Loop

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `ps -L` and `top -H`, cut to 15 bytes.
    ///   - stackByteCount: How large its stack is; no more of it is used than is touched.
    /// - Throws: ``Unavailable`` where the process may have no more descriptors or threads.
    package init(name: String, stackByteCount: Int) throws(Unavailable) {
        OpenSSL.outlivesThreads()
        loop = try Loop()
        try unsafe loop.start(
            name: name,
            stackByteCount: stackByteCount,
            serialExecutor: UnownedSerialExecutor(ordinary: self),
            taskExecutor: UnownedTaskExecutor(ordinary: self)
        )
    }

    deinit {
        loop.stop()
    }

    /// Serves `client` from now on; it is kept alive until ``detach(_:)``.
    package func attach(_ client: any Client) {
        loop.attach(client)
    }

    /// Serves `client` no longer.
    package func detach(_ client: any Client) {
        loop.detach(client)
    }

    /// Runs a job on the thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job))
    }

    /// For an actor's `unownedExecutor`.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// For tasks that prefer the thread.
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        unsafe UnownedTaskExecutor(ordinary: self)
    }

    /// Traps on another thread.
    package func checkIsolated() {
        precondition(loop.isCurrent, "an actor was entered from another thread than its own")
    }

    /// Whether this is the thread.
    package func isIsolatingCurrentContext() -> Bool? {
        loop.isCurrent
    }
}

/// The thread's own part. It outlives the executor by as long as the thread needs to end.
private final class Loop: Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        var clients: [any IOThread.Client] = []
        /// Whether one has come that was not asked yet what to wait for.
        var hasNewClient = false
        var isAsleep = false
        var isStopping = false
        var thread: pthread_t?
    }

    /// A pthread mutex on purpose: the thread sanitizer of Swift 6.3.1 does not see `Synchronization.Mutex`, and
    /// reports every job as a race.
    private let state = NIOLockedValueBox(State())
    private let wakeUp: Int32

    init() throws(IOThread.Unavailable) {
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else { throw IOThread.Unavailable(what: "descriptor", errorNumber: errno) }
    }

    deinit {
        close(wakeUp)
    }

    private static let jobsPerTurn = 1000

    var isCurrent: Bool {
        state.withLockedValue { $0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    func start(
        name: String,
        stackByteCount: Int,
        serialExecutor: UnownedSerialExecutor,
        taskExecutor: UnownedTaskExecutor
    ) throws(IOThread.Unavailable) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, stackByteCount)
        unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { unsafe pthread_attr_destroy(&attributes) }

        // SAFETY: the retain is balanced by takeRetainedValue on the new thread, or below where none was made.
        let start = unsafe Unmanaged.passRetained(
            Start(loop: self, serialExecutor: serialExecutor, taskExecutor: taskExecutor, name: name)
        )
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe cioloop_name_thread(String(start.name.prefix(15)))
                unsafe start.loop.run(on: start.serialExecutor, start.taskExecutor)
                return nil
            },
            start.toOpaque()
        )
        guard status == 0 else {
            unsafe start.release()
            throw IOThread.Unavailable(what: "thread", errorNumber: status)
        }
    }

    @safe private final class Start {
        let loop: Loop
        let serialExecutor: UnownedSerialExecutor
        let taskExecutor: UnownedTaskExecutor
        let name: String

        init(
            loop: Loop,
            serialExecutor: UnownedSerialExecutor,
            taskExecutor: UnownedTaskExecutor,
            name: String
        ) {
            self.loop = loop
            unsafe self.serialExecutor = unsafe serialExecutor
            unsafe self.taskExecutor = unsafe taskExecutor
            self.name = name
        }
    }

    func attach(_ client: any IOThread.Client) {
        let mustWake = state.withLockedValue { state in
            state.clients.append(client)
            state.hasNewClient = true
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake { wake() }
    }

    func detach(_ client: any IOThread.Client) {
        // Let go outside the lock: its deinit may end this very loop.
        let removed = state.withLockedValue { state in
            state.clients.firstIndex { $0 === client }.map { state.clients.remove(at: $0) }
        }
        withExtendedLifetime(removed) {}
    }

    func enqueue(_ job: UnownedJob) {
        let mustWake = state.withLockedValue { state in
            state.jobs.append(job)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake { wake() }
    }

    func stop() {
        let mustWake = state.withLockedValue { state in
            state.isStopping = true
            return state.isAsleep
        }
        if mustWake { wake() }
    }

    private func wake() {
        var one: UInt64 = 1
        unsafe _ = write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    private func run(on serialExecutor: UnownedSerialExecutor, _ taskExecutor: UnownedTaskExecutor) {
        state.withLockedValue { $0.thread = pthread_self() }
        var jobs: [UnownedJob] = []
        var watched = WatchedDescriptors(wakeUp)
        while true {
            let time = ContinuousClock.now
            for client in clients { client.receive(isReady: watched.isReady(client), at: time) }
            // Jobs make more jobs, all before anything is sent: that is one batch for many of them, where one turn each
            // would cost a few system calls a message. Bounded, so that the sockets have their turn.
            var count = 0
            repeat {
                let isStopping = state.withLockedValue { state in
                    swap(&state.jobs, &jobs)
                    return state.isStopping
                }
                // Nobody is left who could enqueue: the executor is gone, and so are its actors.
                if isStopping, jobs.isEmpty { return }
                count += jobs.count
                // SAFETY: the jobs were enqueued for this executor, and this is its only thread. A job keeps its actor
                // alive and the actor its executor, and a task keeps the executor it prefers, so the references hold
                // while there are jobs.
                for job in jobs {
                    unsafe job.runSynchronously(isolatedTo: serialExecutor, taskExecutor: taskExecutor)
                }
                let isDone = jobs.isEmpty
                jobs.removeAll(keepingCapacity: true)
                if isDone { break }
            } while count < Self.jobsPerTurn

            let timeout = flush(&watched)
            let maySleep = state.withLockedValue { state in
                state.isAsleep = state.jobs.isEmpty && !state.isStopping && !state.hasNewClient
                return state.isAsleep
            }
            watched.wait(maySleep ? timeout : 0)
            if maySleep || watched.wakeUpIsReady { wokeUp(bySignal: watched.wakeUpIsReady) }
        }
    }

    private var clients: [any IOThread.Client] { state.withLockedValue { $0.clients } }

    /// A function of its own, so that no client is held while the thread sleeps: one that detaches itself in its turn may
    /// be held by nobody else, and this thread ends only when it is gone.
    ///
    /// - Returns: How long to sleep at most, in milliseconds; negative for as long as it takes.
    private func flush(_ watched: inout WatchedDescriptors) -> Int32 {
        watched.removeAll()
        var timeout: Int32 = -1
        let clients = state.withLockedValue { state in
            state.hasNewClient = false
            return state.clients
        }
        for client in clients {
            let wait = client.flush()
            watched.append(wait, of: client)
            guard wait.timeoutMilliseconds >= 0 else { continue }
            timeout = timeout < 0 ? wait.timeoutMilliseconds : min(timeout, wait.timeoutMilliseconds)
        }
        return timeout
    }

    private func wokeUp(bySignal: Bool) {
        state.withLockedValue { $0.isAsleep = false }
        guard bySignal else { return }
        var count: UInt64 = 0
        unsafe _ = read(wakeUp, &count, MemoryLayout<UInt64>.size)
    }
}

/// What the thread sleeps on.
private struct WatchedDescriptors {
    /// The eventfd, and one for each client.
    private var descriptors: [pollfd]
    /// Whose the others are. One that is gone by now may have given its place in memory to another, of which nothing is
    /// told then before the next look.
    private var clients: [ObjectIdentifier] = []

    init(_ wakeUp: Int32) {
        descriptors = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
    }

    mutating func removeAll() {
        descriptors[0].revents = 0
        descriptors.removeLast(clients.count)
        clients.removeAll(keepingCapacity: true)
    }

    mutating func append(_ wait: IOThread.Wait, of client: any IOThread.Client) {
        let events = POLLIN | (wait.wantsToWrite ? POLLOUT : 0)
        // poll ignores a negative descriptor.
        descriptors.append(pollfd(fd: wait.descriptor, events: Int16(events), revents: 0))
        clients.append(ObjectIdentifier(client))
    }

    mutating func wait(_ timeoutMilliseconds: Int32) {
        unsafe descriptors.withUnsafeMutableBufferPointer { buffer in
            unsafe _ = poll(buffer.baseAddress, nfds_t(buffer.count), timeoutMilliseconds)
        }
    }

    /// Whether the eventfd was written.
    var wakeUpIsReady: Bool { descriptors[0].revents != 0 }

    /// True for one that has come meanwhile.
    func isReady(_ client: any IOThread.Client) -> Bool {
        guard let index = clients.firstIndex(of: ObjectIdentifier(client)) else { return true }
        return descriptors[index + 1].revents != 0
    }
}
