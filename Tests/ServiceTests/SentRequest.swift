import Foundation
import TestSupport

/// A request as the emulator captured it, taken apart into fields that can be compared one by one.
struct SentRequest: Sendable {
    /// The emulator's name of what was asked for.
    let route: String
    /// `POST /path`.
    let line: String
    /// `method`, `path`, `query NAME`, `header NAME`, `body` or `form NAME`, and the value.
    let fields: [String: String]

    /// Reads one element of what `GET /emulator/requests` answers.
    init(_ object: [String: Any]) throws {
        guard let route = object["route"] as? String, let method = object["method"] as? String,
            let path = object["path"] as? String, let headers = object["headers"] as? [String: String],
            let body = object["body"] as? String
        else { throw NeverHappened(description: "a captured request lacks a member: \(object)") }
        self.route = route
        line = "\(method) \(path)"
        var fields = ["method": method, "path": path]
        Self.add(object["query"] as? String ?? "", as: "query", to: &fields)
        for (name, value) in headers { fields["header \(name)"] = Self.settled(value, header: name) }
        if headers["content-type"]?.hasPrefix("application/x-www-form-urlencoded") == true {
            Self.add(body, as: "form", to: &fields)
        } else if !body.isEmpty {
            fields["body"] = try canonicalJSON(JSONSerialization.jsonObject(with: Data(body.utf8)))
        }
        self.fields = fields
    }

    /// The requests that the emulator lists.
    static func list(_ json: Data) throws -> [SentRequest] {
        guard let objects = try JSONSerialization.jsonObject(with: json) as? [[String: Any]] else {
            throw NeverHappened(description: "the captured requests are no array of objects")
        }
        return try objects.map(SentRequest.init)
    }

    /// Names and values without their percent-encoding: clients may choose how much they escape.
    private static func add(_ text: String, as kind: String, to fields: inout [String: String]) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { part in
                let spaced = part.replacing("+", with: " ")
                return spaced.removingPercentEncoding ?? String(part)
            }
            let name = "\(kind) \(decoded[0])"
            // A name that comes twice is kept twice, so that it differs from one that comes once.
            let value = decoded.count > 1 ? decoded[1] : ""
            fields[name] = fields[name].map { "\($0), \(value)" } ?? value
        }
    }

    /// A header's value without what differs from one call, or one emulator, to the next.
    private static func settled(_ value: String, header: String) -> String {
        switch header {
        case "host": String(value.prefix { $0 != ":" })
        case "content-length": "(a length)"
        case "user-agent": "(a product)"
        case "x-ms-client-request-id", "client-request-id": UUID(uuidString: value) == nil ? value : "(a UUID)"
        default: value
        }
    }
}
