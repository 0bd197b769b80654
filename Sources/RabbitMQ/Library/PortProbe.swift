internal import CRabbitMQ
internal import Glibc

/// Finds out why a plain connection was hung up on.
///
/// What the port answered is lost: librabbitmq reads a TLS alert as the head of a frame, and says that the connection was
/// closed. So the question is asked once more over a connection of its own, and the answer's first bytes are looked at.
enum PortProbe {
    /// Whether the port answers AMQP's greeting with a TLS alert. Blocks this thread for 2 s at most, beside the look-up
    /// of the name.
    static func answersInTLS(_ configuration: ConnectionConfiguration) -> Bool {
        let limit = Duration.seconds(1)
        guard let handle = try? LibraryHandle(), let socket = unsafe amqp_tcp_socket_new(handle.connection) else {
            return false
        }
        var timeout = timeval(min(limit, configuration.connectTimeout))
        guard
            unsafe amqp_socket_open_noblock(socket, configuration.host, Int32(configuration.port), &timeout)
                == AMQP_STATUS_OK.rawValue
        else { return false }

        let greeting: [UInt8] = [0x41, 0x4D, 0x51, 0x50, 0, 0, 9, 1]
        guard unsafe send(handle.descriptor, greeting, greeting.count, Int32(MSG_NOSIGNAL)) == greeting.count
        else { return false }
        // A record's first three bytes: that it is an alert, and the version, which starts with 3 for all of TLS.
        var answer: [UInt8] = [0, 0, 0]
        let deadline = ContinuousClock.now + limit
        while true {
            let left = max(.zero, deadline - .now)
            var poll = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
            let ready = unsafe Glibc.poll(&poll, 1, Int32(left / .milliseconds(1)))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return false }
            let count = unsafe recv(handle.descriptor, &answer, answer.count, Int32(MSG_PEEK))
            return count >= 2 && answer[0] == 0x15 && answer[1] == 3
        }
    }
}
