import Glibc
import Hummingbird
import NIOCore
import NIOSSL

/// A request's context that remembers the connection, so that a fault can cut it.
struct ConnectionContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: Source) {
        self.coreContext = .init(source: source)
        self.channel = source.channel
    }

    /// Cuts the connection; the client sees it reset, not closed.
    func reset() async {
        if let socket = channel as? any SocketOptionProvider {
            // A zero linger time makes close(2) send RST and drop what is unsent.
            try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        let channel = channel
        try? await channel.eventLoop.flatSubmit { Self.close(channel) }.get()
    }

    /// Closes from below TLS where there is TLS: closing the channel would send a close_notify first, and the client
    /// would see an orderly end.
    private static func close(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) else {
            return channel.close()
        }
        return tls.close()
    }
}
