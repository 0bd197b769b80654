import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A proxy on 127.0.0.1 that keeps what it was asked for. Whatever host a client names, it connects to 127.0.0.1 at the
/// port named, so that hosts that do not exist can be spoken to through it.
public final class LoopbackProxy: Sendable {
    /// What it does with whoever asks for a way.
    public enum Reaction: Sendable {
        /// Opens the way.
        case connect
        /// Says this and closes.
        case answer(String)
        /// Closes without a word.
        case close
        /// Says nothing.
        case hang
    }

    /// The port it listens on.
    public let port: Int
    private let channel: any Channel
    private let seen: NIOLockedValueBox<[String]>

    /// Serves for as long as the closure runs.
    ///
    /// - Parameter isSOCKS: Whether it speaks SOCKS 5; it then refuses where the reaction is not `connect`.
    public static func withProxy<Result>(
        reacting reaction: Reaction = .connect,
        isSOCKS: Bool = false,
        _ body: (LoopbackProxy) async throws -> Result
    ) async throws -> Result {
        let proxy = try await LoopbackProxy(reaction, isSOCKS: isSOCKS)
        do {
            let result = try await body(proxy)
            try await proxy.channel.close().get()
            return result
        } catch {
            try? await proxy.channel.close().get()
            throw error
        }
    }

    private init(_ reaction: Reaction, isSOCKS: Bool) async throws {
        let seen = NIOLockedValueBox<[String]>([])
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = Handler(reaction, isSOCKS: isSOCKS) { head in seen.withLockedValue { $0.append(head) }
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        self.port = port
        self.seen = seen
    }

    /// What clients asked for: the whole head of `CONNECT`, or `host:port` by SOCKS.
    public var requests: [String] { seen.withLockedValue { $0 } }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private enum State {
            case greeting
            case asking
            case connecting
            case passing(any Channel)
        }

        private let reaction: Reaction
        private let isSOCKS: Bool
        private let record: (String) -> Void
        private var state: State
        private var pending = ByteBuffer()

        init(_ reaction: Reaction, isSOCKS: Bool, _ record: @escaping (String) -> Void) {
            self.reaction = reaction
            self.isSOCKS = isSOCKS
            self.record = record
            state = isSOCKS ? .greeting : .asking
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            if case .passing(let peer) = state {
                peer.writeAndFlush(bytes, promise: nil)
                return
            }
            pending.writeBuffer(&bytes)
            if case .greeting = state, pending.readableBytes >= 3 {
                // Version 5, one method: none.
                pending.moveReaderIndex(forwardBy: 3)
                state = .asking
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [5, 0])), promise: nil)
            }
            guard case .asking = state, let (host, port) = isSOCKS ? socksTarget() : connectTarget() else { return }
            if isSOCKS { record("\(host):\(port)") }
            react(context, port: port)
        }

        func channelInactive(context: ChannelHandlerContext) {
            if case .passing(let peer) = state { peer.close(promise: nil) }
        }

        private func connectTarget() -> (String, Int)? {
            let text = String(buffer: pending)
            guard text.hasSuffix("\r\n\r\n") else { return nil }
            pending.clear()
            record(text)
            let target = text.split(separator: " ").dropFirst().first ?? ""
            let colon = target.lastIndex(of: ":") ?? target.endIndex
            return (String(target[..<colon]), Int(target[colon...].dropFirst()) ?? 0)
        }

        private func socksTarget() -> (String, Int)? {
            // Version, connect, reserved, by name, its length.
            guard let length = pending.getInteger(at: pending.readerIndex + 4, as: UInt8.self),
                pending.readableBytes >= 7 + Int(length)
            else { return nil }
            pending.moveReaderIndex(forwardBy: 5)
            guard let host = pending.readString(length: Int(length)), let port = pending.readInteger(as: UInt16.self)
            else { return nil }
            return (host, Int(port))
        }

        private func react(_ context: ChannelHandlerContext, port: Int) {
            state = .connecting
            switch reaction {
            case .connect:
                let client = context.channel
                let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
                ClientBootstrap(group: context.eventLoop)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(Return(to: client))
                        }
                    }
                    .connect(host: "127.0.0.1", port: port)
                    .whenSuccess { peer in
                        let (handler, context) = bound.value
                        handler.state = .passing(peer)
                        let granted =
                            handler.isSOCKS
                            ? ByteBuffer(bytes: [5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
                            : ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n")
                        context.writeAndFlush(handler.wrapOutboundOut(granted), promise: nil)
                    }
            case .answer(let text):
                let refusal = isSOCKS ? ByteBuffer(bytes: [5, 2, 0, 1, 0, 0, 0, 0, 0, 0]) : ByteBuffer(string: text)
                context.writeAndFlush(wrapOutboundOut(refusal), promise: nil)
                context.close(promise: nil)
            case .close:
                context.close(promise: nil)
            case .hang:
                break
            }
        }
    }

    /// The way back.
    private final class Return: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let client: any Channel

        init(to client: any Channel) {
            self.client = client
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            client.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            client.close(promise: nil)
        }
    }
}
