import Foundation
import Testing

@testable import RabbitMQ

@Suite("Passwords in files")
struct PasswordFileTests {
    /// Writes a file for `body` and takes it away again.
    private func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "adf-trigger-test-\(UUID().uuidString)")
        try Data(bytes).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url.path)
    }

    @Test(
        "a file's text is the password, without one newline at its end",
        arguments: [
            ("hunter2", "hunter2"), ("hunter2\n", "hunter2"), ("hunter2\r\n", "hunter2"), ("hunter2\n\n", "hunter2\n"),
            ("\nhunter2", "\nhunter2"), (" 🔑 \n", " 🔑 "),
            (String(repeating: "p", count: 4096) + "\r\n", String(repeating: "p", count: 4096)),
        ]
    )
    func read(text: String, expected: String) throws {
        try withFile(Array(text.utf8)) { path in
            let password = try ConnectionConfiguration.Password.file(path).read()
            #expect(password == expected)
        }
    }

    @Test("a file is read each time, so that a changed password is taken up")
    func changed() throws {
        try withFile(Array("old".utf8)) { path in
            let password = ConnectionConfiguration.Password.file(path)
            #expect(try password.read() == "old")

            try Data("new".utf8).write(to: URL(filePath: path))

            #expect(try password.read() == "new")
        }
    }

    @Test(
        "a file without a password is refused by its name, and never repeated",
        arguments: [
            ([], "is empty"), (Array("\n".utf8), "is empty"), (Array("\r\n".utf8), "is empty"),
            (Array("hunter2\0".utf8), "holds a zero byte"), (Array("hunter2".utf8) + [0xFF], "is not UTF-8"),
            ([UInt8](repeating: 0x70, count: 4097), "more than 4096 bytes"),
            ([UInt8](repeating: 0x70, count: 100_000), "more than 4096 bytes"),
        ]
    )
    func refused(bytes: [UInt8], words: String) throws {
        try withFile(bytes) { path in
            let error = try #require(throws: RabbitMQError.self) {
                _ = try ConnectionConfiguration.Password.file(path).read()
            }

            #expect(error.code == .passwordUnreadable)
            #expect(error.message.hasPrefix("the password file \(path) "))
            #expect(error.message.contains(words), "\(error)")
            #expect(!error.message.contains("hunter2"))
            #expect(!error.isRetryable)
        }
    }

    @Test(
        "what is no readable file is refused by its name, at once",
        arguments: [
            ("/no/such/file", "can't be opened: No such file or directory"), ("/tmp", "is not a regular file"),
            ("/dev/zero", "is not a regular file"),
        ]
    )
    func noFile(path: String, words: String) throws {
        let error = try #require(throws: RabbitMQError.self) {
            _ = try ConnectionConfiguration.Password.file(path).read()
        }

        #expect(error.code == .passwordUnreadable)
        #expect(error.message.contains(path))
        #expect(error.message.contains(words), "\(error)")
    }

    @Test("a named pipe nobody writes to does not hold the login")
    func pipe() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "adf-trigger-test-\(UUID().uuidString)").path
        try #require(mkfifo(path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(atPath: path) }

        let error = #expect(throws: RabbitMQError.self) {
            _ = try ConnectionConfiguration.Password.file(path).read()
        }

        #expect(error?.message.contains("is not a regular file") == true)
    }

    @Test("a password with a zero byte is refused, for the broker would get what stands before it")
    func zeroByte() {
        let error = #expect(throws: RabbitMQError.self) { _ = try ConnectionConfiguration.Password("a\0b").read() }

        #expect(error?.code == .invalidArgument)
    }
}
