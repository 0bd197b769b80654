import AzureIdentity
import DataFactory
import Testing

/// An answer of the service that is not a success, and what the client must make of it.
struct ServiceAnswer: Sendable, CustomTestStringConvertible {
    let name: String
    let response: HTTPResponse
    let start: DataFactoryError.Disposition
    let read: DataFactoryError.Disposition
    let code: String
    let retryAfter: Duration?

    /// - Parameters:
    ///   - start: What it means for createRun.
    ///   - read: What it means for a read, where that differs.
    ///   - code: The error's code, where it is not the first argument's last word.
    init(
        _ name: String,
        _ status: Int,
        _ body: String,
        _ start: DataFactoryError.Disposition,
        read: DataFactoryError.Disposition? = nil,
        code: String,
        retryAfter: Duration? = nil,
        headers: [String: String] = [:]
    ) {
        self.name = name
        let fields = headers.map { HTTPHeader(name: $0.key, value: $0.value) }
        response = .json(status, body, fields + [HTTPHeader(name: "x-ms-request-id", value: "azure-1")])
        self.start = start
        self.read = read ?? (start == .ambiguous ? .safe : start)
        self.code = code
        self.retryAfter = retryAfter
    }

    var testDescription: String { "\(response.status) \(name)" }

    /// The enveloped shape with null details, as recorded.
    static func error(_ code: String, _ message: String, target: String? = nil) -> String {
        let target = target.map { "\"\($0)\"" } ?? "null"
        return #"{"error":{"code":"\#(code)","message":"\#(message)","target":\#(target),"details":null}}"#
    }
}
