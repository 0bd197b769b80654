import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
public import NIOSSL

/// A server on 127.0.0.1 that reads whole requests and does with each what the test says. It knows no more HTTP than
/// it takes to find a request's end.
public final class LoopbackServer: Sendable {
    /// What it does with a request.
    public enum Reaction: Sendable {
        /// Writes this.
        case answer(String)
        /// Writes this and closes.
        case answerAndClose(String)
        /// Closes without a word.
        case close
        /// Closes so that the client reads a reset.
        case reset
        /// Says nothing and keeps the connection.
        case hang
    }

    /// A request as it came.
    public struct Request: Sendable {
        /// Head and body.
        public let text: String
        /// The number of the connection it came over, from 1.
        public let connection: Int

        /// The body.
        public var body: Substring { text.firstRange(of: "\r\n\r\n").map { text[$0.upperBound...] } ?? "" }
    }

    /// The port it listens on.
    public let port: Int
    /// The requests as they come.
    public let arrivals: AsyncStream<Request>
    private let channel: any Channel
    private let seen: NIOLockedValueBox<[Request]>

    private let isSecure: Bool

    /// Serves for as long as the closure runs.
    ///
    /// - Parameters:
    ///   - tls: Makes it an https server.
    ///   - greeting: What it says to whoever connects, before anything is asked.
    public static func withServer<Result>(
        tls: NIOSSLContext? = nil,
        greeting: String? = nil,
        reacting react: @escaping @Sendable (Request) -> Reaction,
        _ body: (LoopbackServer) async throws -> Result
    ) async throws -> Result {
        let server = try await LoopbackServer(react, tls: tls, greeting: greeting)
        do {
            let result = try await body(server)
            try await server.channel.close().get()
            return result
        } catch {
            try? await server.channel.close().get()
            throw error
        }
    }

    private init(_ react: @escaping @Sendable (Request) -> Reaction, tls: NIOSSLContext?, greeting: String?)
        async throws
    {
        isSecure = tls != nil
        let seen = NIOLockedValueBox<[Request]>([])
        let connections = NIOLockedValueBox(0)
        let (arrivals, arrived) = AsyncStream<Request>.makeStream()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = connections.withLockedValue { count in
                        count += 1
                        return count
                    }
                    let handler = Handler(connection: number, greeting: greeting) { request in
                        seen.withLockedValue { $0.append(request) }
                        arrived.yield(request)
                        return react(request)
                    }
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        self.port = port
        self.seen = seen
        self.arrivals = arrivals
    }

    /// `http://127.0.0.1:port`, or https.
    public var url: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }
    /// What came so far.
    public var requests: [Request] { seen.withLockedValue { $0 } }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let connection: Int
        private let react: (Request) -> Reaction
        private let greeting: String?
        private var pending = ""

        init(connection: Int, greeting: String?, _ react: @escaping (Request) -> Reaction) {
            self.connection = connection
            self.react = react
            self.greeting = greeting
        }

        func channelActive(context: ChannelHandlerContext) {
            if let greeting { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: greeting)), promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            pending += String(buffer: unwrapInboundIn(data))
            while let text = nextRequest() {
                switch react(Request(text: text, connection: connection)) {
                case .answer(let answer):
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
                case .answerAndClose(let answer):
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
                    context.close(promise: nil)
                case .close:
                    context.close(promise: nil)
                case .reset:
                    // An abortive close: the peer reads ECONNRESET instead of an orderly end.
                    if let option = context.channel as? any SocketOptionProvider {
                        option.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in }
                    }
                    context.close(promise: nil)
                case .hang:
                    break
                }
            }
        }

        private func nextRequest() -> String? {
            guard let end = pending.firstRange(of: "\r\n\r\n") else { return nil }
            let head = pending[..<end.upperBound]
            let length =
                head.split(separator: "\r\n")
                .first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.drop { $0 != ":" }.dropFirst().filter { $0 != " " }) } ?? 0
            guard pending[end.upperBound...].utf8.count >= length else { return nil }
            let stop = pending.utf8.index(end.upperBound, offsetBy: length)
            defer { pending = String(pending[stop...]) }
            return String(pending[..<stop])
        }
    }
}
