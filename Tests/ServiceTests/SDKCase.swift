import Foundation
import Testing

/// A case of `sdk_check.py`, and what must be seen in it.
struct SDKCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// JSON.
    let seen: String

    init(_ name: String, _ seen: String) {
        self.name = name
        self.seen = seen
    }

    var testDescription: String { name }

    /// The expectation in the spelling of the results.
    var seenText: String {
        get throws {
            try canonicalJSON(JSONSerialization.jsonObject(with: Data(seen.utf8), options: .fragmentsAllowed))
        }
    }

    /// A case that ends with an exception of the SDK's own.
    ///
    /// - Parameters:
    ///   - entra: The number in the text. The SDK gives no status with what its sign-in library reports.
    ///   - traffic: How often the call was sent, under how many ids, and how many runs there are then.
    static func raises(
        _ name: String,
        _ exception: String,
        status: Int? = nil,
        code: String? = nil,
        target: String? = nil,
        entra: String? = nil,
        traffic: (sent: Int, ids: Int, runs: Int)? = nil,
        hasWaited: Bool? = nil
    ) -> SDKCase {
        var members = [#""raised":"\#(exception)""#, #""isAzureError":true"#]
        if let status { members.append(#""status":\#(status)"#) }
        if let code { members.append(#""code":"\#(code)""#) }
        if let target { members.append(#""target":"\#(target)""#) }
        if let entra { members.append(#""entra":"\#(entra)""#) }
        if let traffic {
            members += ["\"sent\":\(traffic.sent)", "\"ids\":\(traffic.ids)", "\"runs\":\(traffic.runs)"]
        }
        if let hasWaited { members.append("\"waited\":\(hasWaited)") }
        return SDKCase(name, "{\(members.joined(separator: ","))}")
    }

    /// A start that succeeds after the SDK has repeated it under the same id: one run, whose id it gives.
    static func repeats(_ name: String, sent: Int, hasWaited: Bool? = nil) -> SDKCase {
        let waited = hasWaited.map { ",\"waited\":\($0)" } ?? ""
        return SDKCase(name, #"{"succeeded":true,"isTheRun":true,"sent":\#(sent),"ids":1,"runs":1\#(waited)}"#)
    }
}
