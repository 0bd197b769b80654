import Foundation
import Glibc
import RabbitMQ

/// The other end of a connection, which does what a test says: a broker as no real one would behave.
///
/// It serves one connection on a thread of its own, with blocking calls.
final class ScriptedPeer: Sendable {
    struct Frame: Sendable {
        var type: UInt8
        var channel: UInt16
        var payload: [UInt8]

        /// Class and method number of a method frame, as in `[10, 11]`.
        var method: [UInt16]? {
            guard type == 1, payload.count >= 4 else { return nil }
            return [UInt16(payload[0]) << 8 | UInt16(payload[1]), UInt16(payload[2]) << 8 | UInt16(payload[3])]
        }
    }

    private let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Runs `script` for the first connection to the port that `body` gets, and hangs up when the script ends.
    static func with(
        _ script: @escaping @Sendable (ScriptedPeer) -> Void,
        body: (UInt16) async throws -> Void
    ) async throws {
        let listener = try LoopbackSocket()
        defer { listener.shutDown() }
        Thread.detachNewThread {
            guard let descriptor = listener.accept() else { return }
            script(ScriptedPeer(descriptor))
            close(descriptor)
        }
        try await body(listener.port)
    }

    func writeBytes(_ bytes: [UInt8]) {
        _ = writeAll(bytes, to: descriptor)
    }

    /// Reads and drops everything until the client is gone.
    func waitUntilClosed() {
        while !readSome(4096, from: descriptor).isEmpty {}
    }

    // MARK: - AMQP

    func writeFrame(type: UInt8, channel: UInt16, _ payload: [UInt8]) {
        let size = UInt32(payload.count)
        writeBytes(
            [type, UInt8(channel >> 8), UInt8(channel & 0xFF)]
                + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + payload + [0xCE]
        )
    }

    func write(_ method: [UInt16], channel: UInt16 = 0, _ arguments: [UInt8] = []) {
        writeFrame(type: 1, channel: channel, method.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + arguments)
    }

    /// The next frame; nil when the client is gone.
    func nextFrame() -> Frame? {
        guard let head = read(7), let rest = read(head[3...6].reduce(0) { $0 << 8 | Int($1) } + 1) else { return nil }
        return Frame(type: head[0], channel: UInt16(head[1]) << 8 | UInt16(head[2]), payload: rest.dropLast())
    }

    /// Reads until this method comes, and drops the rest; false when the client is gone.
    @discardableResult
    func wait(for method: [UInt16]) -> Bool {
        while let frame = nextFrame() {
            if frame.method == method { return true }
        }
        return false
    }

    /// Lets the client log in.
    func logIn(heartbeatSeconds: UInt8 = 60) {
        _ = read(8)
        let plain = Array("PLAIN".utf8)
        let locale = Array("en_US".utf8)
        write([10, 10], [0, 9, 0, 0, 0, 0, 0, 0, 0, 5] + plain + [0, 0, 0, 5] + locale)
        wait(for: [10, 11])
        write([10, 30], [7, 255, 0, 2, 0, 0, 0, heartbeatSeconds])
        wait(for: [10, 40])
        write([10, 41], [0])
    }

    /// Lets the client open a channel and put it in confirm mode.
    func openConfirmChannel() {
        wait(for: [20, 10])
        write([20, 11], channel: 1, [0, 0, 0, 0])
        wait(for: [85, 10])
        write([85, 11], channel: 1)
    }

    private func read(_ byteCount: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < byteCount {
            let more = readSome(byteCount - bytes.count, from: descriptor)
            guard !more.isEmpty else { return nil }
            bytes += more
        }
        return bytes
    }
}

extension ConnectionConfiguration {
    /// Leads to a peer on this machine.
    static func loopback(_ port: UInt16, _ change: (inout ConnectionConfiguration) -> Void = { _ in }) -> Self {
        var configuration = ConnectionConfiguration(host: "127.0.0.1", port: port)
        change(&configuration)
        return configuration
    }
}
