internal import Glibc

extension ConnectionConfiguration.Password {
    /// A larger file is no password; the number is that of bytes, without the newline.
    private static let maximumByteCount = 4096

    /// The password as of now.
    ///
    /// - Throws: ``RabbitMQError`` with ``RabbitMQError/Code/passwordUnreadable`` where its file can't be read or holds
    ///   no password; its message names the file and never what is in it.
    func read() throws(RabbitMQError) -> String {
        switch source {
        case .text(let text):
            // The library takes a C string, and would send what stands before it.
            guard !text.utf8.contains(0) else {
                throw RabbitMQError(.invalidArgument, "the password holds a zero byte")
            }
            return text
        case .file(let path): return try Self.password(inFile: path)
        }
    }

    private static func password(inFile path: String) throws(RabbitMQError) -> String {
        func unreadable(_ words: String) -> RabbitMQError {
            RabbitMQError(.passwordUnreadable, "the password file \(path) \(words)")
        }
        // Not blocking: a named pipe without a writer would hold this thread for ever.
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable("can't be opened: \(systemText(errno))") }
        defer { _ = Glibc.close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable("is not a regular file")
        }

        var bytes: [UInt8] = []
        // Room for a newline of two bytes, and for one byte too many.
        let room = maximumByteCount + 3
        while bytes.count < room {
            let wanted = room - bytes.count
            var count = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initializedCount in
                count = unsafe Glibc.read(descriptor, buffer.baseAddress, wanted)
                initializedCount = max(count, 0)
            }
            guard count >= 0 else { throw unreadable("can't be read: \(systemText(errno))") }
            guard count > 0 else { break }
            bytes += chunk
        }
        if bytes.last == UInt8(ascii: "\n") {
            bytes.removeLast()
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        }
        guard !bytes.isEmpty else { throw unreadable("is empty") }
        guard bytes.count <= maximumByteCount else { throw unreadable("holds more than \(maximumByteCount) bytes") }
        guard !bytes.contains(0) else { throw unreadable("holds a zero byte") }
        guard let password = String(validating: bytes, as: UTF8.self) else { throw unreadable("is not UTF-8") }
        return password
    }

    private static func systemText(_ number: Int32) -> String {
        // glibc keeps it per thread.
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
