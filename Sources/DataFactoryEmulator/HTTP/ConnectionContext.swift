import Glibc
import Hummingbird
import NIOCore

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
        try? await channel.close().get()
    }
}
